//! Logging in: the master is found, a wrong password is no storm, sessions come and go.

use std::time::Duration;

use serde_json::json;
use xenapi::{Dialect, DialectChoice, Error, ErrorKind, Secret};

use crate::lab::{Client, Lab, in_time};

#[tokio::test]
async fn a_slave_names_the_master() {
    let lab = Lab::start(&[]);
    let mut client = Client::new(lab.settings(2));
    let connected = client.connected(|_| true).await;
    assert_eq!(connected.master, lab.hosts[0].0, "with the port of the slave");
    let stats = client.pool.stats();
    assert_eq!((stats.redirects, stats.logins, stats.login_failures), (1, 2, 0));
}

#[tokio::test]
async fn the_session_ends_with_the_client() {
    let lab = Lab::start(&[]);
    let mut client = Client::new(lab.settings(0));
    client.connected(|_| true).await;
    assert_eq!(lab.sessions().await, 1);
    let pool = client.pool.clone();
    client.stop().await;
    assert_eq!(lab.sessions().await, 0);
    let error = pool.call("pool.get_all", &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let lab = Lab::start(&[]);
    let mut settings = lab.settings(1);
    settings.password = Secret::new("hunter2");
    settings.addresses.extend(lab.hosts.iter().map(|(address, _)| address.clone()));
    let mut client = Client::new(settings);
    let error = client.failed(|_| true).await;
    assert!(matches!(*error, Error::Credentials { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let calls = (0..20).map(|_| client.pool.call("pool.get_all", &[]));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Credentials, "told at once");
    }
    let stats = client.pool.stats();
    assert_eq!((stats.login_failures, stats.logins), (1, 2), "at the slave and at the master");
}

#[tokio::test]
async fn after_the_pause_a_mended_password_is_found() {
    let lab = Lab::start(&["--fault", "wrong-password"]);
    let mut settings = lab.settings(0);
    settings.pauses.refused = Duration::from_millis(300);
    let mut client = Client::new(settings);
    client.failed(|error| error.kind() == ErrorKind::Credentials).await;
    lab.end("wrong-password").await;
    client.connected(|_| true).await;
}

#[tokio::test]
async fn a_revoked_session_is_replaced_once_for_all_calls() {
    let lab = Lab::start(&[]);
    let mut client = Client::new(lab.settings(0));
    client.connected(|_| true).await;
    lab.begin("revoked-sessions").await;
    let calls = (0..50).map(|_| client.pool.call("pool.get_all", &[]));
    for answer in in_time(futures_util::future::join_all(calls)).await {
        assert_eq!(answer.unwrap().as_array().unwrap().len(), 1);
    }
    assert_eq!(client.pool.stats().logins, 2);
}

#[tokio::test]
async fn sessions_that_are_short_are_replaced_with_pauses() {
    let lab = Lab::start(&["--fault", "short-sessions"]);
    let mut client = Client::new(lab.settings(0));
    let first = client.connected(|_| true).await;
    let next = client.connected(|state| state.since > first.since).await;
    assert_eq!(next.inventory.vms.len(), first.inventory.vms.len());
}

#[tokio::test]
async fn a_host_without_json_is_spoken_to_in_xml_and_tells_the_same() {
    let lab = Lab::start(&["--vms", "30"]);
    let mut json = Client::new(lab.settings(1));
    let mut xml = lab.settings(1);
    xml.dialect = DialectChoice::Xml;
    let mut xml = Client::new(xml);
    let (json, xml) = (json.connected(|_| true).await, xml.connected(|_| true).await);
    assert_eq!((json.dialect, xml.dialect), (Dialect::Json, Dialect::Xml));
    assert_eq!(json.inventory.vms, xml.inventory.vms);
    assert!(*json.inventory == *xml.inventory, "a class differs");

    let lab = Lab::start(&["--fault", "no-json"]);
    let mut client = Client::new(lab.settings(1));
    assert_eq!(client.connected(|_| true).await.dialect, Dialect::Xml);
}

#[tokio::test]
async fn a_key_of_other_config_is_set_and_removed() {
    let lab = Lab::start(&["--fault", "no-json"]);
    let mut client = Client::new(lab.settings(0));
    let connected = client.connected(|_| true).await;
    let (vm, _) = connected.inventory.vms.iter().next().unwrap();
    let perfmon = "<config><variable><name value=\"cpu_usage\"/></variable></config>";
    for value in [Some("<config/>"), Some(perfmon), None] {
        client.pool.set_other_config("VM", vm, "perfmon", value).await.unwrap();
        let told = |state: &xenapi::Connected| {
            state.inventory.vms.get(vm).unwrap().perfmon.as_deref() == value
        };
        client.connected(told).await;
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_words() {
    let lab = Lab::start(&[]);
    let mut client = Client::new(lab.settings(0));
    client.connected(|_| true).await;
    let error = client.pool.call("VM.get_record", &[json!("OpaqueRef:none")]).await.unwrap_err();
    assert_eq!(error.code(), Some("HANDLE_INVALID"));
    assert!(error.to_string().starts_with("VM.get_record at 127.81.0.1:"), "{error}");
}
