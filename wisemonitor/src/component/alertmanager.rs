//! Alertmanager: routes alerts to alert-bridge.

use crate::component::{Component, Ready, alert_bridge, flag};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "alertmanager";

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let folder = site.folder(NAME);
    let url = site.url(Port::Alertmanager);
    let configuration = folder.join("alertmanager.yml");
    let token = alert_bridge::token(site).display().to_string();
    let sample = include_str!("../../../rules/alertmanager.yml");
    Ok(Component {
        address: url.clone(),
        port: Some(Port::Alertmanager),
        files: vec![(
            configuration.clone(),
            site.fill(sample, &[("/etc/wisemonitor/alert-bridge.token", &token)]),
        )],
        arguments: vec![
            flag("config.file", configuration),
            flag("storage.path", folder.join("data")),
            flag("web.listen-address", site.socket_address(Port::Alertmanager).to_string()),
            flag("web.external-url", &url),
            flag("cluster.listen-address", ""), // alone: no gossip port
        ],
        ready: Ready::Answers(site.socket_address(Port::Alertmanager), "/-/ready"),
        ..Component::new(
            site,
            NAME,
            "routing and silencing of alerts",
            program::debians("prometheus-alertmanager")?,
        )
    })
}
