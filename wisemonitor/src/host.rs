//! `wisemonitor host`: hosts and their services in Nagios' configuration, one file of ours for each host.
//!
//! Promises: what is printed as done is what the running Nagios uses, as its module reports it. What fails
//! leaves every file as it was and Nagios running: a change is judged by `nagios -v` before any file of the
//! configuration is written, and taken back when Nagios does not come to use it. Files that were not written
//! here, or were changed since, are not touched.

mod change;
mod exporter;
mod file;
mod list;
mod nagios;
mod objects;
mod place;
mod text;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::Subcommand;
use tokio::time::sleep;

use crate::traffic::target;
use change::{Change, Readers};
use file::{HostDefinition, HostFile};
use nagios::Proposal;
use objects::{Host, Objects};
pub(crate) use place::Place;
use place::Site;
use text::{Address, Alias, Check, Name};

const PAUSE: Duration = Duration::from_millis(100);
/// A command that Nagios reads while it is reloading is lost: it gets another one.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Add a host
    Add {
        /// Name of the host: its host_name
        name: Name,
        /// Where it is: an IP address or a name of the DNS
        #[arg(long)]
        address: Address,
        /// Template of the host; several are tried in their order
        #[arg(long = "template", value_name = "NAME", required = true, value_delimiter = ',')]
        templates: Vec<Name>,
        /// What people call it
        #[arg(long)]
        alias: Option<Alias>,
        /// Host that it is reached through
        #[arg(long = "parent", value_name = "HOST", value_delimiter = ',')]
        parents: Vec<Name>,
        /// Host group, besides those of its templates
        #[arg(long = "group", value_name = "NAME", value_delimiter = ',')]
        groups: Vec<Name>,
        #[command(flatten)]
        services: Services,
        /// Ask it by SNMP too, with this auth of snmp-exporter's configuration
        #[arg(long, value_name = "NAME")]
        snmp_auth: Option<Name>,
    },
    /// Add services to a host
    AddService {
        /// Name of the host
        host: Name,
        #[command(flatten)]
        services: Services,
    },
    /// List what has been added
    List,
    /// Remove what has been added for a host
    Remove {
        /// Name of the host
        name: Name,
        /// Remove only this service
        #[arg(long = "service", value_name = "NAME")]
        services: Vec<Name>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Services {
    /// A service and the command that checks it; without SERVICE= it is called as its command
    #[arg(long = "check", value_name = "[SERVICE=]COMMAND[!ARGUMENT]...")]
    checks: Vec<Check>,
    /// Template of the services [default: every-service in the suite, else generic-service]
    #[arg(long, value_name = "NAME")]
    service_template: Option<Name>,
}

/// Carries it out; the answer is what to print. `dir` is the suite's folder.
///
/// # Errors
/// When the input is not fit, or Nagios does not take it. Nothing is changed then.
pub(crate) async fn run(dir: &Path, place: Place, task: Task) -> anyhow::Result<String> {
    let site = place.find(dir).await?;
    match task {
        Task::List => list::of(&site),
        Task::Add { name, address, templates, alias, parents, groups, services, snmp_auth } => {
            let host = HostDefinition { templates, alias, address, parents, groups, snmp_auth };
            add(&site, name, host, services).await
        }
        Task::AddService { host, services } => add_services(&site, host, services).await,
        Task::Remove { name, services } => remove(&site, name, &services).await,
    }
}

async fn add(
    site: &Site,
    name: Name,
    host: HostDefinition,
    services: Services,
) -> anyhow::Result<String> {
    let _lock = lock(site)?;
    let now = present(site).await?;
    ensure!(now.host(name.as_str()).is_none(), "Nagios has a host {name:?} already");
    if let Some(other) = now.find(|known| host.address.is(&known.address)) {
        bail!("--address: Nagios has {} already: it is the host {other:?}", host.address.as_str());
    }
    let mut target = None;
    if let Some((path, text)) = target_of(site, &name, &host)? {
        target::ensure_new(targets(site)?, name.as_str())?;
        target = Some(Change::new(path, Some(text), Readers::All)?);
    }
    let mut file = HostFile { name, host: Some(host), checks: Vec::new() };
    add_checks(site, &mut file, services, None)?;
    ensure_no_file(site, &file.name)?;
    apply(site, file, target).await
}

async fn add_services(site: &Site, name: Name, services: Services) -> anyhow::Result<String> {
    ensure!(!services.checks.is_empty(), "--check: name at least one service to add");
    let _lock = lock(site)?;
    let now = present(site).await?;
    let known = now.host(name.as_str());
    ensure!(known.is_some(), "Nagios has no host {name:?}");
    let file = HostFile::read(&HostFile::path(&site.hosts, &name))?;
    let mut file = file.unwrap_or(HostFile { name, host: None, checks: Vec::new() });
    add_checks(site, &mut file, services, known)?;
    apply(site, file, None).await
}

async fn remove(site: &Site, name: Name, services: &[Name]) -> anyhow::Result<String> {
    let _lock = lock(site)?;
    let path = HostFile::path(&site.hosts, &name);
    let Some(mut file) = HostFile::read(&path)? else {
        bail!("{name}: `wisemonitor host` has not added it, and removes only what it has added");
    };
    for service in services {
        let before = file.checks.len();
        file.checks.retain(|(_, check)| check.service != *service);
        ensure!(file.checks.len() < before, "--service: no {service:?} has been added to {name}");
    }
    let mut target = None;
    if services.is_empty() {
        file.checks.clear();
        let host = file.host.take();
        let written = host.map(|host| target_of(site, &name, &host)).transpose()?.flatten();
        if let Some((path, text)) = written {
            target::ensure_ours(&path, &text)?;
            target = Some(Change::new(path, None, Readers::All)?);
        }
    }
    apply(site, file, target).await
}

/// Adds checks to what is known of a host, unless one is there already.
fn add_checks(
    site: &Site,
    file: &mut HostFile,
    services: Services,
    known: Option<&Host>,
) -> anyhow::Result<()> {
    let Services { checks, service_template } = services;
    let template = service_template.map_or_else(|| site.service_template.parse(), Ok);
    let template: Name = template.map_err(anyhow::Error::msg)?;
    for check in checks {
        let Check { service, .. } = &check;
        let there = known.is_some_and(|known| known.services.contains(service.as_str()))
            || file.checks.iter().any(|(_, other)| other.service == *service);
        ensure!(!there, "--check: {} has a service {service:?} already", file.name);
        file.checks.push((template.clone(), check));
    }
    Ok(())
}

/// Judges the change, makes it, and returns when Nagios uses it.
async fn apply(site: &Site, file: HostFile, target: Option<Change>) -> anyhow::Result<String> {
    let Site { nagios, hosts, config, .. } = site;
    ensure!(
        nagios.reads(hosts),
        "{} has no cfg_dir that {} is in: add cfg_dir={}",
        config.display(),
        hosts.display(),
        hosts.display()
    );
    let path = HostFile::path(hosts, &file.name);
    let text = (file.host.is_some() || !file.checks.is_empty()).then(|| file.text());
    let proposal = Proposal { path: &path, text: text.as_deref() };
    let judged = nagios.verify(Some(proposal)).await.context("Nagios refuses it")?;
    nagios.ensure_running()?;
    site.exporter.ensure_hears_nagios().await?;

    let mut changes = vec![Change::new(path, text, Readers::Group(nagios.group()))?];
    changes.extend(target);
    Change::make_all(&changes)?;
    if let Err(error) = take_up(site, &file.name, judged.host(file.name.as_str())).await {
        if let Err(undo) = Change::undo_all(&changes) {
            return Err(error.context(format!("cannot be taken back: {undo:#}")));
        }
        // Whatever Nagios has read meanwhile, it is to read the old files again.
        let again = nagios.reload();
        return Err(error).context(match again {
            Ok(()) => "taken back",
            Err(_) => "taken back, though Nagios could not be told so",
        });
    }
    Ok(match judged.host(file.name.as_str()) {
        None => format!("{} is removed\n", file.name),
        Some(Host { address, services }) => {
            let services: Vec<_> = services.iter().map(String::as_str).collect();
            format!("{} at {address} is watched: {}\n", file.name, or_none(&services))
        }
    })
}

/// Makes Nagios read its configuration, and waits until its module reports what is expected.
async fn take_up(site: &Site, name: &Name, expected: Option<&Host>) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut asked = None;
    loop {
        if asked.is_none_or(|asked: Instant| asked.elapsed() >= PATIENCE) {
            site.nagios.reload()?;
            asked = Some(Instant::now());
        }
        // An exporter that does not answer just now may do so a moment later.
        let outcome = site.exporter.shows(name, expected).await;
        match outcome {
            Ok(true) => return Ok(()),
            Ok(false) | Err(_) if start.elapsed() < site.wait => sleep(PAUSE).await,
            Err(error) => return Err(error),
            Ok(false) => {
                bail!("Nagios has not taken it up within {} s", site.wait.as_secs())
            }
        }
    }
}

/// What Nagios' files say now.
async fn present(site: &Site) -> anyhow::Result<Objects> {
    let judged = site.nagios.verify(None).await;
    judged.with_context(|| format!("{} is not valid as it is", site.config.display()))
}

/// One `wisemonitor host` at a time changes this Nagios.
fn lock(site: &Site) -> anyhow::Result<File> {
    File::open(&site.config)
        .and_then(|lock| lock.lock().map(|()| lock))
        .with_context(|| format!("cannot lock {}", site.config.display()))
}

/// Without a host of this name in Nagios' files, there can be a file that Nagios does not read.
fn ensure_no_file(site: &Site, name: &Name) -> anyhow::Result<()> {
    let path = HostFile::path(&site.hosts, name);
    ensure!(!path.exists(), "{} is there already, though without a host {name:?}", path.display());
    Ok(())
}

/// The file that makes a host a target of Prometheus, and its text.
fn target_of(
    site: &Site,
    name: &Name,
    host: &HostDefinition,
) -> anyhow::Result<Option<(PathBuf, String)>> {
    let Some(auth) = &host.snmp_auth else { return Ok(None) };
    let text = target::text(name.as_str(), host.address.as_str(), auth.as_str())?;
    Ok(Some((target::path(targets(site)?, &name.escaped()), text)))
}

fn targets(site: &Site) -> anyhow::Result<&Path> {
    site.targets
        .as_deref()
        .context("--prometheus.targets: name the folder where Prometheus finds snmp-targets*.yml")
}

/// Names for a person to read.
fn or_none(names: &[&str]) -> String {
    match names {
        [] => "-".into(),
        names => names.join(", "),
    }
}
