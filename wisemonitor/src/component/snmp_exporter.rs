//! snmp-exporter: network devices as metrics. A file `snmp.yml` in its folder takes the place of what is built in.

use crate::component::{Component, Ready, flag};
use crate::program;
use crate::site::{Port, Site};

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    Ok(Component {
        address: site.url(Port::SnmpExporter),
        port: Some(Port::SnmpExporter),
        arguments: vec![flag(
            "web.listen-address",
            site.socket_address(Port::SnmpExporter).to_string(),
        )],
        ready: Ready::Answers(site.socket_address(Port::SnmpExporter), "/-/healthy"),
        ..Component::new(
            site,
            "snmp-exporter",
            "network devices by SNMP",
            program::ours("snmp-exporter")?,
        )
    })
}
