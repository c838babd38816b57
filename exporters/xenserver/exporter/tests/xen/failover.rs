//! Another master, and VMs on their way.

use crate::pages::{POOL, measured};
use crate::stage::{Exporter, Lab, Page, label};

#[tokio::test(flavor = "multi_thread")]
async fn another_master_is_found_and_counted_and_nothing_is_doubled() {
    let lab = Lab::start(&["--hosts", "3", "--vms", "30", "--life.every", "0.5"]);
    let exporter = Exporter::with_pools(&[lab.pool("lab-pool-1", "")], "");
    let master = |page: &Page| {
        let series = page.0.lines().filter(|line| line.starts_with("xen_host_master{"));
        let masters: Vec<_> = series.filter(|line| line.ends_with(" 1")).collect();
        assert!(masters.len() <= 1, "{masters:?}");
        masters.first().map(|line| label(line, "host").to_owned())
    };
    let before = exporter.page("measurements", |page| measured(page, POOL)).await;
    assert_eq!(before.values("xen_pool_master_changes_total", &[POOL]), [0.0]);
    lab.begin("master-dead?seconds=1").await;
    let after = exporter
        .page("another master", |page| {
            page.names();
            page.values("xen_pool_up", &[POOL]) == [1.0] && master(page) != master(&before)
        })
        .await;
    assert!(master(&after).is_some());
    assert_eq!(after.values("xen_pool_master_changes_total", &[POOL]), [1.0]);
    assert_eq!(after.count("xen_vm_info", &[POOL]), 30);
    lab.end("master-dead").await;
    let page = exporter.page("the old one as a member", |page| measured(page, POOL)).await;
    assert_eq!(page.values("xen_pool_master_changes_total", &[POOL]), [1.0]);
    assert_eq!(master(&page), master(&after));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_on_its_way_is_there_once_and_its_counters_never_fall() {
    let lab = Lab::start(&["--hosts", "3", "--vms", "9"]);
    let exporter = Exporter::with_pools(&[lab.pool("lab-pool-1", "")], "");
    let page = exporter.page("measurements", |page| measured(page, POOL)).await;
    let vm = label(page.series("xen_vm_resident_info", &[]).next().unwrap(), "vm").to_owned();
    let home = |page: &Page| {
        let texts = [vm.as_str()];
        let homes: Vec<&str> = page.series("xen_vm_resident_info", &texts).collect();
        assert_eq!(homes.len(), 1);
        label(homes[0], "host").to_owned()
    };
    let seconds = |page: &Page| page.values("xen_vm_vcpu_seconds_total", &[&vm]);
    let (before, mut least) = (home(&page), seconds(&page)[0]);
    lab.post(&format!("vms/migrate?vm={vm}&seconds=8")).await;
    // Both hosts measure it meanwhile.
    for what in ["the move", "a row of the new host"] {
        let page = exporter
            .page(what, |page| {
                page.names();
                let now = seconds(page);
                assert!(now.len() == 1 && now[0] >= least, "{now:?} after {least}");
                home(page) != before && now[0] > least
            })
            .await;
        least = seconds(&page)[0];
    }
}
