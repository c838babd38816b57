//! Grafana with our dashboards, when it is installed; Debian does not bring it.

use crate::component::{Component, Ready, flag};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "grafana";

/// Files of dashboards by their names.
macro_rules! dashboards {
    ($($name:literal)*) => {
        &[$((
            concat!($name, ".json"),
            include_str!(concat!("../../../grafana/dashboards/", $name, ".json")),
        ),)*]
    };
}

const DASHBOARDS: &[(&str, &str)] = dashboards! {
    "home" "infrastructure" "hosts" "services" "performance" "nagios" "alerting"
    "network" "interface"
    "zones" "zone" "tenants" "control-plane"
    "pools" "xen-host" "virtual-machines" "vm" "consoles"
};

/// The Grafana of this suite, or none when there is no `grafana-server` or `grafana` on the PATH.
pub(super) fn component(site: &Site) -> Option<Component> {
    let (program, server) = match program::on_path("grafana-server") {
        Some(program) => (program, None),
        None => (program::on_path("grafana")?, Some("server".into())),
    };
    let folder = site.folder(NAME);
    let dashboards = folder.join("dashboards");
    let provisioning = folder.join("provisioning");
    let (sources, providers) = (provisioning.join("datasources"), provisioning.join("dashboards"));
    let samples = [
        (
            sources.join("wisemonitor.yml"),
            include_str!("../../../grafana/provisioning/datasources/wisemonitor.yml"),
        ),
        (
            providers.join("wisemonitor.yml"),
            include_str!("../../../grafana/provisioning/dashboards/wisemonitor.yml"),
        ),
    ];
    Some(Component {
        address: site.url(Port::Grafana),
        port: Some(Port::Grafana),
        files: DASHBOARDS
            .iter()
            .map(|(name, text)| (dashboards.join(name), *text))
            .chain(samples)
            .map(|(path, text)| (path, text.into()))
            .collect(),
        // Debian-style packages of Grafana put its own pages there.
        arguments: server.into_iter().chain([flag("homepath", "/usr/share/grafana")]).collect(),
        environment: vec![
            ("GF_PATHS_DATA", folder.join("data").into()),
            ("GF_PATHS_LOGS", folder.join("logs").into()),
            ("GF_PATHS_PLUGINS", folder.join("plugins").into()),
            ("GF_PATHS_PROVISIONING", provisioning.into()),
            ("GF_SERVER_HTTP_ADDR", site.address.to_string().into()),
            ("GF_SERVER_HTTP_PORT", (Port::Grafana as u16).to_string().into()),
            ("GF_ANALYTICS_REPORTING_ENABLED", "false".into()),
            ("GF_ANALYTICS_CHECK_FOR_UPDATES", "false".into()),
            ("GF_AUTH_ANONYMOUS_ENABLED", "true".into()), // to look only, and on loopback only
            ("WISEMONITOR_DASHBOARDS", dashboards.clone().into()),
            ("WISEMONITOR_PROMETHEUS_URL", site.url(Port::Prometheus).into()),
            ("WISEMONITOR_ALERTMANAGER_URL", site.url(Port::Alertmanager).into()),
        ],
        folders: vec![sources, providers, dashboards],
        ready: Ready::Answers(site.socket_address(Port::Grafana), "/api/health"),
        ..Component::new(site, NAME, "dashboards", program)
    })
}
