//! The configuration: what the YAML file holds, and what it becomes.
//!
//! Promises: every error names the key, what stands there and what was expected; keys are never printed. Refuses to
//! know CloudStack's protocol.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alertmanager::{Address, Url};
use anyhow::Context as _;
use exporter_kit::{Configuration, Secret};
use jiff::SignedDuration;
use serde::Deserialize;

use crate::client::{Method, Settings};
use crate::tiers::{Pace, Tier};

/// Where the book of alerts is unless configured.
const STATE_DIR: &str = "/var/lib/wisemonitor/cloudstack-exporter";

/// How long an alert stands unless it is archived.
const ALERT_HOLD: Duration = Duration::from_secs(24 * 3600);

/// How long rows are shown after they were read.
const KEEP: Duration = Duration::from_secs(30 * 60);

/// Deadline of a call, and calls a second.
const TIMEOUT: Duration = Duration::from_secs(30);
const RATE: f64 = 19.0;

/// CloudStack's own `default.page.size`.
const PAGE_SIZE: usize = 500;

/// The flags of cloudstack-exporter beside those that every service has.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {}

/// What the exporter works with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The clouds.
    pub clouds: Vec<Cloud>,
    /// Whether virtual machines have statistics of their own.
    pub statistics: bool,
    /// Where alerts are pushed.
    pub alertmanagers: Vec<Address>,
    /// Where the history goes.
    pub history: Option<history::Settings>,
    /// How long an alert stands unless it is archived.
    pub alert_hold: Duration,
    /// Where the book of alerts is.
    pub state_dir: PathBuf,
}

/// One cloud.
#[derive(Debug, Clone)]
pub struct Cloud {
    /// How it is asked.
    pub client: Settings,
    /// How often.
    pub pace: Pace,
    /// Where people look at it.
    pub page: Url,
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    clouds: Vec<WrittenCloud>,
    refresh: Refresh,
    keep: Option<String>,
    statistics: bool,
    volumes_by_zone: bool,
    alertmanagers: alertmanager::File,
    history: Option<history::File>,
    alert_hold: Option<String>,
    state_dir: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCloud {
    name: String,
    url: String,
    api_key: Option<Secret>,
    api_key_file: Option<PathBuf>,
    secret_key: Option<Secret>,
    secret_key_file: Option<PathBuf>,
    #[serde(default)]
    method: Method,
    #[serde(default = "yes")]
    expires: bool,
    timeout: Option<String>,
    rate: Option<f64>,
    page_size: Option<usize>,
    ca_file: Option<PathBuf>,
    external_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Refresh {
    alerts: Option<String>,
    infrastructure: Option<String>,
    machines: Option<String>,
    slow: Option<String>,
}

impl Configuration for Config {
    type File = File;

    fn resolve(file: File, base: &Path) -> anyhow::Result<Self> {
        let File {
            clouds,
            refresh,
            keep,
            statistics,
            volumes_by_zone,
            alertmanagers,
            history,
            alert_hold,
            state_dir,
        } = file;
        let pace = Pace {
            every: refresh.resolve()?,
            keep: duration("keep", keep.as_deref(), KEEP)?,
            statistics,
            volumes_by_zone,
        };
        let one = |(index, written): (usize, WrittenCloud)| {
            written.resolve(pace, base).with_context(|| format!("clouds[{index}]"))
        };
        let clouds: Vec<Cloud> =
            clouds.into_iter().enumerate().map(one).collect::<anyhow::Result<_>>()?;
        let mut names = BTreeSet::new();
        for Cloud { client, .. } in &clouds {
            anyhow::ensure!(
                names.insert(&client.name),
                "clouds: the name {:?} is there twice",
                client.name
            );
        }
        let history = history.map(|history| history::Settings::resolve(history, base));
        Ok(Config {
            clouds,
            statistics,
            alertmanagers: alertmanagers.resolve(base)?,
            history: history.transpose().context("history")?,
            alert_hold: duration("alert_hold", alert_hold.as_deref(), ALERT_HOLD)?,
            state_dir: base.join(state_dir.unwrap_or_else(|| STATE_DIR.into())),
        })
    }
}

impl Refresh {
    fn resolve(self) -> anyhow::Result<[Duration; 4]> {
        let Refresh { alerts, infrastructure, machines, slow } = self;
        let every =
            |key, text: Option<String>, tier: Tier| duration(key, text.as_deref(), tier.every());
        Ok([
            every("refresh.alerts", alerts, Tier::Alerts)?,
            every("refresh.infrastructure", infrastructure, Tier::Infrastructure)?,
            every("refresh.machines", machines, Tier::Machines)?,
            every("refresh.slow", slow, Tier::Slow)?,
        ])
    }
}

impl WrittenCloud {
    fn resolve(self, pace: Pace, base: &Path) -> anyhow::Result<Cloud> {
        let WrittenCloud {
            name,
            url,
            api_key,
            api_key_file,
            secret_key,
            secret_key_file,
            method,
            expires,
            timeout,
            rate,
            page_size,
            ca_file,
            external_url,
        } = self;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        // It becomes part of a file's name.
        anyhow::ensure!(
            name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_alphanumeric()),
            "name: {name:?} came, expected letters, digits, - _ ."
        );
        let url = web_address("url", &url)?;
        let page = match external_url {
            Some(text) => web_address("external_url", &text)?,
            None => url.join("/client/#/alert").context("url")?,
        };
        let secret = |key, inline, file: Option<PathBuf>| {
            Secret::resolve(key, inline, file.as_deref(), base)?
                .with_context(|| format!("{key}: is missing, expected {key} or {key}_file"))
        };
        let rate = rate.unwrap_or(RATE);
        anyhow::ensure!(
            (0.1..=1000.0).contains(&rate),
            "rate: {rate} came, expected 0.1 to 1000 calls a second"
        );
        let page_size = page_size.unwrap_or(PAGE_SIZE);
        anyhow::ensure!(
            (2..=100_000).contains(&page_size),
            "page_size: {page_size} came, expected the server's default.page.size"
        );
        let client = Settings {
            name,
            url,
            api_key: secret("api_key", api_key, api_key_file)?,
            secret_key: secret("secret_key", secret_key, secret_key_file)?,
            method,
            expires,
            timeout: duration("timeout", timeout.as_deref(), TIMEOUT)?,
            rate,
            page_size,
            authorities: ca_file.map_or(Ok(Vec::new()), |file| certificates(&base.join(file)))?,
        };
        Ok(Cloud { client, pace, page })
    }
}

fn yes() -> bool {
    true
}

fn certificates(path: &Path) -> anyhow::Result<Vec<reqwest::Certificate>> {
    let shown = || format!("ca_file: {}", path.display());
    let pem = std::fs::read(path).with_context(shown)?;
    let found = reqwest::Certificate::from_pem_bundle(&pem).with_context(shown)?;
    anyhow::ensure!(!found.is_empty(), "{}: holds no certificate", shown());
    Ok(found)
}

fn web_address(key: &str, text: &str) -> anyhow::Result<Url> {
    let expected = || {
        format!(
            "{key}: {text:?} is not an address, expected for example https://cloud.example/client/api"
        )
    };
    let url = Url::parse(text).with_context(expected)?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    anyhow::ensure!(matches!(url.scheme(), "http" | "https") && plain, expected());
    Ok(url)
}

fn duration(key: &str, text: Option<&str>, default: Duration) -> anyhow::Result<Duration> {
    let Some(text) = text else { return Ok(default) };
    let expected = || format!("{key}: {text:?} is not a duration, expected for example 5m or 90s");
    let parsed: SignedDuration = text.parse().with_context(expected)?;
    anyhow::ensure!(parsed.is_positive(), expected());
    Duration::try_from(parsed).with_context(expected)
}

#[cfg(test)]
mod tests;
