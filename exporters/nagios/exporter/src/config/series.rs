//! Which series there are: the keys `metrics`, `output`, `filter` and `labels`.

use anyhow::Context as _;
use regex::Regex;
use serde::Deserialize;

use crate::selection::{Patterns, Rule, Selection, Source};

/// Names that the exporter's own labels have, and those that Prometheus adds by itself.
const TAKEN: [&str; 20] = [
    "address",
    "alias",
    "bound",
    "condition",
    "host",
    "hostgroup",
    "inside",
    "instance",
    "job",
    "label",
    "le",
    "output",
    "parent",
    "quantile",
    "reason",
    "service",
    "servicegroup",
    "state",
    "type",
    "uom",
];

/// Which series hosts and services have.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Families beside those that are always there.
    pub(crate) optional: Vec<Optional>,
    /// Of which objects the output is shown.
    pub(crate) output: Output,
    /// Which objects, and with which labels.
    pub(crate) selection: Selection,
}

/// A family that is not there unless it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Optional {
    /// `nagios_host_check_attempt`, `nagios_service_check_attempt`.
    CheckAttempt,
    /// `nagios_host_check_interval_seconds`, `nagios_service_check_interval_seconds`.
    CheckInterval,
    /// `nagios_host_next_check_timestamp_seconds`, `nagios_service_next_check_timestamp_seconds`.
    NextCheck,
    /// `nagios_host_last_state_change_timestamp_seconds`, and of services.
    LastStateChange,
    /// `nagios_servicegroup_member_info`.
    ServicegroupMember,
    /// `nagios_perfdata_threshold_*`.
    PerfdataThresholds,
    /// `nagios_perfdata_min_*`, `nagios_perfdata_max_*`.
    PerfdataLimits,
}

/// Of which objects `nagios_output_info` shows the beginning of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Output {
    /// Of none.
    None,
    /// Of hard problems.
    #[default]
    Problems,
    /// Of all that have been checked.
    All,
}

/// The key `filter` as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenFilter {
    include: WrittenPatterns,
    exclude: WrittenPatterns,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenPatterns {
    host: Option<String>,
    service: Option<String>,
    hostgroup: Option<String>,
}

/// One of the key `labels` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenLabel {
    label: String,
    from: WrittenSource,
    variable: Option<String>,
    #[serde(default = "anything")]
    regex: String,
    #[serde(default = "first_group")]
    value: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenSource {
    Host,
    Alias,
    Address,
    Service,
    Hostgroup,
    Servicegroup,
    Variable,
}

impl Series {
    pub(super) fn resolve(
        optional: Vec<Optional>,
        output: Output,
        filter: WrittenFilter,
        labels: Vec<WrittenLabel>,
    ) -> anyhow::Result<Self> {
        let mut rules: Vec<Rule> = Vec::new();
        for (index, label) in labels.into_iter().enumerate() {
            let rule = rule(label).with_context(|| format!("labels[{index}]"))?;
            let twice = rules.iter().any(|known| known.label == rule.label);
            anyhow::ensure!(!twice, "labels[{index}]: label: {:?} is there twice", rule.label);
            rules.push(rule);
        }
        let include = patterns(filter.include).context("filter.include")?;
        let exclude = patterns(filter.exclude).context("filter.exclude")?;
        let selection = Selection { include, exclude, labels: rules };
        Ok(Series { optional, output, selection })
    }

    /// Whether a family is asked for.
    pub(crate) fn asks(&self, optional: Optional) -> bool {
        self.optional.contains(&optional)
    }

    /// Whether thresholds and limits have to be read.
    pub(super) fn asks_bounds(&self) -> bool {
        self.asks(Optional::PerfdataThresholds) || self.asks(Optional::PerfdataLimits)
    }
}

fn patterns(written: WrittenPatterns) -> anyhow::Result<Patterns> {
    let WrittenPatterns { host, service, hostgroup } = written;
    let read = |key: &'static str, text: Option<String>| {
        text.map(|text| whole(&text).context(key)).transpose()
    };
    Ok(Patterns {
        host: read("host", host)?,
        service: read("service", service)?,
        hostgroup: read("hostgroup", hostgroup)?,
    })
}

fn rule(written: WrittenLabel) -> anyhow::Result<Rule> {
    let WrittenLabel { label, from, variable, regex, value } = written;
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let valid = label.bytes().next().is_some_and(letter)
        && label.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
        && !label.starts_with("__");
    anyhow::ensure!(valid, "label: {label:?} is no name of a label, expected for example team");
    anyhow::ensure!(!TAKEN.contains(&&*label), "label: {label:?} is taken, expected another name");
    let from = match (from, variable) {
        (WrittenSource::Variable, Some(name)) => {
            // Nagios writes custom variables in capitals, whatever the configuration has.
            Source::Variable(name.trim_start_matches('_').to_uppercase())
        }
        (WrittenSource::Variable, None) => {
            anyhow::bail!("variable: is missing, expected the custom variable's name")
        }
        (_, Some(name)) => anyhow::bail!("variable: {name:?} needs from: variable"),
        (WrittenSource::Host, None) => Source::Host,
        (WrittenSource::Alias, None) => Source::Alias,
        (WrittenSource::Address, None) => Source::Address,
        (WrittenSource::Service, None) => Source::Service,
        (WrittenSource::Hostgroup, None) => Source::Hostgroup,
        (WrittenSource::Servicegroup, None) => Source::Servicegroup,
    };
    let pattern = whole(&regex).context("regex")?;
    Ok(Rule { label: label.into(), from, pattern, value })
}

/// A pattern that must match a whole text, as Prometheus has it.
fn whole(text: &str) -> anyhow::Result<Regex> {
    // Alone first: parentheses that do not match must not become right by ours.
    let read = Regex::new(text).and_then(|_| Regex::new(&format!("^(?s:{text})$")));
    read.map_err(|error| {
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
        anyhow::anyhow!("{text:?} is no regular expression: {reason}")
    })
}

fn anything() -> String {
    "(.*)".to_owned()
}

fn first_group() -> String {
    "$1".to_owned()
}
