//! Recorded answers of real servers, 2.2 to 4.16: what they say is on the page.
//!
//! Each is served by a server that has nothing else, and read again here as plain JSON.

use std::path::Path;

use serde_json::{Value, json};

use super::readings::{READINGS, Reading};
use super::server::Server;
use super::{data, json as read};
use crate::page::{Series, values};
use crate::stage::Exporter;

/// Calls of which the page has something else than a series for each row.
const OTHERS: [(&str, &str); 6] = [
    ("listApis", "api"),
    ("listAlerts", "alert"),
    ("listAsyncJobs", "asyncjobs"),
    ("listCapacity", "capacity"),
    ("listTemplates", "template"),
    ("listVolumes", "volume"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_answer_is_on_the_page() {
    let Some(data) = data() else { return };
    let recordings = recordings(&data);
    assert!(recordings.len() >= 20, "{}", recordings.len());
    let mut right = 0;
    for (name, command, answer) in &recordings {
        match compare(command, answer).await {
            Ok(()) => right += 1,
            Err(wrong) => println!("{name}: {wrong}"),
        }
    }
    println!("cloudstack_recordings {right}/{}", recordings.len());
    assert_eq!(right, recordings.len());
}

/// Every recorded answer of a call that we use: where it stands, the call, the answer.
fn recordings(data: &Path) -> Vec<(String, &'static str, Value)> {
    let mut found = Vec::new();
    let commands = READINGS.iter().map(|r| (r.command, r.key)).chain(OTHERS);
    let commands: Vec<(&'static str, &'static str)> = commands.collect();
    for folder in ["cloudstack-go", "jclouds"] {
        let files = std::fs::read_dir(data.join(folder)).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        for path in files {
            // One of jclouds' is no JSON: a name without quotes. It is of a call that we do not use.
            if path.ends_with("listusagerecordsresponse.json") {
                continue;
            }
            let whole = read(&path);
            let shown = path.file_name().unwrap().to_string_lossy().into_owned();
            for (command, key) in &commands {
                let response = format!("{}response", command.to_lowercase());
                let answer = match folder {
                    "cloudstack-go" => whole.get(*command).cloned(),
                    _ => whole.get(&response).map(|_| whole.clone()),
                };
                let mine = answer.filter(|answer| !rows(answer, key).is_empty());
                found.extend(mine.map(|answer| (format!("{shown} {command}"), *command, answer)));
            }
        }
    }
    found
}

/// The rows of an answer.
fn rows<'a>(answer: &'a Value, key: &str) -> &'a [Value] {
    let inner = answer.as_object().and_then(|outer| outer.values().next());
    inner.and_then(|inner| inner[key].as_array()).map_or(&[], Vec::as_slice)
}

async fn compare(command: &'static str, answer: &Value) -> Result<(), String> {
    let zones = json!({"r": {"count": 1, "zone": [{"id": "z", "name": "Z"}]}});
    let mut answers = vec![(command, answer.clone())];
    if command == "listVolumes" {
        answers.push(("listZones", zones));
    }
    let server = Server::start(answers).await;
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "{}statistics: true\nvolumes_by_zone: true\nalert_hold: 300000h\n",
        server.config()
    );
    let exporter = match command {
        // A server that offers but one call, which we do not make.
        "listApis" => {
            let exporter = Exporter::start(&folder, &config).await;
            let known = |page: &[Series]| {
                !values(page, "cloudstack_collector_available", &[("collector", "zones")])
                    .is_empty()
            };
            exporter.until("the answer to listApis", known).await;
            exporter
        }
        _ => Exporter::ready(&folder, &config).await,
    };
    let page = exporter.metrics().await;
    match READINGS.iter().find(|reading| reading.command == command) {
        Some(reading) => {
            rows(answer, reading.key).iter().try_for_each(|row| row_is_shown(&page, reading, row))
        }
        None => other(&page, command, answer),
    }
}

fn row_is_shown(page: &[Series], reading: &Reading, row: &Value) -> Result<(), String> {
    let id = text(&row["id"]);
    let mut labels = vec![(reading.id, id.clone())];
    for (member, label) in reading.labels {
        labels.extend(row.get(*member).map(|value| (*label, text(value))));
    }
    one(page, reading.info, &labels, 1.0)?;
    for (member, family, unit) in reading.gauges {
        if let Some(value) = row.get(*member) {
            one(page, family, &[(reading.id, id.clone())], number(value) * unit)?;
        }
    }
    for (member, family) in reading.states {
        if let Some(state) = row.get(*member) {
            one(page, family, &[(reading.id, id.clone()), ("state", text(state))], 1.0)?;
        }
    }
    Ok(())
}

fn other(page: &[Series], command: &str, answer: &Value) -> Result<(), String> {
    match command {
        "listApis" => {
            let offered = rows(answer, "api").iter().any(|api| api["name"] == "listZones");
            let labels = [("collector", "zones".to_owned())];
            one(page, "cloudstack_collector_available", &labels, f64::from(u8::from(offered)))
        }
        "listAlerts" => one(
            page,
            "cloudstack_alerts",
            &[("type", "host".to_owned())],
            rows(answer, "alert").len() as f64,
        ),
        "listAsyncJobs" => ["pending", "succeeded", "failed"].iter().enumerate().try_for_each(
            |(number, status)| {
                let mine =
                    rows(answer, "asyncjobs").iter().filter(|job| job["jobstatus"] == number);
                one(
                    page,
                    "cloudstack_async_jobs",
                    &[("status", (*status).to_owned())],
                    mine.count() as f64,
                )
            },
        ),
        "listCapacity" => rows(answer, "capacity").iter().take(1).try_for_each(|row| {
            let labels =
                [("zone_id", text(&row["zoneid"])), ("type", "storage_allocated".to_owned())];
            one(page, "cloudstack_zone_capacity_used", &labels, number(&row["capacityused"]))?;
            one(page, "cloudstack_zone_capacity", &labels, number(&row["capacitytotal"]))
        }),
        "listTemplates" => {
            one(page, "cloudstack_templates", &[], rows(answer, "template").len() as f64)
        }
        "listVolumes" => {
            let ready = rows(answer, "volume").iter().filter(|volume| volume["state"] == "Ready");
            let labels = [("zone_id", "z".to_owned()), ("state", "Ready".to_owned())];
            one(page, "cloudstack_volumes_by_state", &labels, ready.count() as f64)
        }
        _ => Err(format!("nothing is known of {command}")),
    }
}

/// There is one such series, with this value.
fn one(page: &[Series], name: &str, labels: &[(&str, String)], value: f64) -> Result<(), String> {
    let labels: Vec<(&str, &str)> =
        labels.iter().map(|(label, value)| (*label, value.as_str())).collect();
    match values(page, name, &labels)[..] {
        [found] if (found - value).abs() <= value.abs() * 1e-9 => Ok(()),
        ref found => Err(format!("{name} {labels:?}: {found:?}, expected {value}")),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::String(text) => text.trim_end_matches('%').parse().unwrap(),
        other => other.as_f64().unwrap(),
    }
}
