//! The shape of the configuration file. `alert-bridge.yml` explains each key.

use std::collections::BTreeMap;
use std::path::PathBuf;

use exporter_kit::Secret;
use serde::Deserialize;

use super::period::Period;
use crate::access::Role;

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
    pub(crate) give_up_after: Period,
    pub(crate) retention: Period,
    pub(crate) transports: Vec<Transport>,
    pub(crate) contacts: Vec<Contact>,
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
            give_up_after: Period::seconds(24 * 60 * 60),
            retention: Period::seconds(30 * 24 * 60 * 60),
            transports: Vec::new(),
            contacts: Vec::new(),
            routes: Vec::new(),
        }
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
pub(crate) struct Transport {
    pub(crate) name: String,
    #[serde(default = "four")]
    pub(crate) max_segments: usize,
    pub(crate) gammu: Option<Gammu>,
    pub(crate) http: Option<Http>,
}

fn four() -> usize {
    4
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Gammu {
    pub(crate) spool: PathBuf,
    pub(crate) outbox: Option<PathBuf>,
    pub(crate) sent: Option<PathBuf>,
    pub(crate) error: Option<PathBuf>,
}

impl Default for Gammu {
    fn default() -> Self {
        Gammu { spool: "/var/spool/gammu".into(), outbox: None, sent: None, error: None }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http {
    #[serde(default = "post")]
    pub(crate) method: String,
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Header>,
    pub(crate) json: Option<String>,
    pub(crate) form: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(crate) success: Success,
    pub(crate) id: Option<String>,
    #[serde(default = "ten_seconds")]
    pub(crate) timeout: Period,
    pub(crate) in_doubt: Option<InDoubt>,
}

fn post() -> String {
    "POST".into()
}

fn ten_seconds() -> Period {
    Period::seconds(10)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) value: Option<Secret>,
    pub(crate) value_file: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Success {
    pub(crate) status: Vec<u16>,
    pub(crate) body_matches: Option<String>,
}

impl Default for Success {
    fn default() -> Self {
        Success { status: vec![200, 201, 202, 204], body_matches: None }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum InDoubt {
    Retry,
    Keep,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contact {
    pub(crate) name: String,
    pub(crate) phone: String,
    #[serde(default)]
    pub(crate) language: crate::text::Language,
    pub(crate) transport: String,
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
    pub(crate) host: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) output: Option<String>,
}
