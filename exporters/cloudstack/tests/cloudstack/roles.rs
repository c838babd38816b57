//! What a role may see is shown; what it may not is told.

use crate::lab::Lab;
use crate::page::values;
use crate::stage::Exporter;

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_role_sees_everything() {
    let lab = Lab::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let exporter = Exporter::ready(&folder, &lab.config("read-only")).await;
    let page = exporter.metrics().await;
    let cloud = lab.cloud().await;
    assert_eq!(
        values(&page, "cloudstack_vm_info", &[]).len() as u64,
        cloud["vms"].as_u64().unwrap()
    );
    let infrastructure = &cloud["infrastructure"];
    for (family, kind) in [
        ("cloudstack_zone_info", "zones"),
        ("cloudstack_pod_info", "pods"),
        ("cloudstack_cluster_info", "clusters"),
        ("cloudstack_host_info", "hosts"),
        ("cloudstack_storage_pool_info", "storagepools"),
        ("cloudstack_image_store_info", "imagestores"),
        ("cloudstack_system_vm_info", "systemvms"),
        ("cloudstack_router_info", "routers"),
        ("cloudstack_management_server_info", "managementservers"),
    ] {
        let expected = infrastructure[kind].as_u64().unwrap_or_else(|| panic!("{infrastructure}"));
        assert_eq!(values(&page, family, &[]).len() as u64, expected, "{family}");
    }
    for family in
        ["cloudstack_zone_capacity", "cloudstack_pod_capacity", "cloudstack_cluster_capacity"]
    {
        assert!(!values(&page, family, &[("type", "memory")]).is_empty(), "{family}");
    }
    let compat = crate::page::read(&exporter.text("/metrics/compat").await);
    let all: f64 = values(&compat, "cloudstack_hosts_total", &[("filter", "total")]).iter().sum();
    assert_eq!(all, 12.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_sees_its_own_and_the_rest_is_said_to_be_unavailable() {
    let lab = Lab::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let exporter = Exporter::ready(&folder, &lab.config("user")).await;
    let page = exporter.metrics().await;
    assert!(!values(&page, "cloudstack_vm_info", &[]).is_empty());
    for (collector, available) in [("virtual_machines", 1.0), ("hosts", 0.0), ("alerts", 0.0)] {
        let labels = [("collector", collector)];
        assert_eq!(
            values(&page, "cloudstack_collector_available", &labels),
            [available],
            "{collector}"
        );
    }
    assert_eq!(values(&page, "cloudstack_up", &[]), [1.0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_not_up_and_the_error_says_what_is_wrong() {
    let lab = Lab::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let exporter = Exporter::start(&folder, &lab.config_with("lab-admin-key", "wrong")).await;
    let page = exporter
        .until("a refusal", |page| {
            let labels = [("command", "listApis"), ("code", "401")];
            values(page, "cloudstack_api_calls_total", &labels).iter().any(|count| *count > 0.0)
        })
        .await;
    assert_eq!(values(&page, "cloudstack_up", &[]), [0.0]);
}
