//! xenserver-exporter: pools of XenServer and XCP-ng as metrics and alerts.

use crate::component::{Component, Ready, flag, lab_xapi};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "xenserver-exporter";

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let folder = site.folder(NAME);
    let configuration = folder.join("xenserver-exporter.yml");
    let sample = include_str!("../../configuration/xenserver-exporter.yml");
    let address = site.socket_address(Port::XenserverExporter);
    Ok(Component {
        address: site.url(Port::XenserverExporter),
        port: Some(Port::XenserverExporter),
        folders: vec![folder.join("spool")],
        files: vec![(configuration.clone(), lab_xapi::fill(site, sample))],
        arguments: vec![
            flag("config.file", configuration),
            flag("web.listen-address", address.to_string()),
        ],
        ready: Ready::Answers(address, "/-/healthy"),
        ..Component::new(site, NAME, "pools of XenServer and XCP-ng", program::ours(NAME)?)
    })
}
