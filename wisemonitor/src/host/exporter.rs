//! What the module in Nagios has told nagios-exporter: the proof that Nagios uses a changed configuration.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::objects::Host;
use super::text::Name;
use crate::http;

/// A nagios-exporter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exporter(pub(super) SocketAddrV4);

/// Answer of `/api/v1/hosts`.
#[derive(Debug, Deserialize)]
struct Hosts {
    nagios_up: bool,
    hosts: Vec<ListedHost>,
}

#[derive(Debug, Deserialize)]
struct ListedHost {
    address: String,
}

/// Answer of `/api/v1/services`.
#[derive(Debug, Deserialize)]
struct Services {
    total: usize,
    services: Vec<ListedService>,
}

#[derive(Debug, Deserialize)]
struct ListedService {
    service: String,
}

impl Exporter {
    /// # Errors
    /// When it does not answer, or does not hear the module.
    pub(super) async fn ensure_hears_nagios(self) -> anyhow::Result<()> {
        let Hosts { nagios_up, .. } = self.ask("/api/v1/hosts?per_page=1").await?;
        ensure!(nagios_up, "nagios-exporter at {} hears no Nagios: does the module run?", self.0);
        Ok(())
    }

    /// Whether the running Nagios has exactly this host with these services; none: has no such host.
    ///
    /// # Errors
    /// When the exporter does not answer.
    pub(super) async fn shows(self, name: &Name, expected: Option<&Host>) -> anyhow::Result<bool> {
        let name = name.escaped();
        let Hosts { hosts, nagios_up } = self.ask(&format!("/api/v1/hosts?host={name}")).await?;
        let (Some(host), Some(expected)) = (hosts.first(), expected) else {
            return Ok(nagios_up && hosts.is_empty() && expected.is_none());
        };
        let services = format!("/api/v1/services?host={name}&per_page=1000");
        let Services { total, services } = self.ask(&services).await?;
        let services: BTreeSet<_> = services.into_iter().map(|row| row.service).collect();
        let Host { address, services: wanted } = expected;
        let same = total == wanted.len() && services.is_subset(wanted);
        Ok(nagios_up && same && host.address == *address)
    }

    async fn ask<T: DeserializeOwned>(self, path: &str) -> anyhow::Result<T> {
        let address = self.0;
        let answer = http::get(address, path)
            .await
            .with_context(|| format!("nagios-exporter at {address} does not answer"))?;
        let (status, says) = (answer.status, answer.body.trim());
        ensure!(status == 200, "nagios-exporter at {address} answers {status}: {says}");
        serde_json::from_str(&answer.body)
            .with_context(|| format!("cannot read what nagios-exporter at {address} answers"))
    }
}
