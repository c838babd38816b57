//! nagios-exporter: Nagios' states as metrics, pages and alerts.

use std::path::PathBuf;

use crate::component::{Component, Ready, flag};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "nagios-exporter";

/// The socket that the module in Nagios connects to.
pub(super) fn socket(site: &Site) -> PathBuf {
    site.folder(NAME).join("nagios.sock")
}

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let configuration = site.folder(NAME).join("nagios-exporter.yml");
    let url = site.url(Port::NagiosExporter);
    let sample = include_str!("../../configuration/nagios-exporter.yml");
    Ok(Component {
        address: url.clone(),
        port: Some(Port::NagiosExporter),
        files: vec![(configuration.clone(), site.fill(sample, &[]))],
        arguments: vec![
            flag("config.file", configuration),
            flag("web.listen-address", site.socket_address(Port::NagiosExporter).to_string()),
        ],
        // It is ready once Nagios has told it everything; Nagios starts after it.
        ready: Ready::Answers(site.socket_address(Port::NagiosExporter), "/-/healthy"),
        leftovers: vec![socket(site)],
        ..Component::new(
            site,
            NAME,
            "hosts and services of Nagios",
            program::ours("nagios-exporter")?,
        )
    })
}
