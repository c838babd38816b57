//! Prometheus: told to read its files again, and asked whether it has.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use tokio::time::sleep;

use super::threshold::{RECORD, Threshold};
use crate::control::{self, Request};
use crate::http;

const LOAD_LIMIT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// The suite's Prometheus.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prometheus(SocketAddrV4);

/// Answer of `/api/v1/rules`.
#[derive(Deserialize)]
struct Rules {
    data: Groups,
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    name: String,
    query: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl Prometheus {
    /// That of the suite which runs in `dir`.
    ///
    /// # Errors
    /// When no suite runs there, or its Prometheus is not ready.
    pub(super) async fn of_suite(dir: &Path) -> anyhow::Result<Self> {
        let parts = control::ask(dir, &Request::Status).await?.parts;
        let part = parts
            .iter()
            .find(|part| part.name == "prometheus")
            .context("the suite has no part `prometheus`")?;
        ensure!(
            part.state == "ready",
            "Prometheus is {}: `wisemonitor status` shows more",
            part.state
        );
        let address = part.address.strip_prefix("http://").and_then(|address| address.parse().ok());
        Ok(Prometheus(
            address.with_context(|| format!("cannot use Prometheus' address {}", part.address))?,
        ))
    }

    /// Makes it read its files, and returns when exactly these thresholds are in force.
    ///
    /// # Errors
    /// When it refuses, or does not come to it in time.
    pub(super) async fn load(self, thresholds: &[Threshold]) -> anyhow::Result<()> {
        let answer = http::exchange(self.0, "POST", "/-/reload")
            .await
            .context("Prometheus does not reload")?;
        let says = answer.body.trim();
        ensure!(answer.status == 200, "Prometheus does not reload: {} {says}", answer.status);
        let deadline = Instant::now() + LOAD_LIMIT;
        let expected: Vec<_> = sorted(thresholds.iter().map(wanted));
        while self.loaded().await? != expected {
            ensure!(
                Instant::now() < deadline,
                "Prometheus has not loaded the thresholds within {} s: see its rules page",
                LOAD_LIMIT.as_secs()
            );
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Labels and expressions of the thresholds in force.
    async fn loaded(self) -> anyhow::Result<Vec<(BTreeMap<String, String>, String)>> {
        let answer = http::get(self.0, "/api/v1/rules?type=record")
            .await
            .context("Prometheus does not answer")?;
        let rules: Rules =
            serde_json::from_str(&answer.body).context("cannot read Prometheus' list of rules")?;
        let rules = rules.data.groups.into_iter().flat_map(|group| group.rules);
        Ok(sorted(rules.filter(|rule| rule.name == RECORD).map(|rule| (rule.labels, rule.query))))
    }
}

fn wanted(threshold: &Threshold) -> (BTreeMap<String, String>, String) {
    let Threshold { device, interface, direction, severity, .. } = threshold;
    let labels = [
        ("instance", device.clone()),
        ("ifName", interface.clone()),
        ("direction", direction.to_string()),
        ("severity", severity.to_string()),
    ];
    (labels.map(|(name, value)| (name.to_owned(), value)).into(), threshold.expression())
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<_> = items.collect();
    items.sort();
    items
}
