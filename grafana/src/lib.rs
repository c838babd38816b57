//! The Grafana dashboards of the suite, as files of classic JSON that Grafana 10 and newer read.
//!
//! Queries are written with the exporters' own constants, so that a renamed metric breaks the build and not
//! a dashboard. Refuses to know any Grafana server.

mod alerting;
mod cloudstack;
mod consoles;
mod dashboard;
mod home;
mod hosts;
mod infrastructure;
mod nagios;
mod network;
mod objects;
mod panel;
mod performance;
mod services;
mod xenserver;

/// Every dashboard: its file name and its text.
#[must_use]
pub fn all() -> Vec<(&'static str, String)> {
    [
        ("home.json", home::dashboard()),
        ("infrastructure.json", infrastructure::dashboard()),
        ("hosts.json", hosts::dashboard()),
        ("services.json", services::dashboard()),
        ("performance.json", performance::dashboard()),
        ("nagios.json", nagios::dashboard()),
        ("network.json", network::network()),
        ("interface.json", network::interface()),
        ("zones.json", cloudstack::zones()),
        ("zone.json", cloudstack::zone()),
        ("tenants.json", cloudstack::tenants()),
        ("alerting.json", alerting::dashboard()),
        ("control-plane.json", cloudstack::control()),
        ("pools.json", xenserver::pools()),
        ("xen-host.json", xenserver::host()),
        ("virtual-machines.json", xenserver::machines()),
        ("vm.json", xenserver::machine()),
        ("consoles.json", consoles::dashboard()),
    ]
    .map(|(name, dashboard)| (name, format!("{:#}\n", dashboard.into_json())))
    .into()
}
