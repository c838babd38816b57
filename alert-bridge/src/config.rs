//! The configuration: what the YAML file may say, and what the program uses.
//!
//! Every rule is checked here, once. A name that is used must exist, an expression must compile, a template
//! must make a message; the error names the key, what stands there and what was expected.

mod file;
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
use crate::route::{Contact, Match, Route};
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
    pub(crate) time_zone: TimeZone,
    pub(crate) notify_resolved: bool,
    pub(crate) resolve_hold: Duration,
    pub(crate) vanish_after: Duration,
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
            give_up_after,
            retention,
            transports,
            prefixes,
            contacts,
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
        let time_zone = match time_zone.as_deref() {
            None => TimeZone::system(),
            Some(name) => TimeZone::get(name).ok().with_context(|| {
                format!(
                    "time_zone: `{name}` is not known here, expected a name such as Asia/Shanghai"
                )
            })?,
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
        let mut people = BTreeMap::new();
        for contact in contacts {
            let key = format!("contacts.{}", contact.name);
            let contact =
                resolve_contact(contact, &prefixes, &segments).with_context(|| key.clone())?;
            ensure!(
                people.insert(contact.name.clone(), Arc::new(contact)).is_none(),
                "{key}: is there twice"
            );
        }
        let routes = routes
            .into_iter()
            .enumerate()
            .map(|(index, route)| {
                resolve_route(route, &people).with_context(|| format!("routes[{index}]"))
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Config {
            access,
            tokens,
            event_tokens,
            alertmanagers,
            time_zone,
            notify_resolved,
            resolve_hold: resolve_hold.0,
            vanish_after: vanish_after.0,
            give_up_after: give_up_after.0,
            retention: retention.0,
            transports: ways,
            contacts: people,
            routes,
        })
    }
}

fn resolve_contact(
    contact: file::Contact,
    prefixes: &[file::Prefix],
    segments: &BTreeMap<String, usize>,
) -> anyhow::Result<Contact> {
    let file::Contact { name, phone, language, transport, fallbacks } = contact;
    let digits = phone.strip_prefix('+').unwrap_or(&phone);
    ensure!(
        (3..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()),
        "phone: `{phone}` is no phone number, expected 3 to 20 digits, with or without a leading + (in quotes)"
    );
    let (transport, fallbacks) = match transport {
        Some(transport) => (transport, fallbacks),
        None => {
            ensure!(fallbacks.is_empty(), "fallbacks: expected a `transport` before them");
            let longest = prefixes
                .iter()
                .filter(|known| phone.starts_with(&known.prefix))
                .max_by_key(|known| known.prefix.len());
            let file::Prefix { prefix: _, transport, fallbacks } = longest.with_context(|| {
                format!("transport: is missing, and no one of `prefixes` is that of {phone}")
            })?;
            (transport.clone(), fallbacks.clone())
        }
    };
    let mut max_segments = usize::MAX;
    for name in std::iter::once(&transport).chain(&fallbacks) {
        let most = segments.get(name).with_context(|| {
            format!(
                "transport: no transport is called `{name}`, expected one of: {}",
                names(segments)
            )
        })?;
        max_segments = max_segments.min(*most);
    }
    Ok(Contact { name, phone, language, transport, fallbacks, max_segments })
}

fn resolve_route(
    route: file::Route,
    people: &BTreeMap<String, Arc<Contact>>,
) -> anyhow::Result<Route> {
    let file::Route { r#match, contacts, r#continue } = route;
    let file::Match { host, service, output } = r#match;
    let optional =
        |key: &str, text: Option<String>| text.map(|text| pattern(key, &text)).transpose();
    let contacts = contacts.iter().map(|name| {
        people.get(name).cloned().with_context(|| {
            format!("contacts: no contact is called `{name}`, expected one of: {}", names(people))
        })
    });
    Ok(Route {
        matches: Match {
            host: optional("match.host", host)?,
            service: optional("match.service", service)?,
            output: optional("match.output", output)?,
        },
        contacts: contacts.collect::<anyhow::Result<_>>()?,
        goes_on: r#continue,
    })
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

fn names<T>(map: &BTreeMap<String, T>) -> String {
    map.keys().cloned().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
