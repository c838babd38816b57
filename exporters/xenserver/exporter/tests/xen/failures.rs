//! Pools and hosts that cannot be read: one clear line each, and nobody else suffers.

use crate::pages::{POOL, measured};
use crate::stage::{Exporter, Lab};

/// Six pools of one host each; five of them cannot be read, each for another reason.
#[tokio::test(flavor = "multi_thread")]
async fn each_failure_is_told_once_by_its_reason_and_leaves_the_others_alone() {
    let lab = Lab::start(&["--pools", "6", "--hosts", "1", "--vms", "2"]);
    for (fault, pool) in [("expired-certificate", 3), ("old-tls", 4), ("down", 5)] {
        lab.begin(&format!("{fault}?pool=lab-pool-{pool}")).await;
    }
    let pin = &lab.pools["lab-pool-6"][0].1;
    let pools = [
        lab.pool("lab-pool-1", "  password: no-such-word\n"),
        lab.pool("lab-pool-2", &format!("  pins: ['{pin}']\n")),
        lab.pool("lab-pool-3", ""),
        lab.pool("lab-pool-4", ""),
        lab.pool("lab-pool-5", ""),
        lab.pool("lab-pool-6", ""),
    ];
    let reasons = ["credentials", "pin", "certificate_time", "tls_version", "unreachable"];
    let exporter = Exporter::with_pools(&pools, "");
    let page = exporter
        .page("five failures and a pool", |page| {
            page.values("xen_pool_failure", &[]).iter().sum::<f64>() == 5.0
                && page.values("xen_pool_up", &["lab-pool-6"]) == [1.0]
                && page.values("xen_pool_failure", &["connecting"]) == [0.0; 6]
        })
        .await;
    for (number, reason) in (1..).zip(reasons) {
        let pool = format!("pool=\"lab-pool-{number}\"");
        let label = format!("reason=\"{reason}\"");
        assert_eq!(page.values("xen_pool_failure", &[&pool, &label]), [1.0], "{reason}");
        assert_eq!(page.values("xen_pool_up", &[&pool]), [0.0]);
    }
    // Its pauses are the shortest: when it has been tried again, the others have had their time to misbehave.
    exporter
        .page("more attempts at the host that is down", |page| {
            page.values("xen_pool_login_failures_total", &["lab-pool-5"])[0] >= 5.0
        })
        .await;
    assert_eq!(lab.count("session.login_with_password:refused").await, 1, "one in a back-off");
    let log = exporter.log();
    for number in 1..=5 {
        let told = |line: &&String| {
            line.contains(&format!("lab-pool-{number}")) && line.contains("cannot be read")
        };
        assert_eq!(log.iter().filter(told).count(), 1, "{log:#?}");
    }
    assert!(log.iter().all(|line| !line.contains("no-such-word")), "{log:#?}");
    lab.end("down?pool=lab-pool-5").await;
    exporter
        .page("the pool that was down", |page| page.values("xen_pool_up", &["lab-pool-5"]) == [1.0])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_hangs_delays_no_other_and_its_measurements_vanish() {
    let lab = Lab::start(&["--hosts", "3", "--vms", "9"]);
    let exporter = Exporter::with_pools(&[lab.pool("lab-pool-1", "")], "stale_after: 15s");
    exporter.page("measurements", |page| measured(page, POOL)).await;
    let hung = &lab.pools["lab-pool-1"][2].0;
    lab.begin(&format!("hang?host={hung}")).await;
    let page = exporter
        .page("two hosts that tell and one that does not", |page| {
            let mut up = page.values("xen_host_up", &[POOL]);
            up.sort_by(f64::total_cmp);
            up == [0.0, 1.0, 1.0] && page.count("xen_host_cpu_usage_ratio", &[POOL]) == 2
        })
        .await;
    assert_eq!(page.values("xen_pool_up", &[POOL]), [1.0]);
    assert_eq!(page.count("xen_host_info", &[POOL]), 3, "the inventory knows it");
    let mut ages = page.values("xen_host_sample_age_seconds", &[POOL]);
    ages.sort_by(f64::total_cmp);
    assert!(ages[1] < 15.0 && ages[2] >= 15.0, "{ages:?}");
    lab.end("hang").await;
    exporter.page("all hosts again", |page| measured(page, POOL)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_is_away_is_shown_for_a_stated_time_and_not_longer() {
    let lab = Lab::start(&["--hosts", "1", "--vms", "3"]);
    let exporter = Exporter::with_pools(&[lab.pool("lab-pool-1", "")], "stale_after: 10s");
    exporter.page("measurements", |page| page.count("xen_vm_memory_bytes", &[POOL]) > 0).await;
    lab.begin("down").await;
    let page = exporter.page("a failure", |page| page.values("xen_pool_up", &[]) == [0.0]).await;
    assert_eq!(page.count("xen_vm_info", &[POOL]), 3, "it is still shown");
    exporter.page("nothing more of it", |page| page.count("xen_vm_info", &[POOL]) == 0).await;
    lab.end("down").await;
    exporter.page("it is back", |page| page.count("xen_vm_info", &[POOL]) == 3).await;
}
