//! The screen behind the lab's consoles: an empty X desktop that Xtigervnc shows, where it is installed.

use crate::component::{Component, Ready};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "lab-desktop";

pub(super) fn component(site: &Site) -> Option<Component> {
    let program = program::on_path("Xtigervnc")?;
    let vnc = site.socket_address(Port::LabDesktop);
    // Displays are counted across the whole machine, so that each address needs a number of its own.
    let [_, _, third, fourth] = site.address.octets();
    let display = format!(":1{:05}", u16::from_be_bytes([third, fourth]));
    let (interface, port) = (vnc.ip().to_string(), vnc.port().to_string());
    let arguments = [&display, "-interface", &interface, "-rfbport", &port];
    let arguments = arguments.into_iter().chain([
        "-SecurityTypes",
        "None",
        "-AlwaysShared",
        "-nolock", // neither this nor a socket stands anywhere as a file
        "-nolisten",
        "unix",
        "-geometry",
        "1024x768",
        "-retro",
    ]);
    Some(Component {
        address: vnc.to_string(),
        port: Some(Port::LabDesktop),
        arguments: arguments.map(Into::into).collect(),
        ready: Ready::Says("created VNC server"),
        ..Component::new(site, NAME, "desktop to look at by VNC", program)
    })
}
