//! The lab's XenServer pools, to look at and to break.

use crate::component::{Component, Ready, flag, lab_desktop};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "lab-xapi";

/// The pools and the number of their first hosts; each has so many.
const POOLS: [(&str, u8); 2] = [("@lab-pool-1@", 1), ("@lab-pool-2@", 1 + HOSTS)];
const HOSTS: u8 = 3;

/// A sample configuration of a program that reads the pools, made this suite's.
pub(super) fn fill(site: &Site, sample: &str) -> String {
    let pools = POOLS.map(|(name, first)| (name, site.lab_host(first).to_string()));
    site.fill(sample, &pools.each_ref().map(|(name, first)| (*name, first.as_str())))
}

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let control = site.socket_address(Port::LabXapiControl);
    let first = site.lab_host(1).to_string();
    let mut arguments = vec![
        flag("xapi.listen-address", &first),
        flag("web.listen-address", control.to_string()),
        flag("tls.directory", site.folder(NAME)),
        flag("pools", POOLS.len().to_string()),
        flag("hosts", HOSTS.to_string()),
        flag("vms", "20"),
    ];
    arguments
        .extend(lab_desktop::component(site).map(|desktop| flag("console.vnc", desktop.address)));
    Ok(Component {
        faults: Some(control),
        address: format!("https://{first}"),
        port: Some(Port::LabXapiControl),
        arguments,
        ready: Ready::Answers(control, "/pools"),
        ..Component::new(site, NAME, "simulated XenServer pools", program::ours(NAME)?)
    })
}
