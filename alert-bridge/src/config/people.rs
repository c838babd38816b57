//! Contacts, groups of them, the routes that name either, and what they are told of without an alert.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::{file, names, pattern};
use crate::alert::Severity;
use crate::contact::{Contact, Quiet};
use crate::heartbeat::Heartbeat;
use crate::repeat::Policy;
use crate::route::{Field, Match, Route};
use crate::text::Language;
use crate::text::template::Template;

/// Contacts by their names.
pub(super) type Contacts = BTreeMap<String, Arc<Contact>>;

/// `segments` are the most parts of a message by the names of the transports.
pub(super) fn contacts(
    written: Vec<file::Contact>,
    prefixes: &[file::Prefix],
    segments: &BTreeMap<String, usize>,
    default_zone: &TimeZone,
    texts: &Texts,
) -> anyhow::Result<Contacts> {
    let mut contacts = Contacts::new();
    for contact in written {
        let key = format!("contacts.{}", contact.name);
        let contact = resolve(contact, prefixes, segments, default_zone, texts)
            .with_context(|| key.clone())?;
        let twice = contacts.insert(contact.name.clone(), Arc::new(contact));
        ensure!(twice.is_none(), "{key}: is there twice");
    }
    Ok(contacts)
}

fn resolve(
    written: file::Contact,
    prefixes: &[file::Prefix],
    segments: &BTreeMap<String, usize>,
    default_zone: &TimeZone,
    texts: &Texts,
) -> anyhow::Result<Contact> {
    let file::Contact {
        name,
        phone,
        language,
        severity,
        time_zone: zone,
        quiet,
        transport,
        fallbacks,
    } = written;
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
                names(segments.keys())
            )
        })?;
        max_segments = max_segments.min(*most);
    }
    let floor = severity.unwrap_or(Severity::Info);
    let time_zone = zone.map_or_else(|| Ok(default_zone.clone()), |name| self::time_zone(&name))?;
    let template = texts.find(&transport, language);
    let quiet = quiet.map(file::Quiet::resolve).transpose().context("quiet")?;
    Ok(Contact {
        name,
        phone,
        language,
        template,
        time_zone,
        floor,
        quiet,
        transport,
        fallbacks,
        max_segments,
    })
}

pub(super) fn time_zone(name: &str) -> anyhow::Result<TimeZone> {
    TimeZone::get(name).ok().with_context(|| {
        format!("time_zone: `{name}` is not known here, expected a name such as Asia/Shanghai")
    })
}

/// The templates with the transport and the language that each is for.
pub(super) struct Texts(Vec<(Option<String>, Option<Language>, Arc<Template>)>);

impl Texts {
    pub(super) fn new(
        written: Vec<file::Text>,
        segments: &BTreeMap<String, usize>,
    ) -> anyhow::Result<Self> {
        let read = |(index, text): (usize, file::Text)| {
            let file::Text { transport, language, template } = text;
            if let Some(name) = transport.as_ref().filter(|name| !segments.contains_key(*name)) {
                bail!(
                    "texts[{index}].transport: no transport is called `{name}`, expected one of: {}",
                    names(segments.keys())
                );
            }
            let template = Template::new(template).with_context(|| format!("texts[{index}]"))?;
            Ok((transport, language, Arc::new(template)))
        };
        Ok(Texts(written.into_iter().enumerate().map(read).collect::<anyhow::Result<_>>()?))
    }

    /// The first that is for both.
    fn find(&self, transport: &str, language: Language) -> Option<Arc<Template>> {
        let fits = |(by, of, _): &&(Option<String>, Option<Language>, _)| {
            by.as_ref().is_none_or(|name| name == transport)
                && of.is_none_or(|known| known == language)
        };
        self.0.iter().find(fits).map(|(_, _, template)| Arc::clone(template))
    }
}

impl file::Quiet {
    fn resolve(self) -> anyhow::Result<Quiet> {
        let file::Quiet { from, to } = self;
        let hour = |key: &str, text: &str| {
            Time::strptime("%H:%M", text).ok().with_context(|| {
                format!(
                    "{key}: `{text}` is no time of day, expected one such as '22:00' (in quotes)"
                )
            })
        };
        let (from, to) = (hour("from", &from)?, hour("to", &to)?);
        ensure!(from != to, "to: is the same as `from`, expected another time");
        Ok(Quiet { from, to })
    }
}

impl file::Heartbeat {
    pub(super) fn resolve(self) -> anyhow::Result<Heartbeat> {
        let file::Heartbeat { alert, after, clusters } = self;
        ensure!(!after.0.is_zero(), "after: `0s` is too short, expected one such as 5m");
        Ok(Heartbeat { alert, after: after.0, clusters })
    }
}

impl file::Repeat {
    pub(super) fn resolve(self) -> anyhow::Result<Policy> {
        let file::Repeat { severity, every, most } = self;
        ensure!(!every.0.is_zero(), "every: `0s` is no pause, expected one such as 30m");
        Ok(Policy { severity, every: every.0, most })
    }
}

/// What a route may name: a contact, or a group.
pub(super) struct Names<'a> {
    contacts: &'a Contacts,
    groups: BTreeMap<String, Vec<Arc<Contact>>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(contacts: &'a Contacts, groups: Vec<file::Group>) -> anyhow::Result<Self> {
        let mut known = Names { contacts, groups: BTreeMap::new() };
        for file::Group { name, contacts: members } in groups {
            let key = format!("groups.{name}");
            ensure!(!contacts.contains_key(&name), "{key}: a contact is called so, too");
            let members = members.iter().map(|member| {
                let contact = contacts.get(member).cloned();
                contact.with_context(|| {
                    format!(
                        "{key}.contacts: no contact is called `{member}`, expected one of: {}",
                        names(contacts.keys())
                    )
                })
            });
            let members = members.collect::<anyhow::Result<_>>()?;
            ensure!(known.groups.insert(name, members).is_none(), "{key}: is there twice");
        }
        Ok(known)
    }

    /// Who goes by a name: one contact, or the members of a group.
    fn find(&self, name: &str) -> anyhow::Result<&[Arc<Contact>]> {
        let contact = self.contacts.get(name).map(std::slice::from_ref);
        let found = contact.or_else(|| self.groups.get(name).map(Vec::as_slice));
        found.with_context(|| {
            format!(
                "contacts: no contact is called `{name}` and no group, expected one of: {}",
                names(self.contacts.keys().chain(self.groups.keys()))
            )
        })
    }

    pub(super) fn route(&self, written: file::Route) -> anyhow::Result<Route> {
        let file::Route { r#match, contacts, r#continue } = written;
        let file::Match { severity, host, service, output, labels } = r#match;
        let label = |name: &str, text: Option<String>| {
            text.map(|text| (format!("match.{name}"), Field::Label(name.to_owned()), text))
        };
        let labels = labels
            .into_iter()
            .map(|(name, text)| (format!("match.labels.{name}"), Field::Label(name), text));
        let patterns = label("host", host)
            .into_iter()
            .chain(label("service", service))
            .chain(output.map(|text| ("match.output".to_owned(), Field::Output, text)))
            .chain(labels)
            .map(|(key, field, text)| Ok((field, pattern(&key, &text)?)));
        let matches = Match { severity, patterns: patterns.collect::<anyhow::Result<_>>()? };
        let mut told: Vec<Arc<Contact>> = Vec::new();
        for name in &contacts {
            for contact in self.find(name)? {
                if told.iter().all(|known| known.name != contact.name) {
                    told.push(Arc::clone(contact));
                }
            }
        }
        Ok(Route { matches, contacts: told, goes_on: r#continue })
    }
}
