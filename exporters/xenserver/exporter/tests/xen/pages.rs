//! What is on the page.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::stage::{Exporter, Lab, Page, label};

pub(crate) const POOL: &str = "pool=\"lab-pool-1\"";

/// Whether all three hosts of a pool have told their measurements.
pub(crate) fn measured(page: &Page, pool: &str) -> bool {
    page.count("xen_host_cpu_usage_ratio", &[pool]) == 3
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pools_are_on_one_page_with_hosts_and_vms() {
    let lab = Lab::start(&["--pools", "2", "--hosts", "3", "--vms", "20"]);
    let pools = ["lab-pool-1", "lab-pool-2"].map(|pool| lab.pool(pool, ""));
    let exporter = Exporter::with_pools(&pools, "metrics: [devices]");
    let page = exporter
        .page("measurements of two pools", |page| {
            measured(page, POOL) && measured(page, "pool=\"lab-pool-2\"")
        })
        .await;
    assert_eq!(page.values("xen_pool_up", &[]), [1.0, 1.0]);
    assert_eq!(page.values("xen_pool_failure", &[]).iter().sum::<f64>(), 0.0);
    for pool in [POOL, "pool=\"lab-pool-2\""] {
        assert_eq!(page.count("xen_vm_info", &[pool]), 20);
        assert_eq!(page.count("xen_vm_power_state", &[pool, "state=\"Running\""]), 18);
        assert_eq!(page.count("xen_vm_resident_info", &[pool]), 18);
        assert_eq!(page.count("xen_vm_cpu_usage_ratio", &[pool]), 18);
        assert_eq!(page.count("xen_host_info", &[pool]), 3);
        assert_eq!(page.values("xen_host_master", &[pool]).iter().sum::<f64>(), 1.0);
        assert_eq!(page.values("xen_host_up", &[pool]), [1.0; 3]);
        assert_eq!(page.values("xen_pool_members", &[pool]), [3.0]);
        let running: f64 = page.values("xen_host_running_vms", &[pool]).iter().sum();
        assert_eq!(running, 18.0);
    }
    let one = page.series("xen_vm_resident_info", &[POOL]).next().unwrap();
    let vm = format!("vm=\"{}\"", label(one, "vm"));
    for (family, series) in [
        ("xen_vm_memory_bytes", 1),
        ("xen_vm_memory_free_bytes", 1),
        ("xen_vm_vcpu_seconds_total", 1),
        ("xen_vm_start_time_timestamp_seconds", 1),
    ] {
        assert_eq!(page.count(family, &[&vm]), series, "{family}");
    }
    let disks = page.count("xen_vbd_info", &[&vm]);
    assert!(disks > 0);
    assert_eq!(page.count("xen_vm_disk_read_bytes_total", &[&vm]), disks);
    assert!(
        page.values("xen_vm_cpu_usage_ratio", &[]).iter().all(|use_| (0.0..=1.0).contains(use_))
    );
    assert!(page.values("xen_host_sample_age_seconds", &[]).iter().all(|age| *age <= 12.0));
    let family = page.series("xen_alarm_threshold", &[POOL, "variable=\"cpu_usage\""]);
    assert!(family.count() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_series_is_there_twice_and_the_default_set_is_about_16_a_vm() {
    let lab = Lab::start(&["--hosts", "3", "--vms", "60"]);
    let exporter = Exporter::with_pools(&[lab.pool("lab-pool-1", "")], "");
    let page = exporter.page("measurements", |page| measured(page, POOL)).await;
    let of_vms = page.names().into_iter().filter(|line| line.contains("vm=\"")).count();
    assert!((14 * 60..=20 * 60).contains(&of_vms), "{of_vms} series for 60 VMs");
}

#[tokio::test(flavor = "multi_thread")]
async fn promtool_finds_nothing_to_say() {
    let lab = Lab::start(&["--hosts", "3", "--vms", "10"]);
    let all = "disk_detail, network_detail, vm_cpu, vm_memory, runstate, cpu_state, storage_detail, vdi, devices, xapi";
    let exporter =
        Exporter::with_pools(&[lab.pool("lab-pool-1", "")], &format!("metrics: [{all}]"));
    let Page(text) = exporter.page("measurements", |page| measured(page, POOL)).await;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool, from the Debian package prometheus");
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let said = promtool.wait_with_output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

/// The same pool, spoken to in each of the two dialects by hosts that have no other.
#[tokio::test(flavor = "multi_thread")]
async fn both_dialects_give_the_same_metrics() {
    let lab = Lab::start(&["--hosts", "3", "--vms", "20", "--fault", "no-xml"]);
    let pool = lab.pool("lab-pool-1", "");
    let groups = "metrics: [vm_memory, vdi, devices]";
    let page = async || {
        let exporter = Exporter::with_pools(std::slice::from_ref(&pool), groups);
        exporter.page("measurements", |page| measured(page, POOL)).await
    };
    let json = page().await;
    lab.end("no-xml").await;
    lab.begin("no-json").await;
    let xml = page().await;
    let differing: Vec<_> = json.names().symmetric_difference(&xml.names()).copied().collect();
    assert!(differing.is_empty(), "{differing:#?}");
    // What is measured or counted differs with time, what is known of the pool does not.
    let known = |page: &Page| -> BTreeSet<String> {
        let families = xenserver_exporter::metrics::families::ALL.iter().filter(|family| {
            !family.is_counter()
                && !family.help.contains("RRD")
                && !family.help.contains("rrd_updates")
                && family.name != "xen_pool_session_start_timestamp_seconds"
        });
        families.flat_map(|family| page.series(family.name, &[])).map(str::to_owned).collect()
    };
    let (json, xml) = (known(&json), known(&xml));
    let differing: Vec<_> = json.symmetric_difference(&xml).collect();
    assert!(differing.is_empty() && json.len() > 300, "{} {differing:#?}", json.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_pool_has_a_page_and_a_reload_leaves_alone_what_stays() {
    let lab = Lab::start(&["--pools", "2", "--hosts", "1", "--vms", "3"]);
    let [one, two] = ["lab-pool-1", "lab-pool-2"].map(|pool| lab.pool(pool, ""));
    let exporter = Exporter::with_pools(std::slice::from_ref(&one), "");
    let shown = |page: &Page| {
        ["lab-pool-1", "lab-pool-2"].map(|pool| page.count("xen_vm_memory_bytes", &[pool]) > 0)
    };
    exporter.page("the first pool", |page| shown(page) == [true, false]).await;
    exporter.reload(&format!("pools:\n{one}{two}")).await;
    let page = exporter.page("both pools", |page| shown(page) == [true, true]).await;
    assert_eq!(page.values("xen_pool_logins_total", &[]), [1.0, 1.0]);
    for (place, pool) in ["lab-pool-1", "lab-pool-2"].into_iter().enumerate() {
        let part = Page(exporter.get(&format!("/metrics?pool={pool}")).await);
        assert_eq!(shown(&part), [place == 0, place == 1]);
        let of_pool: Vec<_> = page.names().into_iter().filter(|name| name.contains(pool)).collect();
        assert_eq!(part.names().into_iter().collect::<Vec<_>>(), of_pool);
    }
    let unknown = exporter.get("/metrics?pool=lab-pool-3").await;
    assert_eq!(unknown, "pool: there is no \"lab-pool-3\"\n");
    assert_eq!(lab.count("session.login_with_password").await, 2);
    exporter.reload(&format!("pools:\n{two}")).await;
    exporter.page("the second pool alone", |page| shown(page) == [false, true]).await;
    exporter.reload(&format!("metrics: [devices]\npools:\n{two}")).await;
    let more = |page: &Page| page.count("xen_vif_info", &["lab-pool-2"]) > 0;
    exporter.page("more metrics", more).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_grow_with_the_rows_and_no_scrape_calls_the_pool() {
    let lab = Lab::start(&["--hosts", "1", "--vms", "3"]);
    let exporter = Exporter::with_pools(&[lab.pool("lab-pool-1", "")], "");
    let total =
        |page: &Page| page.values("xen_vm_network_receive_bytes_total", &[]).iter().sum::<f64>();
    let first = exporter.page("measurements", |page| total(page) > 0.0).await;
    let later = exporter.page("more bytes", |page| total(page) > total(&first)).await;
    assert!(total(&later) > total(&first));
    let before = lab.count("VM.get_all_records").await;
    for _ in 0..50 {
        exporter.get("/metrics").await;
    }
    assert_eq!(lab.count("VM.get_all_records").await, before);
    assert_eq!(lab.count("session.login_with_password").await, 1);
}
