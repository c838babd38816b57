//! Real pools: each database is served by the laboratory, and its hosts and VMs, read from the file by another reader,
//! must be on the page with their states.
//!
//! The data is not ours and not in this repository. It is looked for in the folder that
//! `WISEMONITOR_REFERENCE_DATA` names, or beside the repository in `../shared/data`; without it this test says so and
//! ends.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};

use crate::stage::{Exporter, Lab, Page, label};

/// What is compared: hosts with whether VMs may start on them and whether each is the master, VMs with their power
/// states, and on which host those in memory are. All by UUIDs.
#[derive(Debug, Default, PartialEq)]
struct Reading {
    hosts: BTreeSet<(String, bool, bool)>,
    vms: BTreeSet<(String, String)>,
    resident: BTreeSet<(String, String)>,
}

impl Reading {
    fn of_file(text: &str) -> Self {
        let document = Document::parse(text).unwrap();
        let rows = |table: &str| -> Vec<Node<'_, '_>> {
            let mut tables = document.descendants().filter(|node| node.has_tag_name("table"));
            let table = tables.find(|node| node.attribute("name") == Some(table)).unwrap();
            table.children().filter(|node| node.has_tag_name("row")).collect()
        };
        let text =
            |row: &Node<'_, '_>, name: &str| row.attribute(name).unwrap_or_default().to_owned();
        let is = |row: &Node<'_, '_>, name: &str| row.attribute(name) == Some("true");
        let master = text(&rows("pool")[0], "master");
        let hosts = rows("host");
        let vms: Vec<_> = rows("VM")
            .into_iter()
            .filter(|vm| {
                ["is_a_template", "is_a_snapshot", "is_control_domain"]
                    .iter()
                    .all(|name| !is(vm, name))
            })
            .collect();
        let resident = |vm: &Node<'_, '_>| {
            let runs = matches!(vm.attribute("power_state"), Some("Running" | "Paused"));
            let host = hosts.iter().find(|host| text(host, "ref") == text(vm, "resident_on"));
            Some((text(vm, "uuid"), text(host.filter(|_| runs)?, "uuid")))
        };
        Reading {
            hosts: hosts
                .iter()
                .map(|host| (text(host, "uuid"), is(host, "enabled"), text(host, "ref") == master))
                .collect(),
            vms: vms.iter().map(|vm| (text(vm, "uuid"), text(vm, "power_state"))).collect(),
            resident: vms.iter().filter_map(resident).collect(),
        }
    }

    fn of_page(page: &Page) -> Self {
        let is = |family: &str, host: &str| page.values(family, &[host]) == [1.0];
        let hosts = page.series("xen_host_info", &[]).map(|line| label(line, "host"));
        let states = page.series("xen_vm_power_state", &[]);
        let resident = page.series("xen_vm_resident_info", &[]);
        Reading {
            hosts: hosts
                .map(|host| {
                    (host.to_owned(), is("xen_host_enabled", host), is("xen_host_master", host))
                })
                .collect(),
            vms: states
                .map(|line| (label(line, "vm").into(), label(line, "state").into()))
                .collect(),
            resident: resident
                .map(|line| (label(line, "vm").into(), label(line, "host").into()))
                .collect(),
        }
    }
}

/// The real pools' databases.
fn databases() -> Option<Vec<PathBuf>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data");
    let folder = std::env::var_os("WISEMONITOR_REFERENCE_DATA").map_or(beside, PathBuf::from);
    let folder = folder.join("xapi/pools");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no reference data in {}", folder.display());
        return None;
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    Some(files)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_host_and_vm_of_real_pools_is_there_with_its_state() {
    let Some(files) = databases() else { return };
    let mut equal = 0;
    for file in &files {
        let wanted = Reading::of_file(&std::fs::read_to_string(file).unwrap());
        let lab = Lab::start(&["--database", file.to_str().unwrap()]);
        let pool = lab.pools.keys().next().unwrap();
        let exporter = Exporter::with_pools(&[lab.pool(pool, "")], "");
        let page = exporter
            .page("the pool", |page| page.count("xen_host_info", &[]) == wanted.hosts.len())
            .await;
        let found = Reading::of_page(&page);
        let is_equal = found == wanted && !wanted.hosts.is_empty();
        if !is_equal {
            println!("{pool}: {found:#?}\nexpected {wanted:#?}");
        }
        equal += usize::from(is_equal);
    }
    println!("xen_pools {equal}/{}", files.len());
    assert_eq!(equal, files.len());
}
