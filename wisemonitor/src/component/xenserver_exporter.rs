//! xenserver-exporter: pools of XenServer and XCP-ng as metrics and alerts.

use crate::component::{Component, Ready, flag, lab_xapi};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "xenserver-exporter";

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let folder = site.folder(NAME);
    let configuration = folder.join("xenserver-exporter.yml");
    let sample = include_str!("../../configuration/xenserver-exporter.yml");
    let pools = lab_xapi::POOLS.map(|(name, first)| (name, site.lab_host(first).to_string()));
    let pools = pools.each_ref().map(|(name, first)| (*name, first.as_str()));
    let address = site.socket_address(Port::XenserverExporter);
    Ok(Component {
        address: site.url(Port::XenserverExporter),
        port: Some(Port::XenserverExporter),
        folders: vec![folder.join("spool")],
        files: vec![(configuration.clone(), site.fill(sample, &pools))],
        arguments: vec![
            flag("config.file", configuration),
            flag("web.listen-address", address.to_string()),
        ],
        ready: Ready::Answers(address, "/-/healthy"),
        ..Component::new(site, NAME, "pools of XenServer and XCP-ng", program::ours(NAME)?)
    })
}
