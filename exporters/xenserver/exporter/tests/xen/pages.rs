//! What is on the page.

use std::collections::BTreeSet;

use crate::stage::{Exporter, Lab, Page, label};

const POOL: &str = "pool=\"lab-pool-1\"";

/// Whether all three hosts of a pool have told their measurements.
fn measured(page: &Page, pool: &str) -> bool {
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
    let series: Vec<&str> = page
        .0
        .lines()
        .filter(|line| line.starts_with("xen_"))
        .map(|line| line.rsplit_once(' ').unwrap().0)
        .collect();
    let unique: BTreeSet<&str> = series.iter().copied().collect();
    assert_eq!(series.len(), unique.len());
    let of_vms = series.iter().filter(|line| line.contains("vm=\"")).count();
    assert!((14 * 60..=20 * 60).contains(&of_vms), "{of_vms} series for 60 VMs");
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
