//! Which objects have series of their own, and with which labels beside their names. Pure.
//!
//! A large site keeps what it looks at and leaves the rest out. Counts, pages and alerts know all objects
//! whatever is chosen here.

use std::collections::HashMap;
use std::sync::Arc;

use nagios_event::{Group, GroupKind};
use regex::Regex;

use crate::snapshot::{HostInventory, ServiceInventory, Settings};

/// Labels beside the names of an object. Objects with equal ones share them.
pub type Labels = Arc<[(Arc<str>, Arc<str>)]>;

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only objects that match all of it.
    pub include: Patterns,
    /// None of the objects that match any of it.
    pub exclude: Patterns,
    /// Labels that are added, in this order.
    pub labels: Vec<Rule>,
}

/// Patterns of names; what has none is not asked for.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    /// Of the host, or of the service's host.
    pub host: Option<Regex>,
    /// Of the service; says nothing about hosts.
    pub service: Option<Regex>,
    /// Of any host group that the host is in.
    pub hostgroup: Option<Regex>,
}

/// A label made from what Nagios knows of an object.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Name of the label.
    pub label: Arc<str>,
    /// Where its value comes from.
    pub from: Source,
    /// What must match, and what it gives.
    pub pattern: Regex,
    /// The label's value, with `$1` for what the first parentheses matched. No label where it is empty.
    pub value: String,
}

/// Where a label's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The host's name.
    Host,
    /// The host's alias.
    Alias,
    /// The host's address.
    Address,
    /// The service's description.
    Service,
    /// The first of the host's host groups that matches.
    Hostgroup,
    /// The first of the service's service groups that matches.
    Servicegroup,
    /// A custom variable of this name, without the underscore: the service's, or else the host's.
    Variable(String),
}

/// A selection at work on one inventory.
pub(crate) struct Chooser<'a> {
    selection: &'a Selection,
    /// Names of the groups that an object is in, sorted, by host and service; the service is empty for a host.
    groups: HashMap<&'a str, HashMap<&'a str, Vec<&'a str>>>,
    /// The labels given last: neighbours often have the same.
    last: Labels,
}

/// One object as a rule sees it.
struct Subject<'a> {
    host: &'a HostInventory,
    service: Option<&'a ServiceInventory>,
    hostgroups: &'a [&'a str],
    servicegroups: &'a [&'a str],
}

impl<'a> Chooser<'a> {
    pub(crate) fn new(selection: &'a Selection, groups: &'a [Group<String>]) -> Self {
        let asks = |source: Source| selection.labels.iter().any(|rule| rule.from == source);
        let by_hostgroup = selection.include.hostgroup.is_some()
            || selection.exclude.hostgroup.is_some()
            || asks(Source::Hostgroup);
        let mut known: HashMap<&str, HashMap<&str, Vec<&str>>> = HashMap::new();
        for group in groups {
            let asked_for = match group.kind {
                GroupKind::Host => by_hostgroup,
                GroupKind::Service => asks(Source::Servicegroup),
                GroupKind::Contact => false,
            };
            for (host, service) in group.members.iter().filter(|_| asked_for) {
                known.entry(host).or_default().entry(service).or_default().push(&group.name);
            }
        }
        Chooser { selection, groups: known, last: Arc::default() }
    }

    /// The labels of a host; `None` when it is not shown.
    pub(crate) fn host(&mut self, host: &HostInventory) -> Option<Labels> {
        self.choose(host, None)
    }

    /// The labels of a service; `None` when it is not shown.
    pub(crate) fn service(
        &mut self,
        host: &HostInventory,
        service: &ServiceInventory,
    ) -> Option<Labels> {
        self.choose(host, Some(service))
    }

    fn choose(
        &mut self,
        host: &HostInventory,
        service: Option<&ServiceInventory>,
    ) -> Option<Labels> {
        let hostgroups = self.groups_of(&host.name, "");
        let of_service = |service: &ServiceInventory| self.groups_of(&host.name, &service.name);
        let servicegroups = service.map(of_service).unwrap_or_default();
        let subject = Subject { host, service, hostgroups, servicegroups };
        let Selection { include, exclude, labels } = self.selection;
        let included = include.all(&subject).into_iter().all(|verdict| verdict.unwrap_or(true));
        let excluded = exclude.all(&subject).into_iter().any(|verdict| verdict.unwrap_or(false));
        if !included || excluded {
            return None;
        }
        let pairs = labels.iter().filter_map(|rule| {
            let value = subject.value(rule).filter(|value| !value.is_empty())?;
            Some((Arc::clone(&rule.label), Arc::from(value)))
        });
        let labels: Vec<_> = pairs.collect();
        if *labels != *self.last {
            self.last = labels.into();
        }
        Some(Arc::clone(&self.last))
    }

    fn groups_of(&self, host: &str, service: &str) -> &[&'a str] {
        let of_host = self.groups.get(host);
        of_host.and_then(|of_host| of_host.get(service)).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Patterns {
    /// What each pattern says of an object; `None` where there is none, or nothing for it to match.
    fn all(&self, subject: &Subject<'_>) -> [Option<bool>; 3] {
        let Patterns { host, service, hostgroup } = self;
        let matches = |pattern: &Option<Regex>, text: &str| Some(pattern.as_ref()?.is_match(text));
        let any_group = |pattern: &Regex| subject.hostgroups.iter().any(|g| pattern.is_match(g));
        [
            matches(host, &subject.host.name),
            subject.service.and_then(|named| matches(service, &named.name)),
            hostgroup.as_ref().map(any_group),
        ]
    }
}

impl Subject<'_> {
    fn value(&self, rule: &Rule) -> Option<String> {
        let replaced = |text: &str| {
            let found = rule.pattern.captures(text)?;
            let mut value = String::new();
            found.expand(&rule.value, &mut value);
            Some(value)
        };
        match &rule.from {
            Source::Host => replaced(&self.host.name),
            Source::Alias => replaced(&self.host.alias),
            Source::Address => replaced(&self.host.address),
            Source::Service => replaced(&self.service?.name),
            Source::Hostgroup => self.hostgroups.iter().find_map(|group| replaced(group)),
            Source::Servicegroup => self.servicegroups.iter().find_map(|group| replaced(group)),
            Source::Variable(name) => {
                let of = |settings: &Settings| {
                    let mut variables = settings.variables.iter();
                    variables.find(|(known, _)| **known == **name).map(|(_, value)| value.clone())
                };
                let own = self.service.and_then(|service| of(&service.settings));
                replaced(&own.or_else(|| of(&self.host.settings))?)
            }
        }
    }
}

#[cfg(test)]
mod tests;
