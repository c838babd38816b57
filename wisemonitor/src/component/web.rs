//! The small web server that Nagios watches: the thing to break.

use crate::component::{Component, Ready, flag};
use crate::program;
use crate::site::{Port, Site};

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let purpose = "web server that Nagios watches";
    Ok(Component {
        address: site.url(Port::Web),
        port: Some(Port::Web),
        arguments: vec![flag("web.listen-address", site.socket_address(Port::Web).to_string())],
        ready: Ready::Answers(site.socket_address(Port::Web), "/"),
        ..Component::new(site, "web", purpose, program::ours("lab-web")?)
    })
}
