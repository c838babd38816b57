//! vnc-recorder: consoles of the lab's pools and desktop, each session recorded.

use crate::component::{Component, Ready, flag, lab_desktop, lab_xapi};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "vnc-recorder";

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let folder = site.folder(NAME);
    let configuration = folder.join("vnc-recorder.yml");
    let desktop = lab_desktop::component(site).map(|desktop| desktop.address);
    let desktop = desktop.map(|address| format!("{{ name: desktop, address: '{address}' }}"));
    let sample = include_str!("../../configuration/vnc-recorder.yml")
        .replace("@desktop@", &desktop.unwrap_or_default());
    let address = site.socket_address(Port::VncRecorder);
    Ok(Component {
        address: site.url(Port::VncRecorder),
        port: Some(Port::VncRecorder),
        files: vec![(configuration.clone(), lab_xapi::fill(site, &sample))],
        arguments: vec![
            flag("config.file", configuration),
            flag("storage.path", folder.join("data")),
            flag("web.listen-address", address.to_string()),
        ],
        ready: Ready::Answers(address, "/-/ready"),
        ..Component::new(site, NAME, "consoles, and their recordings", program::ours(NAME)?)
    })
}
