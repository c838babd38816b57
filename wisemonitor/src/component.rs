//! What a part of the suite is: its files, its command, and how one knows that it is ready.
//!
//! One module a part says these things; nothing here starts anything.

mod alert_bridge;
mod alertmanager;
mod cloudstack_exporter;
mod gammu_smsd;
mod grafana;
mod lab_cloudstack;
mod lab_desktop;
mod lab_xapi;
mod nagios;
mod nagios_exporter;
mod prometheus;
mod snmp_exporter;
mod snmpd;
mod vnc_recorder;
mod web;
mod xenserver_exporter;

use std::ffi::OsString;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::time::Duration;

use crate::site::{Port, Site, make_folder, secret, write_file};

/// A part of the suite.
#[derive(Debug, Clone)]
pub(crate) struct Component {
    /// What `break` and `mend` call it, and the name of its folder.
    pub(crate) name: &'static str,
    /// What it is, in a few words.
    pub(crate) purpose: &'static str,
    /// The control interface of a simulator, where it has faults to set.
    pub(crate) faults: Option<SocketAddrV4>,
    /// Where a person finds it: a URL or a path.
    pub(crate) address: String,
    /// The port it needs.
    pub(crate) port: Option<Port>,
    /// Its folder: where it runs, and where its log is.
    pub(crate) folder: PathBuf,
    /// Further folders it needs.
    pub(crate) folders: Vec<PathBuf>,
    /// Generated configuration: path and text.
    pub(crate) files: Vec<(PathBuf, String)>,
    /// Files of a secret each; made once, then kept.
    pub(crate) secrets: Vec<PathBuf>,
    /// What an end by force leaves behind and would hinder the next start.
    pub(crate) leftovers: Vec<PathBuf>,
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Variables added to its environment.
    pub(crate) environment: Vec<(&'static str, OsString)>,
    /// When it counts as ready.
    pub(crate) ready: Ready,
    /// It gets this long to end by itself before it is killed.
    pub(crate) stop_limit: Duration,
}

/// When a part counts as ready.
#[derive(Debug, Clone)]
pub(crate) enum Ready {
    /// An HTTP server there answers this path with 200.
    Answers(SocketAddrV4, &'static str),
    /// Its output has this text.
    Says(&'static str),
}

/// All parts of a suite in the order of their start: each one's peers are there before it.
///
/// # Errors
/// When a program is missing; the error names it and the remedy.
pub(crate) fn all(site: &Site) -> anyhow::Result<Vec<Component>> {
    let mut components = vec![
        web::component(site)?,
        gammu_smsd::component(site)?,
        alertmanager::component(site)?,
        alert_bridge::component(site)?,
        nagios_exporter::component(site)?,
        nagios::component(site)?,
        snmpd::component(site)?,
        snmp_exporter::component(site)?,
        lab_cloudstack::component(site)?,
        cloudstack_exporter::component(site)?,
    ];
    components.extend(lab_desktop::component(site));
    components.extend([
        lab_xapi::component(site)?,
        xenserver_exporter::component(site)?,
        vnc_recorder::component(site)?,
        prometheus::component(site)?,
    ]);
    components.extend(grafana::component(site));
    Ok(components)
}

impl Component {
    /// A part without files of its own that ends when it is told to.
    fn new(site: &Site, name: &'static str, purpose: &'static str, program: PathBuf) -> Self {
        Component {
            name,
            purpose,
            faults: None,
            address: String::new(),
            port: None,
            folder: site.folder(name),
            folders: Vec::new(),
            files: Vec::new(),
            secrets: Vec::new(),
            leftovers: Vec::new(),
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
            ready: Ready::Says(""),
            stop_limit: Duration::from_secs(12), // our services give themselves 10 s
        }
    }

    /// Writes its folders, files and secrets.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(crate) fn install(&self) -> anyhow::Result<()> {
        make_folder(&self.folder)?;
        self.folders.iter().try_for_each(|folder| make_folder(folder))?;
        self.files.iter().try_for_each(|(path, text)| write_file(path, text))?;
        self.secrets.iter().try_for_each(|path| secret(path))
    }
}

/// `--name=value` as one argument.
fn flag(name: &str, value: impl Into<OsString>) -> OsString {
    let mut argument = OsString::from(format!("--{name}="));
    argument.push(value.into());
    argument
}
