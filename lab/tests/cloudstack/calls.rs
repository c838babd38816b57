//! Calls, who may make them, and pages.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::lab::{Lab, signed, until};

fn ids(rows: &[serde_json::Value]) -> BTreeSet<&str> {
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn who_signs_is_let_in() {
    let lab = Lab::start(&[]);
    let (key, secret) = lab.keys("admin");
    let common = [("apiKey", key), ("command", "listZones"), ("response", "json")];
    let good = signed(&common, secret);
    let answer = lab.raw(Method::GET, &good).await;
    assert_eq!((answer.status.as_u16(), answer.envelope.as_str()), (200, "listzonesresponse"));
    assert_eq!(answer.inner["count"], 3);
    assert_eq!(lab.raw(Method::POST, &good).await.inner["count"], 3);

    let later = [("signatureVersion", "3"), ("expires", "2099-01-01T00:00:00+0000")];
    let answer = lab.raw(Method::GET, &signed(&[&common[..], &later].concat(), secret)).await;
    assert_eq!(answer.status, 200);
    let over = [("signatureVersion", "3"), ("expires", "2020-01-01T00:00:00+0000")];
    let expired = signed(&[&common[..], &over].concat(), secret);
    let endless = signed(&[&common[..], &later[..1]].concat(), secret);
    let changed = good.replace("listZones", "listHosts");
    for query in [expired, endless, changed, signed(&common, "wrong"), "command=listZones".into()] {
        let answer = lab.raw(Method::GET, &query).await;
        assert_eq!(answer.status, 401, "{query}");
        assert_eq!(answer.inner["errorcode"], 401, "{query}");
    }
}

#[tokio::test]
async fn a_role_may_what_it_may() {
    let lab = Lab::start(&[]);
    let (read_only, user) = (lab.keys("read-only"), lab.keys("user"));
    let refused = async |keys, command| {
        let answer = lab.call_as(keys, command, &[]).await;
        assert_eq!(answer.inner["errorcode"], answer.status.as_u16());
        answer.status.as_u16()
    };
    assert_eq!(refused(read_only, "startVirtualMachine").await, 432);
    assert_eq!(refused(user, "listHosts").await, 432);
    assert_eq!(refused(read_only, "listNothing").await, 432);
    let apis = async |keys| {
        let answer = lab.call_as(keys, "listApis", &[]).await;
        let names = answer.inner["api"].as_array().unwrap().iter();
        names.map(|api| api["name"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let (wide, narrow) = (apis(read_only).await, apis(user).await);
    assert!(wide.contains("listHosts") && !narrow.contains("listHosts"));
    assert!(narrow.contains("listVirtualMachines") && !wide.contains("startVirtualMachine"));

    // A user sees what is its own, however it asks.
    let all = [("listall", "true"), ("projectid", "-1")];
    let mine = lab.call_as(user, "listVirtualMachines", &all).await;
    let mine = mine.inner["virtualmachine"].as_array().unwrap().clone();
    assert!(!mine.is_empty() && mine.iter().all(|vm| vm["account"] == "account-1"));
    // The operator sees the rest only when asking for it.
    let count = async |parameters: &[(&str, &str)]| {
        lab.call_as(read_only, "listVirtualMachines", parameters).await.inner["count"].as_u64()
    };
    assert_eq!(count(&[]).await, None);
    let of_accounts = count(&all[..1]).await.unwrap();
    assert_eq!(count(&all).await, Some(120));
    assert!(of_accounts > 0 && of_accounts < 120, "{of_accounts} without those of projects");
}

#[tokio::test]
async fn pages_are_as_the_server_has_them() {
    let lab = Lab::start(&["--vms", "1200", "--volumes", "1200"]);
    let whole = lab.call("listVirtualMachines", &[]).await;
    assert_eq!(whole.inner["virtualmachine"].as_array().unwrap().len(), 500, "silently cut");
    assert_eq!(whole.inner["count"], 1200);
    let rows = lab.list("listVirtualMachines", "virtualmachine", 500).await;
    assert_eq!((rows.len(), ids(&rows).len()), (1200, 1200));
    for (parameters, status) in [
        (&[("page", "1")][..], 431),
        (&[("page", "1"), ("pagesize", "501")], 431),
        (&[("page", "x"), ("pagesize", "10")], 431),
        (&[("page", "1"), ("pagesize", "10")], 200),
    ] {
        assert_eq!(lab.call("listVirtualMachines", parameters).await.status, status);
    }
    let beyond = lab.call("listVirtualMachines", &[("page", "9"), ("pagesize", "500")]).await;
    assert_eq!(beyond.inner, serde_json::json!({}), "empty is without count");
    let one = lab.call("listVirtualMachines", &[("id", rows[7]["id"].as_str().unwrap())]).await;
    assert_eq!(one.inner["count"], 1);
    let zones = lab.call("listZones", &[("showcapacities", "true")]).await;
    let zone = &zones.inner["zone"][0];
    assert!(zone["capacity"].as_array().unwrap().len() > 5);
    let here = [("zoneid", zone["id"].as_str().unwrap()), ("type", "Routing")];
    assert_eq!(lab.call("listHosts", &here).await.inner["count"], 4);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_cloud() {
    let names = async |seed: &str| {
        let lab = Lab::start(&["--seed", seed]);
        lab.call("listHosts", &[]).await.inner["host"][3]["id"].as_str().unwrap().to_owned()
    };
    let first = names("7").await;
    assert_eq!(first, names("7").await);
    assert_ne!(first, names("8").await);
}

#[tokio::test]
async fn a_vm_is_stopped_by_a_job() {
    let lab = Lab::start(&[]);
    let running = lab.call("listVirtualMachines", &[("state", "Running")]).await;
    let vm = running.inner["virtualmachine"][0]["id"].as_str().unwrap();
    let begun = lab.call("stopVirtualMachine", &[("id", vm)]).await;
    let job = begun.inner["jobid"].as_str().unwrap();
    let done = async || lab.call("queryAsyncJobResult", &[("jobid", job)]).await.inner;
    assert_eq!(done().await["jobstatus"], 0);
    until("the job has ended", async || done().await["jobstatus"] == 1).await;
    let after = lab.call("listVirtualMachines", &[("id", vm)]).await;
    assert_eq!(after.inner["virtualmachine"][0]["state"], "Stopped");
    assert!(after.inner["virtualmachine"][0]["hostid"].is_null());
    let jobs = lab.call("listAsyncJobs", &[]).await;
    assert!(jobs.inner["asyncjobs"].as_array().unwrap().iter().any(|other| other["jobid"] == job));
}

#[tokio::test]
async fn the_cloud_lives() {
    let lab = Lab::start(&[]);
    let events = async || lab.call("listEvents", &[]).await.inner["count"].as_u64();
    let before = events().await;
    assert_eq!(lab.control(Method::POST, "/life?steps=5").await.0, 204);
    assert_eq!(events().await, before.map(|before| before + 5));
    let (_, id) = lab.control(Method::POST, "/alerts?type=7&name=ALERT.TEST&description=lab").await;
    let alerts = lab.call("listAlerts", &[]).await;
    assert_eq!(
        (&alerts.inner["count"], &alerts.inner["alert"][0]["id"]),
        (&1.into(), &id.as_str().into())
    );
    assert_eq!(lab.control(Method::DELETE, &format!("/alerts/{id}")).await.0, 204);
    assert!(lab.call("listAlerts", &[]).await.inner["count"].is_null());
}
