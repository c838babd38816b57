//! What can be wrong, as a client meets it.

use std::time::Instant;

use reqwest::Method;
use serde_json::Value;

use crate::lab::{Lab, until};

#[tokio::test]
async fn refusals_are_of_the_kind_that_is_set_and_end() {
    let lab = Lab::start(&[]);
    for (fault, status) in [("unauthorized", 401), ("throttled", 429), ("unavailable", 503)] {
        lab.begin(&format!("{fault}?command=listZones")).await;
        let answer = lab.call("listZones", &[]).await;
        assert_eq!((answer.status.as_u16(), &answer.inner["errorcode"]), (status, &status.into()));
        assert_eq!(lab.call("listPods", &[]).await.status, 200, "only listZones is meant");
        lab.end(fault).await;
        assert_eq!(lab.call("listZones", &[]).await.status, 200);
    }
    let (status, _) = lab.control(Method::PUT, "/faults/slow?seconds=-1").await;
    assert_eq!(status, 400);
    let (status, _) = lab.control(Method::PUT, "/faults/host-down?command=listHosts").await;
    assert_eq!(status, 400);
    let (_, counts) = lab.control(Method::GET, "/counts").await;
    assert!(
        counts.contains("listZones 429 1\n") && counts.contains("listZones 200 3\n"),
        "{counts}"
    );
}

#[tokio::test]
async fn a_slow_server_is_slow() {
    let lab = Lab::start(&["--fault", "slow"]);
    lab.begin("slow?seconds=0.3").await;
    let start = Instant::now();
    lab.call("listZones", &[]).await;
    assert!(start.elapsed().as_secs_f64() >= 0.3);
}

#[tokio::test]
async fn the_limit_of_calls_is_kept() {
    let lab = Lab::start(&["--api.throttle-calls", "2", "--api.throttle-interval", "3600"]);
    let keys = lab.keys("read-only");
    let status = async || lab.call_as(keys, "listZones", &[]).await.status.as_u16();
    assert_eq!([status().await, status().await, status().await], [200, 200, 429]);
}

#[tokio::test]
async fn pages_overlap_and_counts_are_wrong() {
    let lab = Lab::start(&["--fault", "overlapping-pages", "--api.page-size", "50"]);
    let rows = lab.list("listVirtualMachines", "virtualmachine", 50).await;
    let mut ids: Vec<_> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(ids.len() > 120, "{} objects of pages that overlap", ids.len());
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 120, "none is lost");
    lab.end("overlapping-pages").await;
    for (fault, count) in [("count-of-page", 20), ("count-too-high", 127)] {
        lab.begin(fault).await;
        let last = lab.call("listVirtualMachines", &[("page", "3"), ("pagesize", "50")]).await;
        assert_eq!(last.inner["count"], count, "{fault}");
        lab.end(fault).await;
    }
}

#[tokio::test]
async fn answers_that_are_no_json() {
    let lab = Lab::start(&[]);
    lab.begin("control-characters").await;
    let text = lab.text("listZones").await;
    assert!(text.contains('\u{7}') && serde_json::from_str::<Value>(&text).is_err());
    assert!(text.ends_with("]}}"), "all of it is there: {text}");
    lab.end("control-characters").await;
    let whole = lab.text("listZones").await;
    lab.begin("truncated").await;
    assert_eq!(lab.text("listZones").await, whole[..whole.len() / 2]);
}

#[tokio::test]
async fn an_old_server_has_no_newer_calls() {
    let lab = Lab::start(&["--fault", "old-server", "--api.page-size", "50"]);
    let answer = lab.call("listDbMetrics", &[]).await;
    assert_eq!(answer.status, 401, "as if the key were wrong");
    let capabilities = lab.call("listCapabilities", &[]).await;
    assert_eq!(capabilities.inner["capability"]["cloudstackversion"], "4.11.3.0");
    let apis = lab.call("listApis", &[]).await.inner["api"].to_string();
    assert!(apis.contains("\"listHosts\"") && !apis.contains("\"listDbMetrics\""));
    let first = lab.call("listVirtualMachines", &[("page", "1"), ("pagesize", "50")]).await;
    assert_eq!(first.inner["count"], 50, "the length of the page");
}

/// What is wrong with the cloud is seen in its lists, and is over when the fault ends.
#[tokio::test]
async fn the_cloud_has_faults() {
    let lab = Lab::start(&[]);
    let has = async |command: &str, text: &str| {
        let checks = [("fetchhealthcheckresults", "true")];
        lab.call(command, &checks).await.inner.to_string().contains(text)
    };
    for (fault, command, text) in [
        ("host-down", "listHosts", r#""state":"Down""#),
        ("host-alert", "listHosts", r#""state":"Alert""#),
        ("system-vm-stopped", "listSystemVms", r#""state":"Stopped""#),
        ("router-stopped", "listRouters", r#""state":"Stopped""#),
        ("router-unhealthy", "listRouters", r#""success":false"#),
        ("silent-usage-server", "listUsageServerMetrics", r#""state":"Down""#),
    ] {
        assert!(!has(command, text).await, "{fault} before it begins");
        lab.begin(fault).await;
        until(fault, async || has(command, text).await).await;
        lab.end(fault).await;
        assert!(!has(command, text).await, "{fault} after its end");
    }
    lab.begin("failed-jobs").await;
    assert!(has("listAsyncJobs", r#""jobstatus":2"#).await);
    lab.begin("full-storage").await;
    let pool = &lab.call("listStoragePools", &[]).await.inner["storagepool"][0];
    assert!(
        pool["disksizeused"].as_f64() > pool["disksizetotal"].as_f64().map(|total| total * 0.96)
    );
    lab.begin("full-tenant").await;
    let accounts = lab.call("listAccounts", &[]).await.inner["account"].clone();
    assert!(accounts.as_array().unwrap().iter().any(|account| account["vmavailable"] == "0"));
}
