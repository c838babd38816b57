//! snmpd: this machine's own agent, the first device that snmp-exporter asks.

use crate::component::{Component, Ready};
use crate::program;
use crate::site::{Port, Site};

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    const NAME: &str = "snmpd";
    let folder = site.folder(NAME);
    let configuration = folder.join("snmpd.conf");
    let sample = include_str!("../../configuration/snmpd.conf");
    Ok(Component {
        address: format!("udp://{}", site.socket_address(Port::Snmpd)),
        port: Some(Port::Snmpd),
        files: vec![(configuration.clone(), site.fill(sample, &[]))],
        // In the foreground, with no configuration but ours, its log on standard output.
        arguments: ["-f".into(), "-C".into(), "-Lo".into(), "-c".into(), configuration.into()]
            .into(),
        environment: vec![("SNMP_PERSISTENT_DIR", folder.join("data").into()), ("MIBS", "".into())],
        folders: vec![folder.join("data")],
        // It says so once its ports are open.
        ready: Ready::Says("NET-SNMP version"),
        ..Component::new(site, NAME, "SNMP agent of this machine", program::debians("snmpd")?)
    })
}
