//! What can be wrong, as a client meets it.

use std::error::Error as _;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::lab::{Lab, client, until};

/// Why a page cannot be had, down to the deepest cause; empty if it can.
async fn trouble(lab: &Lab, host: usize) -> String {
    // A client of its own: connections that are open already know nothing of a new certificate.
    let client = client(&lab.authority());
    let Err(error) = client.get(lab.url(host, "/")).send().await else { return String::new() };
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}

#[tokio::test]
async fn a_dead_master_is_replaced_and_comes_back_as_a_slave() {
    let lab = Lab::start(&[]);
    let session = lab.login(0).await;
    let address = |host: usize| lab.hosts[host].ip().to_string();
    let slave = async |host: usize| {
        lab.call(host, "pool.get_all", json!([session])).await.err().unwrap_or_default()
    };
    assert_eq!(slave(1).await, ["HOST_IS_SLAVE", &address(0)]);
    lab.begin("master-dead?seconds=0.2").await;
    until("the master is dead", async || trouble(&lab, 0).await.contains("refused")).await;
    until("another master", async || slave(2).await == ["HOST_IS_SLAVE", &address(1)]).await;
    // The old session did not live through it.
    assert_eq!(slave(1).await, ["SESSION_INVALID", &session]);
    let session = lab.login(1).await;
    let pools = lab.call(1, "pool.get_all_records", json!([session])).await.unwrap();
    let master = &pools.as_object().unwrap().values().next().unwrap()["master"];
    let name = lab.call(1, "host.get_name_label", json!([session, master])).await.unwrap();
    assert_eq!(name, "lab-pool-1-host-2");
    lab.end("master-dead").await;
    until("the old one is back", async || lab.client.get(lab.url(0, "/")).send().await.is_ok())
        .await;
    assert_eq!(slave(0).await, ["HOST_IS_SLAVE", &address(1)]);
}

#[tokio::test]
async fn sessions_and_events_are_lost() {
    let lab = Lab::start(&[]);
    let session = lab.login(0).await;
    let from = async |session: &str, token: &Value| {
        lab.call(0, "event.from", json!([session, ["vm"], token, 0.0])).await
    };
    let token = from(&session, &json!("")).await.unwrap()["token"].clone();
    let nothing = from(&session, &token).await.unwrap();
    assert_eq!((&nothing["events"], &nothing["valid_ref_counts"]["vm"]), (&json!([]), &json!(27)));
    lab.begin("lost-events").await;
    assert_eq!(from(&session, &token).await.unwrap_err(), ["EVENTS_LOST"]);
    lab.begin("revoked-sessions").await;
    let error = from(&session, &token).await.unwrap_err();
    assert_eq!(error, ["SESSION_INVALID", &session]);
    let session = lab.login(0).await;
    assert!(from(&session, &json!("")).await.is_ok());
    lab.begin("short-sessions?seconds=0").await;
    until("the session has ended", async || from(&session, &json!("")).await.is_err()).await;
    lab.end("short-sessions").await;
    lab.begin("wrong-password").await;
    let parameters = json!(["root", "lab", "1.0", "tests"]);
    let refused = lab.call(0, "session.login_with_password", parameters).await.unwrap_err();
    assert_eq!(refused, ["SESSION_AUTHENTICATION_FAILED", "root", "Authentication failure"]);
    assert_eq!(lab.count("session.login_with_password:refused").await, 1);
}

#[tokio::test]
async fn who_waits_for_events_is_told_of_deletions() {
    let lab = Lab::start(&[]);
    let session = lab.login(0).await;
    let from = async |token: &Value| {
        let parameters = json!([session, ["VM", "console"], token, 30.0]);
        lab.call(0, "event.from", parameters).await.unwrap()
    };
    let before = from(&json!("")).await;
    let (after, (status, _)) = tokio::join!(
        from(&before["token"]),
        lab.control(Method::POST, "/vms/stop?vm=lab-pool-1-vm-0001")
    );
    assert_eq!(status, 204);
    let events = after["events"].as_array().unwrap();
    let told: Vec<_> = events.iter().map(|event| (&event["class"], &event["operation"])).collect();
    assert_eq!(told, [(&json!("console"), &json!("del")), (&json!("vm"), &json!("mod"))]);
    assert_eq!(events[0].get("snapshot"), None);
    assert_eq!(events[1]["snapshot"]["power_state"], "Halted");
}

#[tokio::test]
async fn certificates_go_wrong() {
    let lab = Lab::start(&["--hosts", "1"]);
    let thumbprint = async || {
        let (_, pools) = lab.control(Method::GET, "/pools").await;
        let pools: Value = serde_json::from_str(&pools).unwrap();
        pools[0]["hosts"][0]["fingerprint"].as_str().unwrap().to_owned()
    };
    assert_eq!(thumbprint().await, lab.fingerprints[0]);
    lab.begin("expired-certificate").await;
    until("it has expired", async || trouble(&lab, 0).await.contains("expired")).await;
    lab.end("expired-certificate").await;
    lab.begin("other-certificate").await;
    assert_ne!(thumbprint().await, lab.fingerprints[0]);
    until("the other one is trusted too", async || trouble(&lab, 0).await.is_empty()).await;
    lab.end("other-certificate").await;
    assert_eq!(thumbprint().await, lab.fingerprints[0]);
    lab.begin("old-tls").await;
    until("TLS is too old", async || trouble(&lab, 0).await.contains("ProtocolVersion")).await;
}

#[tokio::test]
async fn a_slave_tells_the_masters_certificate_to_who_asks() {
    let lab = Lab::start(&[]);
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "session.login_with_password",
        "params": ["root", "lab"] });
    let request = lab.client.post(lab.url(1, "/jsonrpc")).json(&call);
    let request = request.header("x-xenapi-request-host-certificate-thumbprint", "sha-256:master");
    let response = request.send().await.unwrap();
    let told = &response.headers()["x-xenapi-response-host-certificate-thumbprint"];
    assert_eq!(told, &lab.fingerprints[0]);
}

#[tokio::test]
async fn answers_go_wrong() {
    let lab = Lab::start(&["--hosts", "2"]);
    let get = async |host: usize| lab.client.get(lab.url(host, "/")).send().await;
    let host = lab.hosts[0];
    lab.begin(&format!("error?host={host}")).await;
    assert_eq!(get(0).await.unwrap().status(), 500);
    assert_eq!(get(1).await.unwrap().status(), 404);
    lab.end("error").await;
    lab.begin("truncated").await;
    assert!(get(0).await.unwrap().text().await.is_err());
    lab.end("truncated").await;
    lab.begin(&format!("hang?host={}", host.ip())).await;
    let quick = lab.client.get(lab.url(0, "/")).timeout(Duration::from_millis(300)).send().await;
    assert!(quick.unwrap_err().is_timeout());
    assert_eq!(get(1).await.unwrap().status(), 404);
    lab.end("hang").await;
    lab.begin("slow?seconds=0.4").await;
    let start = std::time::Instant::now();
    assert_eq!(get(0).await.unwrap().status(), 404);
    assert!(start.elapsed() >= Duration::from_millis(400));
    lab.end("slow").await;
    lab.begin("no-xml").await;
    let posted = lab.client.post(lab.url(0, "/RPC2")).body("<methodCall/>").send().await;
    assert_eq!(posted.unwrap().status(), 404);
    lab.begin("wrong-clock?host=master&seconds=86400").await;
    let session = lab.login(0).await;
    let time = lab.call(0, "host.get_servertime", json!([session, ""])).await.unwrap();
    lab.end("wrong-clock").await;
    let right = lab.call(0, "host.get_servertime", json!([session, ""])).await.unwrap();
    assert!(time.as_str().unwrap()[..8] > right.as_str().unwrap()[..8], "{time} {right}");
}

#[tokio::test]
async fn what_befalls_a_pool_can_be_undone() {
    let lab = Lab::start(&[]);
    let session = lab.login(0).await;
    let state = async || {
        let vm = lab.call(0, "VM.get_by_name_label", json!([session, "lab-pool-1-vm-0002"])).await;
        let vm = vm.unwrap()[0].clone();
        let state = lab.call(0, "VM.get_power_state", json!([session, vm])).await.unwrap();
        let storage = lab.call(0, "SR.get_all_records", json!([session])).await.unwrap();
        let full = storage.as_object().unwrap().values().filter(|storage| {
            let number = |field: &str| storage[field].as_f64().unwrap();
            number("physical_utilisation") > 0.95 * number("physical_size")
        });
        (state.as_str().unwrap().to_owned(), full.count())
    };
    assert_eq!(state().await, ("Running".into(), 0));
    lab.begin("crashed-vm?vm=lab-pool-1-vm-0002").await;
    lab.begin("full-storage").await;
    assert_eq!(state().await, ("Halted".into(), 1));
    let (_, faults) = lab.control(Method::GET, "/faults").await;
    let faults: Value = serde_json::from_str(&faults).unwrap();
    let present = faults.as_array().unwrap().iter().filter(|fault| fault["present"] != json!([]));
    let names: Vec<_> = present.map(|fault| fault["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["crashed-vm", "full-storage"]);
    lab.end("crashed-vm").await;
    lab.end("full-storage").await;
    assert_eq!(state().await, ("Running".into(), 0));
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let lab = Lab::start(&[]);
    for (path, reason) in [
        ("/faults/flood", "unknown variant"),
        ("/faults/slow?seconds=-1", "seconds: -1"),
        ("/faults/down?pool=other", "pool: there is no \"other\""),
        ("/faults/down?pool=lab-pool-1&host=other", "host: \"other\" is none of lab-pool-1"),
        ("/faults/busy-vm?vm=other", "vm: there is no \"other\""),
        ("/faults/slow?secs=1", "unknown field"),
    ] {
        let (status, text) = lab.control(Method::PUT, path).await;
        assert!(status == 400 && text.contains(reason), "{path}: {status} {text}");
    }
}

/// Whatever happens to the VMs, each is listed by the host on which it runs, and by no other.
#[tokio::test]
async fn a_pool_that_lives_stays_consistent() {
    let lab = Lab::start(&["--hosts", "4", "--vms", "40"]);
    let session = lab.login(0).await;
    let (status, text) = lab.control(Method::POST, "/life?steps=60").await;
    assert_eq!(status, 204, "{text}");
    let machines = lab.call(0, "VM.get_all_records", json!([session])).await.unwrap();
    let hosts = lab.call(0, "host.get_all_records", json!([session])).await.unwrap();
    let consoles = lab.call(0, "console.get_all_records", json!([session])).await.unwrap();
    let mut running = 0;
    for (reference, vm) in machines.as_object().unwrap() {
        for (host, fields) in hosts.as_object().unwrap() {
            let listed = fields["resident_VMs"].as_array().unwrap();
            let times = listed.iter().filter(|listed| *listed == reference).count();
            assert_eq!(times, usize::from(vm["resident_on"] == *host), "{}", vm["name_label"]);
        }
        let runs = vm["power_state"] == "Running";
        assert_eq!(runs, vm["resident_on"] != "OpaqueRef:NULL");
        assert_eq!(runs, vm["consoles"] != json!([]));
        for console in vm["consoles"].as_array().unwrap() {
            let home = &hosts[vm["resident_on"].as_str().unwrap()]["address"];
            let location = consoles[console.as_str().unwrap()]["location"].as_str().unwrap();
            assert!(location.starts_with(&format!("https://{}:", home.as_str().unwrap())));
        }
        running += usize::from(runs);
    }
    assert!(running > 10, "{running} run");
    assert!(lab.call(0, "message.get_all", json!([session])).await.unwrap()[0].is_string());
}
