//! What goes wrong with a server, one after the other: nothing is lost, nothing doubled, and it heals by itself.

use crate::lab::Lab;
use crate::page::{Series, values};
use crate::stage::Exporter;

const VMS: usize = 1234;

fn vms(page: &[Series]) -> usize {
    values(page, "cloudstack_vm_info", &[]).len()
}

fn of_vms(page: &[Series], family: &str) -> Option<f64> {
    let name = format!("cloudstack_collector_{family}");
    values(page, &name, &[("collector", "virtual_machines")]).first().copied()
}

async fn cloud() -> (Lab, tempfile::TempDir, Exporter) {
    let lab = Lab::start(&["--vms", "1234", "--volumes", "700", "--hosts", "30"]);
    let folder = tempfile::tempdir().unwrap();
    let exporter = Exporter::ready(&folder, &lab.config("admin")).await;
    let page = exporter.metrics().await;
    assert_eq!(vms(&page), VMS);
    (lab, folder, exporter)
}

/// Sets a fault, waits for what it does, ends it, and waits until all is well.
async fn suffers(fault: &str, what: &str, check: impl Fn(&[Series]) -> bool) {
    let (lab, _folder, exporter) = cloud().await;
    lab.begin(fault, "").await;
    let page = exporter.until(what, check).await;
    assert_eq!(vms(&page), VMS, "{fault}: the last good rows are shown");
    lab.end(fault).await;
    let well = |page: &[Series]| {
        of_vms(page, "success") == Some(1.0) && of_vms(page, "partial") == Some(0.0)
    };
    let page = exporter.until("recovery", well).await;
    assert_eq!(vms(&page), VMS);
}

fn fails(page: &[Series]) -> bool {
    of_vms(page, "success") == Some(0.0)
}

fn counted(page: &[Series], code: &str) -> bool {
    let labels = [("command", "listVirtualMachines"), ("code", code)];
    values(page, "cloudstack_api_calls_total", &labels).first().is_some_and(|count| *count > 0.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized() {
    suffers("unauthorized", "401", |page| fails(page) && counted(page, "401")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled() {
    suffers("throttled", "429", |page| fails(page) && counted(page, "429")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unavailable() {
    suffers("unavailable", "503", |page| fails(page) && counted(page, "503")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn truncated() {
    suffers("truncated", "a cut answer", |page| fails(page) && counted(page, "unreadable")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging() {
    suffers("hang", "a deadline", |page| fails(page) && counted(page, "timeout")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_count_is_partial() {
    suffers("count-too-high", "partial", |page| of_vms(page, "partial") == Some(1.0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn control_characters_are_counted_and_nothing_else_happens() {
    suffers("control-characters", "control characters", |page| {
        let counted = values(page, "cloudstack_api_control_characters_total", &[]);
        counted.first().is_some_and(|count| *count > 0.0) && of_vms(page, "success") == Some(1.0)
    })
    .await;
}

/// These change how pages are cut and counted, and nothing that is shown.
#[tokio::test(flavor = "multi_thread")]
async fn odd_pages_are_read_whole() {
    for fault in ["overlapping-pages", "count-of-page", "slow"] {
        let lab = Lab::start(&["--vms", "1234", "--volumes", "700", "--hosts", "30"]);
        lab.begin(fault, if fault == "slow" { "?seconds=0.5" } else { "" }).await;
        let folder = tempfile::tempdir().unwrap();
        let exporter = Exporter::ready(&folder, &lab.config("admin")).await;
        let page = exporter.metrics().await;
        assert_eq!((vms(&page), of_vms(&page, "partial")), (VMS, Some(0.0)), "{fault}");
        for family in ["cloudstack_volumes", "cloudstack_volumes_by_state"] {
            let volumes: f64 = values(&page, family, &[]).iter().sum();
            assert_eq!(volumes, 700.0, "{fault}: {family}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_server_shows_what_it_has() {
    let lab = Lab::start(&["--fault", "old-server"]);
    let folder = tempfile::tempdir().unwrap();
    let exporter = Exporter::ready(&folder, &lab.config("admin")).await;
    let page = exporter.metrics().await;
    assert_eq!(vms(&page), 120);
    let available =
        |collector| values(&page, "cloudstack_collector_available", &[("collector", collector)]);
    assert_eq!(available("database"), [0.0]);
    assert_eq!(available("hosts"), [1.0]);
}
