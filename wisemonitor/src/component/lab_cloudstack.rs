//! The lab's CloudStack: a cloud to look at and to break. Its control interface is on the port after its own.

use crate::component::{Component, Ready, flag};
use crate::program;
use crate::site::{Port, Site};

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let control = site.socket_address(Port::LabCloudstackControl);
    let size = ["--hosts=12", "--vms=120", "--volumes=300"].map(Into::into);
    Ok(Component {
        faults: Some(control),
        address: format!("{}/client/api", site.url(Port::LabCloudstack)),
        port: Some(Port::LabCloudstack),
        arguments: [
            flag("api.listen-address", site.socket_address(Port::LabCloudstack).to_string()),
            flag("web.listen-address", control.to_string()),
            flag("life.every", "5"),
        ]
        .into_iter()
        .chain(size)
        .collect(),
        ready: Ready::Answers(control, "/cloud"),
        ..Component::new(
            site,
            "lab-cloudstack",
            "simulated CloudStack",
            program::ours("lab-cloudstack")?,
        )
    })
}
