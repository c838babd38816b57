//! cloudstack-exporter: clouds as metrics and alerts.

use crate::component::{Component, Ready, flag};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "cloudstack-exporter";

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let folder = site.folder(NAME);
    let configuration = folder.join("cloudstack-exporter.yml");
    let sample = include_str!("../../configuration/cloudstack-exporter.yml");
    let address = site.socket_address(Port::CloudstackExporter);
    Ok(Component {
        address: site.url(Port::CloudstackExporter),
        port: Some(Port::CloudstackExporter),
        folders: vec![folder.join("spool"), folder.join("state")],
        files: vec![(configuration.clone(), site.fill(sample, &[]))],
        arguments: vec![
            flag("config.file", configuration),
            flag("web.listen-address", address.to_string()),
        ],
        ready: Ready::Answers(address, "/-/healthy"),
        ..Component::new(site, NAME, "clouds of CloudStack", program::ours(NAME)?)
    })
}
