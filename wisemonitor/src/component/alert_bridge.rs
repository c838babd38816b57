//! alert-bridge: alerts to phones and to the live page.

use std::path::PathBuf;

use crate::component::{Component, Ready, flag};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "alert-bridge";

/// The file with the bearer token that Alertmanager shows to alert-bridge.
pub(super) fn token(site: &Site) -> PathBuf {
    site.folder(NAME).join("token")
}

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let configuration = site.folder(NAME).join("alert-bridge.yml");
    let url = site.url(Port::AlertBridge);
    let sample = include_str!("../../configuration/alert-bridge.yml");
    Ok(Component {
        address: url.clone(),
        port: Some(Port::AlertBridge),
        files: vec![(configuration.clone(), site.fill(sample, &[]))],
        secrets: vec![
            token(site),
            site.folder(NAME).join("cloudstack.token"),
            site.folder(NAME).join("xenserver.token"),
        ],
        arguments: vec![
            flag("config.file", configuration),
            flag("storage.path", site.folder(NAME).join("data")),
            flag("web.listen-address", site.socket_address(Port::AlertBridge).to_string()),
        ],
        ready: Ready::Answers(site.socket_address(Port::AlertBridge), "/-/ready"),
        ..Component::new(
            site,
            NAME,
            "alerts as SMS and as a live page",
            program::ours("alert-bridge")?,
        )
    })
}
