//! The configuration: what the YAML file holds, and what it becomes.
//!
//! Promises: every error names the key, what stands there and what was expected; passwords and tokens are
//! never printed. Refuses to know sockets and Alertmanager's protocol.

mod series;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alertmanager::{Address, Url};
use anyhow::Context as _;
use exporter_kit::Configuration;
use jiff::SignedDuration;
use nix::unistd::{Uid, User};
use serde::Deserialize;

use crate::amqp;
use crate::perfdata::Reading;
pub use series::Series;
pub(crate) use series::{Optional, Output};
use series::{WrittenFilter, WrittenLabel};

/// Where the module is expected when neither file nor flag says otherwise.
pub const DEFAULT_SOCKET: &str = "/run/wisemonitor/nagios.sock";

/// How long the last known states are shown after the module fell silent, unless configured.
const DEFAULT_STALE_AFTER: Duration = Duration::from_secs(5 * 60);

/// The flags of nagios-exporter beside those that every service has.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// Unix socket on which the Nagios module is expected; wins over `socket` in the file.
    #[arg(long = "nagios.socket", value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Where events come from.
    #[arg(long, value_name = "SOURCE", value_enum, default_value_t)]
    pub source: Source,
    /// RabbitMQ, for example amqps://user:password@rabbit:5671; wins over `amqp.url` in the file. With
    /// --source=socket every event is published there.
    #[arg(long = "amqp.url", value_name = "URL")]
    pub amqp_url: Option<String>,
}

/// Where events come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Source {
    /// The module of the Nagios on this machine.
    #[default]
    Socket,
    /// RabbitMQ: many Nagios, each through the exporter beside it.
    Amqp,
}

/// What the exporter works with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name of this Nagios: the `instance` label of its alerts.
    pub instance: String,
    /// Unix socket on which the module is expected.
    pub socket: PathBuf,
    /// User ids that may connect to the socket.
    pub allowed_users: BTreeSet<u32>,
    /// Where alerts are pushed.
    pub alertmanagers: Vec<Address>,
    /// What makes a problem an alert.
    pub alert_on: AlertOn,
    /// Where people reach this exporter; `None`: the address it listens on.
    pub external_url: Option<Url>,
    /// How long the last known states are shown after the module fell silent.
    pub stale_after: Duration,
    /// RabbitMQ, where it is used.
    pub amqp: Option<amqp::FileSettings>,
    /// Where the history goes.
    pub history: Option<history::Settings>,
    /// How hard cases of performance data are read.
    pub perfdata: Reading,
    /// Which series hosts and services have.
    pub series: Series,
}

/// What makes a problem an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertOn {
    /// Its hard state.
    #[default]
    HardState,
    /// Its hard state, once Nagios has sent a notification for it.
    Notification,
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    instance: Option<String>,
    socket: Option<PathBuf>,
    allowed_users: Option<Vec<WrittenUser>>,
    alertmanagers: alertmanager::File,
    alert_on: AlertOn,
    external_url: Option<String>,
    stale_after: Option<String>,
    amqp: Option<amqp::File>,
    history: Option<history::File>,
    perfdata: Reading,
    metrics: Vec<Optional>,
    output: Output,
    filter: WrittenFilter,
    labels: Vec<WrittenLabel>,
}

/// A user by name or id.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a user name or a user id")]
enum WrittenUser {
    Id(u32),
    Name(String),
}

impl Configuration for Config {
    type File = File;

    fn resolve(file: File, base: &Path) -> anyhow::Result<Self> {
        let File {
            instance,
            socket,
            allowed_users,
            alertmanagers,
            alert_on,
            external_url,
            stale_after,
            amqp,
            history,
            perfdata,
            metrics,
            output,
            filter,
            labels,
        } = file;
        let instance = instance_name(instance)?;
        let amqp = amqp.map(|amqp| amqp::Settings::resolve(amqp, &instance, base));
        let history = history.map(|history| history::Settings::resolve(history, base));
        let series = Series::resolve(metrics, output, filter, labels)?;
        let alertmanagers = alertmanagers.resolve(base)?;
        Ok(Config {
            instance,
            socket: base.join(socket.unwrap_or_else(|| DEFAULT_SOCKET.into())),
            allowed_users: allowed_users.map_or_else(default_users, named_users)?,
            alertmanagers,
            alert_on,
            external_url: external_url.as_deref().map(web_address).transpose()?,
            stale_after: stale_after.as_deref().map_or(Ok(DEFAULT_STALE_AFTER), duration)?,
            amqp: amqp.transpose().context("amqp")?,
            history: history.transpose().context("history")?,
            perfdata: Reading { bounds: series.asks_bounds(), ..perfdata },
            series,
        })
    }
}

fn instance_name(written: Option<String>) -> anyhow::Result<String> {
    let name = match written {
        Some(name) => name,
        None => nix::unistd::gethostname()
            .context("instance: cannot ask for the name of this machine, set it")?
            .to_string_lossy()
            .into_owned(),
    };
    anyhow::ensure!(!name.is_empty(), "instance: is empty, expected a name for this Nagios");
    Ok(name)
}

/// Ourselves, root, and the user that Debian's Nagios runs as.
fn default_users() -> anyhow::Result<BTreeSet<u32>> {
    let nagios = User::from_name("nagios").context("allowed_users: cannot look up user nagios")?;
    Ok([Uid::effective(), Uid::from_raw(0)]
        .into_iter()
        .chain(nagios.map(|user| user.uid))
        .map(Uid::as_raw)
        .collect())
}

fn named_users(written: Vec<WrittenUser>) -> anyhow::Result<BTreeSet<u32>> {
    anyhow::ensure!(!written.is_empty(), "allowed_users: is empty, expected at least one user");
    let id = |user| match user {
        WrittenUser::Id(id) => Ok(id),
        WrittenUser::Name(name) => User::from_name(&name)
            .with_context(|| format!("allowed_users: cannot look up {name:?}"))?
            .map(|user| user.uid.as_raw())
            .with_context(|| {
                format!("allowed_users: no user {name:?} on this machine, expected a name or an id")
            }),
    };
    written.into_iter().map(id).collect()
}

fn web_address(text: &str) -> anyhow::Result<Url> {
    let expected = || {
        format!(
            "external_url: {text:?} is not an address, expected for example http://monitor.example:10190"
        )
    };
    let url = Url::parse(text).with_context(expected)?;
    anyhow::ensure!(matches!(url.scheme(), "http" | "https"), expected());
    Ok(url)
}

fn duration(text: &str) -> anyhow::Result<Duration> {
    let expected =
        || format!("stale_after: {text:?} is not a duration, expected for example 5m or 90s");
    let parsed: SignedDuration = text.parse().with_context(expected)?;
    anyhow::ensure!(parsed.is_positive(), expected());
    Duration::try_from(parsed).with_context(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("token"), "t0p\n").unwrap();
        let path = dir.path().join("x.yml");
        std::fs::write(&path, text).unwrap();
        exporter_kit::config::load(Some(&path)).map_err(|error| {
            format!("{error:#}").replace(&format!("{}/", dir.path().display()), "")
        })
    }

    #[test]
    fn the_sample_file_is_read_and_holds_every_key() {
        let sample = include_str!("../nagios-exporter.yml");
        let Config { instance, socket, alert_on, stale_after, perfdata, .. } =
            load(sample).unwrap();
        assert_eq!(socket, Path::new(DEFAULT_SOCKET));
        assert_eq!((alert_on, stale_after), (AlertOn::HardState, DEFAULT_STALE_AFTER));
        assert!(!instance.is_empty());
        assert_eq!(perfdata, Reading::default());
        // The comments show settings too: uncommented they must be right as well.
        let uncommented: String = sample
            .lines()
            .filter_map(|line| {
                line.strip_prefix("#: ").or((!line.starts_with('#')).then_some(line))
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let config = load(&uncommented.replace("/etc/wisemonitor/", "")).unwrap();
        assert_eq!(config.alertmanagers.len(), 2);
        assert!(config.amqp.is_some() && config.history.is_some());
        assert_eq!(config.series.selection.labels.len(), 2);
        assert!(config.series.selection.include.hostgroup.is_some());
        assert!(config.perfdata.bounds && !perfdata.bounds);
        assert!(config.external_url.is_some() && config.allowed_users.contains(&0));
    }

    #[test]
    fn defaults_stand_without_a_file() {
        let config = exporter_kit::config::load::<Config>(None).unwrap();
        assert!(config.alertmanagers.is_empty());
        assert!(config.allowed_users.contains(&Uid::effective().as_raw()));
        assert!(config.allowed_users.contains(&0));
    }

    #[test]
    fn an_error_names_the_key_and_what_was_expected() {
        for (text, expected) in [
            ("socket: [1]\n", "x.yml:1:"),
            ("alert_on: soft_state\n", "hard_state"),
            ("\nalertmanager: []\n", "x.yml:2:1: "),
            ("allowed_users: [no-such-user]\n", "allowed_users: no user \"no-such-user\""),
            ("allowed_users: []\n", "expected at least one user"),
            ("stale_after: 5\n", "x.yml: stale_after: \"5\" is not a duration"),
            ("stale_after: -5m\n", "expected for example 5m"),
            ("metrics: [everything]\n", "x.yml:1:11: metrics[0]: "),
            ("output: some\n", "problems"),
            (
                "filter: {include: {host: '('}}\n",
                "x.yml: filter.include: host: \"(\" is no regular",
            ),
            ("filter: {exclude: {group: a}}\n", "hostgroup"),
            ("labels: [{label: host, from: alias}]\n", "labels[0]: label: \"host\" is taken"),
            ("labels: [{label: 1st, from: alias}]\n", "label: \"1st\" is no name of a label"),
            ("labels: [{label: a, from: variable}]\n", "labels[0]: variable: is missing"),
            ("labels: [{label: a, from: host, variable: b}]\n", "needs from: variable"),
            (
                "labels: [{label: a, from: host}, {label: a, from: alias}]\n",
                "labels[1]: label: \"a\" is there twice",
            ),
            ("perfdata: {comma: point}\n", "x.yml:1:19: perfdata.comma: "),
            ("external_url: ftp://a\n", "external_url: \"ftp://a\""),
            ("instance: ''\n", "instance: is empty"),
            ("alertmanagers: [{url: 'http://a'}, {url: b}]\n", "x.yml: alertmanagers[1]: url:"),
        ] {
            let error = load(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("t0p") && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn secrets_come_from_files_and_are_not_printed() {
        let config =
            load("alertmanagers: [{url: 'http://a', bearer_token_file: token}]\n").unwrap();
        assert!(!format!("{config:?}").contains("t0p"));
        let gone = load("alertmanagers: [{url: 'http://a', bearer_token_file: gone}]\n");
        assert!(gone.unwrap_err().contains("bearer_token_file: cannot read"));
    }
}
