//! The configuration: what the YAML file may say, and what the program uses.
//!
//! Every rule is checked here, once. A name that is used must exist, an expression must compile, a template
//! must make a message; the error names the key, what stands there and what was expected.

mod file;
mod people;
mod period;
mod transport;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alertmanager::{Address, Auth};
use anyhow::{Context as _, ensure};
use jiff::tz::TimeZone;
use regex::Regex;
use reqwest::Url;

use access::{Settings, Tokens};

use crate::access::{self as allowed, Role};
use crate::contact::Contact;
use crate::heartbeat::Heartbeat;
use crate::repeat;
use crate::route::Route;
use crate::transport::Transport;
pub(crate) use file::File;
pub(crate) use file::Token;

/// What alert-bridge runs by.
#[derive(Debug)]
pub struct Config {
    pub(crate) access: Arc<Settings<Role>>,
    pub(crate) tokens: Tokens<String>,
    pub(crate) event_tokens: Tokens<String>,
    pub(crate) alertmanagers: Vec<Address>,
    pub(crate) notify_resolved: bool,
    pub(crate) resolve_hold: Duration,
    pub(crate) vanish_after: Duration,
    pub(crate) heartbeat: Option<Heartbeat>,
    pub(crate) repeat: repeat::Policy,
    pub(crate) acknowledge_by_reply: bool,
    /// Messages to one contact within a minute, beyond which the rest is folded into a digest.
    pub(crate) digest_after: u32,
    pub(crate) give_up_after: Duration,
    pub(crate) retention: Duration,
    pub(crate) transports: BTreeMap<String, Arc<Transport>>,
    pub(crate) contacts: BTreeMap<String, Arc<Contact>>,
    pub(crate) routes: Vec<Route>,
}

impl exporter_kit::Configuration for Config {
    type File = File;

    fn resolve(file: File, base: &Path) -> anyhow::Result<Self> {
        let File {
            access,
            tokens,
            event_tokens,
            alertmanagers,
            time_zone,
            notify_resolved,
            resolve_hold,
            vanish_after,
            heartbeat,
            repeat,
            acknowledge_by_reply,
            digest_after,
            give_up_after,
            retention,
            transports,
            prefixes,
            texts,
            contacts,
            groups,
            routes,
        } = file;
        let access = Arc::new(Settings::resolve("access", access, base)?);
        let tokens = allowed::of_clusters(tokens, base)?;
        let event_tokens = allowed::of_sources(event_tokens, base)?;
        let alertmanagers = alertmanagers
            .iter()
            .map(|url| {
                Address::new(url, Auth::None).with_context(|| format!("alertmanagers: `{url}`"))
            })
            .collect::<anyhow::Result<_>>()?;
        let time_zone = match time_zone {
            None => TimeZone::system(),
            Some(name) => people::time_zone(&name)?,
        };
        let mut ways = BTreeMap::new();
        let mut segments = BTreeMap::new();
        for transport in transports {
            let name = transport.name.clone();
            let key = format!("transports.{name}");
            segments.insert(name.clone(), transport.max_segments);
            let way = transport.resolve(base).with_context(|| key.clone())?;
            ensure!(ways.insert(name, Arc::new(way)).is_none(), "{key}: is there twice");
        }
        let texts = people::Texts::new(texts, &segments)?;
        let contacts = people::contacts(contacts, &prefixes, &segments, &time_zone, &texts)?;
        let known = people::Names::new(&contacts, groups)?;
        let routes = routes
            .into_iter()
            .enumerate()
            .map(|(index, route)| known.route(route).with_context(|| format!("routes[{index}]")))
            .collect::<anyhow::Result<_>>()?;
        Ok(Config {
            access,
            tokens,
            event_tokens,
            alertmanagers,
            notify_resolved,
            resolve_hold: resolve_hold.0,
            vanish_after: vanish_after.0,
            heartbeat: heartbeat.map(file::Heartbeat::resolve).transpose().context("heartbeat")?,
            repeat: repeat.resolve().context("repeat")?,
            acknowledge_by_reply,
            digest_after,
            give_up_after: give_up_after.0,
            retention: retention.0,
            transports: ways,
            contacts,
            routes,
        })
    }
}

fn pattern(key: &str, text: &str) -> anyhow::Result<Regex> {
    // The crate's message draws a picture over several lines; the last one says what is wrong.
    Regex::new(text).map_err(|error| {
        let error = error.to_string();
        anyhow::anyhow!(
            "{key}: `{text}` is no regular expression: {}",
            error.lines().last().unwrap_or_default().trim()
        )
    })
}

fn web_address(text: &str) -> anyhow::Result<Url> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.with_context(|| format!("`{text}` is no address, expected http://HOST:PORT"))
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.cloned().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
