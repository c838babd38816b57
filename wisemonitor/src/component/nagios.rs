//! Nagios with our module, watching this very machine with its real plugins.

use anyhow::Context as _;
use nix::unistd::{Gid, Group, Uid, User};

use crate::component::{Component, Ready, nagios_exporter};
use crate::program;
use crate::site::{Port, Site};

const NAME: &str = "nagios";

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let folder = site.folder(NAME);
    let main = folder.join("nagios.cfg");
    let module = program::ours("libnagios_neb.so")?;
    let module = module.to_str().context("the path of libnagios_neb.so is not UTF-8")?;
    let socket = nagios_exporter::socket(site).display().to_string();
    let (user, group) = (user()?, group()?);
    let every = site.check_interval.as_secs();
    let objects = site.fill(
        include_str!("../../configuration/nagios-objects.cfg"),
        &[
            ("@interval@", &every.to_string()),
            ("@retry@", &every.div_ceil(5).to_string()),
            ("@web_port@", &(Port::Web as u16).to_string()),
        ],
    );
    let names =
        [("@module@", module), ("@socket@", &socket), ("@user@", &user), ("@group@", &group)];
    let sample = include_str!("../../configuration/nagios.cfg");
    Ok(Component {
        address: folder.join("nagios.log").display().to_string(),
        folders: ["archives", "conf.d", "hosts", "spool"].map(|name| folder.join(name)).into(),
        files: vec![
            (main.clone(), site.fill(sample, &names)),
            (folder.join("objects.cfg"), objects),
        ],
        leftovers: ["nagios.cmd", "nagios.qh", "nagios.lock"].map(|file| folder.join(file)).into(),
        arguments: vec![main.into()],
        ready: Ready::Answers(site.socket_address(Port::NagiosExporter), "/-/ready"),
        ..Component::new(site, NAME, "checks of this machine", program::debians("nagios4")?)
    })
}

/// Nagios must be told whom to run as; we stay who we are.
fn user() -> anyhow::Result<String> {
    let id = Uid::effective();
    let user = User::from_uid(id).context("cannot read the users of this machine")?;
    Ok(user.map_or_else(|| id.to_string(), |user| user.name))
}

fn group() -> anyhow::Result<String> {
    let id = Gid::effective();
    let group = Group::from_gid(id).context("cannot read the groups of this machine")?;
    Ok(group.map_or_else(|| id.to_string(), |group| group.name))
}
