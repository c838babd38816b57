//! `rrd_updates`: what the rows say, and where a VM is measured.

use reqwest::Method;
use roxmltree::Document;
use serde_json::json;

use crate::lab::{Lab, until};

/// An answer, taken apart.
#[derive(Debug, Clone, PartialEq)]
struct Updates {
    start: i64,
    step: i64,
    end: i64,
    legend: Vec<String>,
    /// Time and values, as they come.
    rows: Vec<(i64, Vec<String>)>,
}

impl Updates {
    fn read(text: &str) -> Self {
        let document = Document::parse(text).unwrap();
        let find = |name| document.descendants().find(|node| node.has_tag_name(name)).unwrap();
        let text = |name| find(name).text().unwrap();
        let number = |name| text(name).parse::<i64>().unwrap();
        let all = |node: roxmltree::Node<'_, '_>, name| {
            let found = node.children().filter(|child| child.has_tag_name(name));
            found.map(|child| child.text().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let legend = all(find("legend"), "entry");
        let rows = find("data").children().filter(|node| node.has_tag_name("row"));
        let rows: Vec<_> =
            rows.map(|row| (all(row, "t")[0].parse().unwrap(), all(row, "v"))).collect();
        assert_eq!(number("rows") as usize, rows.len());
        assert_eq!(number("columns") as usize, legend.len());
        assert!(rows.iter().all(|(_, values)| values.len() == legend.len()));
        Self { start: number("start"), step: number("step"), end: number("end"), legend, rows }
    }

    /// The values of a column, newest first.
    fn values(&self, name: &str) -> Vec<&str> {
        let column = self.legend.iter().position(|entry| entry == name).unwrap();
        self.rows.iter().map(|(_, values)| values[column].as_str()).collect()
    }
}

async fn updates(lab: &Lab, host: usize, session: &str, query: &str) -> Updates {
    let path = format!("/rrd_updates?session_id={session}&{query}");
    let response = lab.client.get(lab.url(host, &path)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    Updates::read(&response.text().await.unwrap())
}

/// The uuid of a VM of a name.
async fn uuid(lab: &Lab, session: &str, name: &str) -> String {
    let found = lab.call(0, "VM.get_by_name_label", json!([session, name])).await.unwrap();
    let uuid = lab.call(0, "VM.get_uuid", json!([session, found[0]])).await.unwrap();
    uuid.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn rows_are_newest_first_and_always_the_same() {
    let lab = Lab::start(&[]);
    let session = lab.login(0).await;
    let all = updates(&lab, 1, &session, "start=-60&host=true&cf=AVERAGE").await;
    let times: Vec<_> = all.rows.iter().map(|(time, _)| *time).collect();
    let expected: Vec<_> = (all.start..=all.end).rev().step_by(5).collect();
    assert_eq!((all.step, &times), (5, &expected));
    assert!(all.legend.iter().any(|entry| entry.contains(":host:") && entry.ends_with(":cpu_avg")));
    // A part of it, asked for again.
    let next = updates(&lab, 1, &session, &format!("start={}&host=true", all.end - 14)).await;
    assert_eq!(next.legend, all.legend);
    assert_eq!(next.start, all.end - 10);
    for row in &all.rows[..3] {
        assert!(next.rows.contains(row));
    }
    // What has no sense to ask for yet.
    let none = updates(&lab, 1, &session, &format!("start={}&host=true", all.end + 3600)).await;
    assert_eq!(none.rows, []);
    let coarse = updates(&lab, 1, &session, "start=-7000&host=true").await;
    assert_eq!(coarse.step, 60);
}

#[tokio::test]
async fn one_vm_or_storage_is_answered_alone() {
    let lab = Lab::start(&[]);
    let session = lab.login(0).await;
    // The smallest, the middle and the largest have 22, 40 and 58 columns.
    for (number, columns) in [(3, 22), (1, 40), (2, 58)] {
        let uuid = uuid(&lab, &session, &format!("lab-pool-1-vm-000{number}")).await;
        let one = updates(&lab, number % 3, &session, &format!("start=-5&vm_uuid={uuid}")).await;
        assert_eq!(one.legend.len(), columns);
        let prefix = format!("AVERAGE:vm:{uuid}:");
        assert!(one.legend.iter().all(|entry| entry.starts_with(&prefix)));
    }
    let storage = lab.call(0, "SR.get_by_name_label", json!([session, "lab-nfs-1"])).await.unwrap();
    let storage = lab.call(0, "SR.get_uuid", json!([session, storage[0]])).await.unwrap();
    let storage = storage.as_str().unwrap();
    let one = updates(&lab, 0, &session, &format!("start=-5&cf=MAX&sr_uuid={storage}")).await;
    assert_eq!(one.legend.len(), 14);
    let short = format!("_{}", &storage[..8]);
    assert!(one.legend.iter().all(|e| e.starts_with("MAX:host:") && e.ends_with(&short)));
}

#[tokio::test]
async fn a_vm_on_its_way_is_measured_on_both_hosts() {
    let lab = Lab::start(&[]);
    let session = lab.login(0).await;
    let uuid = uuid(&lab, &session, "lab-pool-1-vm-0001").await;
    let column = format!("AVERAGE:vm:{uuid}:cpu0");
    let measured = async || {
        let mut hosts = Vec::new();
        for host in 0..3 {
            let found = updates(&lab, host, &session, "start=-5&host=true").await;
            hosts.push(found.legend.contains(&column));
        }
        hosts
    };
    assert_eq!(measured().await, [false, true, false]);
    let migrate = "/vms/migrate?vm=lab-pool-1-vm-0001&host=lab-pool-1-host-1";
    lab.control(Method::POST, &format!("{migrate}&seconds=3600")).await;
    assert_eq!(measured().await, [true, true, false]);
    lab.control(Method::POST, &format!("{migrate}&seconds=0")).await;
    until("the VM has moved", async || measured().await == [true, false, false]).await;
}

#[tokio::test]
async fn a_gap_is_not_a_number_and_a_busy_vm_is_full() {
    let lab = Lab::start(&["--fault", "rrd-gap"]);
    let session = lab.login(0).await;
    let uuid = uuid(&lab, &session, "lab-pool-1-vm-0001").await;
    let column = format!("AVERAGE:vm:{uuid}:cpu_usage");
    let newest = async || {
        let found = updates(&lab, 1, &session, "start=-10&host=true").await;
        found.values(&column)[0].to_owned()
    };
    until("a row of the gap", async || newest().await == "NaN").await;
    lab.end("rrd-gap").await;
    lab.begin("busy-vm?vm=lab-pool-1-vm-0001").await;
    until("a row after it", async || newest().await == "0.9700").await;
    let messages = lab.call(0, "message.get_all_records", json!([session])).await.unwrap();
    let alarm = messages.as_object().unwrap().values().next().unwrap();
    assert_eq!((&alarm["name"], &alarm["obj_uuid"]), (&json!("ALARM"), &json!(uuid)));
    let body = alarm["body"].as_str().unwrap();
    let start = "value: 0.970000\nconfig:\n<variable><name value=\"cpu_usage\"/>";
    assert!(body.starts_with(start), "{body}");
}

#[tokio::test]
async fn json_is_written_in_three_ways() {
    for (dialect, start, is_json) in [
        ("a", "{meta:{start:", false),
        ("b", "{\"meta\":{\"start\":", true),
        ("c", "{\"meta\":{\"start\":", true),
    ] {
        let lab = Lab::start(&["--rrd.json", dialect]);
        let request = lab.client.get(lab.url(0, "/rrd_updates?start=-5&host=true&json=true"));
        let response = request.basic_auth("root", Some("lab")).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        let text = response.text().await.unwrap();
        assert!(text.starts_with(start), "{text}");
        let parsed = serde_json::from_str::<serde_json::Value>(&text);
        assert_eq!(parsed.is_ok(), is_json, "{text}");
        if let Ok(parsed) = parsed {
            let data = if dialect == "b" { &parsed["meta"]["data"] } else { &parsed["data"] };
            assert_eq!(data[0]["values"][0].is_string(), dialect == "c");
        }
        // Basic costs a login.
        assert_eq!(lab.count("session.login_with_password").await, 1);
    }
}

#[tokio::test]
async fn without_a_session_there_is_nothing() {
    let lab = Lab::start(&[]);
    let url = lab.url(0, "/rrd_updates?start=-5&session_id=OpaqueRef:none");
    assert_eq!(lab.client.get(url).send().await.unwrap().status(), 401);
    let session = lab.login(0).await;
    let request = lab.client.get(lab.url(2, "/rrd_updates?start=-5"));
    let request = request.header("cookie", format!("session_id={session}"));
    assert_eq!(request.send().await.unwrap().status(), 200);
}
