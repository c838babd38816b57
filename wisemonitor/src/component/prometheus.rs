//! Prometheus: scrapes every part, evaluates the rules.

use crate::component::{Component, Ready, flag};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "prometheus";

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let folder = site.folder(NAME);
    let url = site.url(Port::Prometheus);
    let main = folder.join("prometheus.yml");
    let samples = [
        ("prometheus.yml", include_str!("../../../rules/prometheus.yml")),
        ("nagios.yml", include_str!("../../../rules/nagios.yml")),
        ("alert-bridge.yml", include_str!("../../../rules/alert-bridge.yml")),
        ("network.yml", include_str!("../../../rules/network.yml")),
        ("cloudstack.yml", include_str!("../../../rules/cloudstack.yml")),
        ("xenserver.yml", include_str!("../../../rules/xenserver.yml")),
        ("vnc-recorder.yml", include_str!("../../../rules/vnc-recorder.yml")),
        (
            "snmp-targets-this-machine.yml",
            include_str!("../../configuration/snmp-targets-this-machine.yml"),
        ),
    ];
    Ok(Component {
        address: url.clone(),
        port: Some(Port::Prometheus),
        files: samples.map(|(name, sample)| (folder.join(name), site.fill(sample, &[]))).into(),
        arguments: vec![
            flag("config.file", main),
            flag("storage.tsdb.path", folder.join("data")),
            flag("storage.tsdb.retention.time", "15d"),
            flag("web.listen-address", site.socket_address(Port::Prometheus).to_string()),
            flag("web.external-url", &url),
            "--web.enable-lifecycle".into(), // `traffic` makes it read its files again
        ],
        ready: Ready::Answers(site.socket_address(Port::Prometheus), "/-/ready"),
        ..Component::new(site, NAME, "metrics, rules, queries", program::debians("prometheus")?)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn each_alert_has_its_page() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
        let pages = std::fs::read_dir(folder.join("runbooks")).unwrap().count();
        let mut alerts = 0;
        let files = [
            "nagios.yml",
            "alert-bridge.yml",
            "network.yml",
            "cloudstack.yml",
            "xenserver.yml",
            "vnc-recorder.yml",
        ];
        for rules in files {
            let rules = std::fs::read_to_string(folder.join(rules)).unwrap();
            let mut alert = None;
            for line in rules.lines().map(str::trim) {
                alert = line.strip_prefix("- alert: ").or(alert);
                if let Some(page) = line.strip_prefix("runbook_url: ") {
                    let alert = alert.take().unwrap();
                    assert_eq!(page, format!("runbooks/{alert}.md"));
                    assert!(folder.join(page).is_file(), "{page}");
                    alerts += 1;
                }
            }
            assert_eq!(alert, None, "has no runbook_url");
        }
        assert_eq!(alerts, pages, "a page without an alert");
    }
}
