//! `alert-bridge route --config.file FILE --alert FILE`: says in words who would be told of an alert, and why.
//!
//! The alert is JSON with `labels` and `annotations`, as in Alertmanager's API or in one of its notifications.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser as _;
use jiff::Timestamp;
use serde::Deserialize;

use crate::alert::{Content, Pairs, Severity};
use crate::config::Config;
use crate::contact::Contact;
use crate::route;

/// Who would be told of an alert, and why.
#[derive(Debug, clap::Parser)]
#[command(name = "alert-bridge route")]
struct Command {
    /// Configuration file (YAML).
    #[arg(long = "config.file", value_name = "FILE")]
    config_file: PathBuf,
    /// The alert (JSON with `labels` and `annotations`); /dev/stdin reads it from there.
    #[arg(long, value_name = "FILE")]
    alert: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Written {
    labels: Pairs,
    #[serde(default)]
    annotations: Pairs,
}

/// Does the command when it is the one that the command line names. Answers whether it was.
pub(crate) fn command() -> anyhow::Result<bool> {
    if std::env::args_os().nth(1).is_none_or(|first| first != "route") {
        return Ok(false);
    }
    let Command { config_file, alert } = Command::parse_from(std::env::args_os().skip(1));
    let config: Config = exporter_kit::config::load(Some(&config_file))?;
    let Written { labels, annotations } = read(&alert)?;
    let content = Content { labels, annotations, link: String::new() };
    print!("{}", explain(&config, &content, Timestamp::now()));
    Ok(true)
}

fn read(path: &Path) -> anyhow::Result<Written> {
    let shown = path.display();
    let text = std::fs::read(path).with_context(|| format!("--alert: cannot read {shown}"))?;
    serde_json::from_slice(&text).with_context(|| {
        format!("--alert: {shown}: expected JSON such as {{\"labels\": {{\"host\": \"web-1\"}}}}")
    })
}

/// A line for each rule that was looked at, and then one for each contact.
fn explain(config: &Config, content: &Content, now: Timestamp) -> String {
    let Some(severity) = Severity::of(&content.labels) else {
        return "severity none: nobody is told, whatever the routes say\n".into();
    };
    let mut words = format!("{} is {severity}\n", content.title());
    for (index, route) in config.routes.iter().enumerate() {
        if let Some(mismatch) = route.matches.mismatch(content, severity) {
            let _ = writeln!(words, "routes[{index}] does not match: {mismatch}");
            continue;
        }
        let named = names(route.contacts.iter().map(|contact| &**contact));
        let _ = writeln!(words, "routes[{index}] matches and names {named}");
        if !route.goes_on {
            if index + 1 < config.routes.len() {
                words.push_str("routes after it are not looked at: it has no `continue`\n");
            }
            break;
        }
    }
    let Some(named) = route::contacts(&config.routes, content, severity) else {
        words.push_str("nobody is told: no route matches\n");
        return words;
    };
    if named.is_empty() {
        words.push_str("nobody is told: so the routes say\n");
    }
    for contact in named {
        let Contact { name, phone, floor, transport, time_zone, .. } = &*contact;
        let how = match contact.quiet_until(severity, now) {
            _ if severity < *floor => format!("not told: wants to know of {floor} and worse only"),
            Some(end) => {
                let end = end.to_zoned(time_zone.clone()).strftime("%H:%M");
                format!("told in a digest after quiet hours, at {end}: {phone} by {transport}")
            }
            None => format!("told, at {phone} by {transport}"),
        };
        let _ = writeln!(words, "{name} is {how}");
    }
    words
}

fn names<'a>(contacts: impl Iterator<Item = &'a Contact>) -> String {
    let names: Vec<&str> = contacts.map(|contact| contact.name.as_str()).collect();
    if names.is_empty() { "nobody".into() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
tokens: [{name: am, token: secret}]
transports: [{name: modem, gammu: {}}]
contacts:
  - {name: duty, phone: '+123', transport: modem}
  - {name: chief, phone: '+456', severity: critical, transport: modem}
  - name: dba
    phone: '+789'
    transport: modem
    time_zone: Asia/Shanghai
    quiet: {from: '22:00', to: '07:30'}
groups: [{name: all, contacts: [duty, chief]}]
routes:
  - {match: {host: ^db, severity: warning}, contacts: [dba], continue: true}
  - {match: {labels: {team: ^web$}}, contacts: []}
  - {match: {output: full}, contacts: [all, duty]}
  - {match: {service: ^never$}, contacts: [duty]}
";

    fn explained(labels: &[(&str, &str)], output: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.yml");
        std::fs::write(&path, CONFIG).unwrap();
        let config = exporter_kit::config::load(Some(&path)).unwrap();
        let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let annotations = Pairs::from([("output".into(), output.into())]);
        let content = Content { labels, annotations, link: String::new() };
        explain(&config, &content, "2026-03-01T23:00:00+08:00".parse().unwrap())
    }

    #[test]
    fn each_rule_and_each_contact_is_accounted_for() {
        assert_eq!(
            explained(&[("host", "db-1"), ("severity", "warning")], "disk full"),
            "db-1 is warning\n\
             routes[0] matches and names dba\n\
             routes[1] does not match: it has no team, expected one with `^web$`\n\
             routes[2] matches and names duty, chief\n\
             routes after it are not looked at: it has no `continue`\n\
             dba is told in a digest after quiet hours, at 07:30: +789 by modem\n\
             duty is told, at +123 by modem\n\
             chief is not told: wants to know of critical and worse only\n"
        );
    }

    #[test]
    fn nobody_is_told_for_a_reason() {
        let told = explained(&[("team", "web"), ("severity", "critical")], "full");
        assert!(told.ends_with("nobody is told: so the routes say\n"), "{told}");
        let told = explained(&[("host", "x"), ("severity", "critical")], "slow");
        assert!(told.ends_with("nobody is told: no route matches\n"), "{told}");
        let told = explained(&[("alertname", "Watchdog"), ("severity", "none")], "full");
        assert_eq!(told, "severity none: nobody is told, whatever the routes say\n");
    }
}
