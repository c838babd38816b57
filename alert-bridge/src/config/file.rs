//! The shape of the configuration file. `alert-bridge.yml` explains each key.

use std::collections::BTreeMap;
use std::path::PathBuf;

use exporter_kit::Secret;
use serde::Deserialize;

use super::period::Period;
use super::transport::Transport;
use crate::access::Role;
use crate::alert::Severity;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    pub(crate) access: access::File<Role>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) event_tokens: Vec<Token>,
    pub(crate) alertmanagers: Vec<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) notify_resolved: bool,
    pub(crate) resolve_hold: Period,
    pub(crate) vanish_after: Period,
    pub(crate) heartbeat: Option<Heartbeat>,
    pub(crate) repeat: Repeat,
    pub(crate) acknowledge_by_reply: bool,
    pub(crate) digest_after: u32,
    pub(crate) give_up_after: Period,
    pub(crate) retention: Period,
    pub(crate) transports: Vec<Transport>,
    pub(crate) prefixes: Vec<Prefix>,
    pub(crate) texts: Vec<Text>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) groups: Vec<Group>,
    pub(crate) routes: Vec<Route>,
}

impl Default for File {
    fn default() -> Self {
        File {
            access: access::File::default(),
            tokens: Vec::new(),
            event_tokens: Vec::new(),
            alertmanagers: Vec::new(),
            time_zone: None,
            notify_resolved: true,
            resolve_hold: Period::seconds(2),
            vanish_after: Period::seconds(5 * 60),
            heartbeat: None,
            repeat: Repeat::default(),
            acknowledge_by_reply: false,
            digest_after: 10,
            give_up_after: Period::seconds(24 * 60 * 60),
            retention: Period::seconds(30 * 24 * 60 * 60),
            transports: Vec::new(),
            prefixes: Vec::new(),
            texts: Vec::new(),
            contacts: Vec::new(),
            groups: Vec::new(),
            routes: Vec::new(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Heartbeat {
    pub(crate) alert: String,
    pub(crate) after: Period,
    pub(crate) clusters: Vec<String>,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Heartbeat {
            alert: "Watchdog".into(),
            after: Period::seconds(5 * 60),
            clusters: vec!["default".into()],
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Repeat {
    pub(crate) severity: Severity,
    pub(crate) every: Period,
    pub(crate) most: u32,
}

impl Default for Repeat {
    fn default() -> Self {
        Repeat { severity: Severity::Critical, every: Period::seconds(30 * 60), most: 3 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) name: String,
    pub(crate) token: Option<Secret>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) cluster: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contact {
    pub(crate) name: String,
    pub(crate) phone: String,
    #[serde(default)]
    pub(crate) language: crate::text::Language,
    pub(crate) severity: Option<Severity>,
    pub(crate) time_zone: Option<String>,
    pub(crate) quiet: Option<Quiet>,
    pub(crate) transport: Option<String>,
    #[serde(default)]
    pub(crate) fallbacks: Vec<String>,
}

/// The transports of the numbers that begin so.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prefix {
    pub(crate) prefix: String,
    pub(crate) transport: String,
    #[serde(default)]
    pub(crate) fallbacks: Vec<String>,
}

/// The text of the messages by a transport and in a language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    pub(crate) transport: Option<String>,
    pub(crate) language: Option<crate::text::Language>,
    pub(crate) template: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quiet {
    pub(crate) from: String,
    pub(crate) to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) contacts: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    #[serde(default)]
    pub(crate) r#match: Match,
    pub(crate) contacts: Vec<String>,
    #[serde(default)]
    pub(crate) r#continue: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Match {
    pub(crate) severity: Option<Severity>,
    pub(crate) host: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
}
