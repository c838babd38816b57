//! Hosts and services as configured, kept small: equal texts and equal settings are in memory once.

use std::collections::HashSet;
use std::sync::Arc;

/// How an object is checked and who is told. Objects made from one template share it.
pub type Settings = nagios_event::Settings<Arc<str>>;

/// A host as configured.
#[derive(Debug, Clone, PartialEq)]
pub struct HostInventory {
    /// `host_name`, unique.
    pub name: Arc<str>,
    /// `alias`.
    pub alias: Arc<str>,
    /// `address`.
    pub address: Arc<str>,
    /// `check_command` with its arguments.
    pub check_command: Arc<str>,
    /// `notification_period`, empty for always.
    pub notification_period: Arc<str>,
    /// `parents`.
    pub parents: Box<[Arc<str>]>,
    /// The rest.
    pub settings: Arc<Settings>,
}

/// A service as configured.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceInventory {
    /// `host_name`.
    pub host: Arc<str>,
    /// `service_description`, unique within the host.
    pub name: Arc<str>,
    /// `check_command` with its arguments.
    pub check_command: Arc<str>,
    /// `notification_period`, empty for always.
    pub notification_period: Arc<str>,
    /// The rest.
    pub settings: Arc<Settings>,
}

/// Most different settings that are compared with new ones: a bound on the time that sharing takes.
const MOST_COMPARED: usize = 64;

/// What has been kept so far, to be shared.
#[derive(Debug, Default)]
pub(super) struct Pool {
    texts: HashSet<Arc<str>>,
    settings: Vec<Arc<Settings>>,
}

impl Pool {
    pub(super) fn host(&mut self, host: nagios_event::Host<String>) -> HostInventory {
        let nagios_event::Host {
            name,
            display_name: _,
            alias,
            address,
            check_command,
            notification_period,
            parents,
            settings,
        } = host;
        HostInventory {
            name: self.text(name),
            alias: self.text(alias),
            address: self.text(address),
            check_command: self.text(check_command),
            notification_period: self.text(notification_period),
            parents: self.texts(parents).into(),
            settings: self.settings(settings),
        }
    }

    pub(super) fn service(&mut self, service: nagios_event::Service<String>) -> ServiceInventory {
        let nagios_event::Service {
            host,
            name,
            display_name: _,
            check_command,
            notification_period,
            settings,
        } = service;
        ServiceInventory {
            host: self.text(host),
            name: self.text(name),
            check_command: self.text(check_command),
            notification_period: self.text(notification_period),
            settings: self.settings(settings),
        }
    }

    fn text(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.texts.get(text.as_str()) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&text));
        text
    }

    fn texts(&mut self, texts: Vec<String>) -> Vec<Arc<str>> {
        texts.into_iter().map(|text| self.text(text)).collect()
    }

    fn settings(&mut self, settings: nagios_event::Settings<String>) -> Arc<Settings> {
        let nagios_event::Settings {
            check_period,
            check_interval,
            retry_interval,
            max_attempts,
            freshness_threshold,
            notification_interval,
            first_notification_delay,
            contacts,
            contact_groups,
            variables,
        } = settings;
        let pairs = variables.into_iter().map(|(name, value)| (self.text(name), self.text(value)));
        let variables = pairs.collect();
        let settings = Settings {
            check_period: self.text(check_period),
            check_interval,
            retry_interval,
            max_attempts,
            freshness_threshold,
            notification_interval,
            first_notification_delay,
            contacts: self.texts(contacts),
            contact_groups: self.texts(contact_groups),
            variables,
        };
        if let Some(known) = self.settings.iter().find(|known| ***known == settings) {
            return Arc::clone(known);
        }
        let settings = Arc::new(settings);
        if self.settings.len() < MOST_COMPARED {
            self.settings.push(Arc::clone(&settings));
        }
        settings
    }
}
