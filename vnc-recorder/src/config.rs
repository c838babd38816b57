//! The configuration: what the YAML file holds, and what it becomes.
//!
//! Promises: every error names the key, what stands there and what was expected; passwords are never printed.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use exporter_kit::{Configuration, Secret};
use ipnet::IpNet;
use jiff::SignedDuration;
use serde::Deserialize;
use spool::ByteSize;
use xenapi::PoolSettings;

use crate::recording::{InputKey, OnFullDisk, Settings};
use crate::rfb::upstream::Login;
use crate::rights::{Role, Scopes};
use crate::target::{STATIC, TargetId, is_part};

/// What the program works with.
#[derive(Debug, Clone)]
pub struct Config {
    /// VNC servers.
    pub targets: Vec<StaticTarget>,
    /// XenServer pools.
    pub pools: Vec<PoolConfig>,
    /// How sessions are recorded, and for how long they are kept.
    pub recording: Settings,
    /// Where recordings of the old product are taken in.
    pub ingest: Option<Ingest>,
    /// Who may use the old product's HTTP calls; empty: nobody, and they do not exist.
    pub old_calls: Vec<IpNet>,
    /// How many sessions there may be.
    pub limits: Limits,
    /// Who may do what.
    pub access: Arc<access::Settings<Role>>,
    /// With which targets.
    pub scopes: Scopes,
}

/// A VNC server of the configuration.
#[derive(Debug, Clone)]
pub struct StaticTarget {
    /// Its id, in the group [`STATIC`].
    pub id: TargetId,
    /// `HOST:PORT`.
    pub address: String,
    /// How to get in.
    pub login: Login,
    /// Whether its sessions are recorded.
    pub record: bool,
}

/// A pool whose consoles are targets.
#[derive(Debug, Clone)]
pub struct PoolConfig {
    /// The group of its targets.
    pub name: String,
    /// How it is reached.
    pub settings: PoolSettings,
}

/// The old product's recorder protocol.
#[derive(Debug, Clone)]
pub struct Ingest {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Who may send.
    pub sources: Vec<IpNet>,
}

/// Most sessions at once.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Of all users.
    pub sessions: usize,
    /// Of one user.
    pub sessions_per_user: usize,
    /// To one target.
    pub sessions_per_target: usize,
    /// Watchers of one session.
    pub watchers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { sessions: 200, sessions_per_user: 16, sessions_per_target: 4, watchers: 8 }
    }
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    targets: Vec<TargetFile>,
    pools: Vec<xenapi::File>,
    recording: RecordingFile,
    ingest: Option<IngestFile>,
    old_calls: Vec<String>,
    limits: Limits,
    access: access::File<Role>,
    scopes: Scopes,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetFile {
    name: String,
    address: String,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
    #[serde(default = "yes")]
    record: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RecordingFile {
    on_full_disk: OnFullDisk,
    reserve: ByteSize,
    keep_for: Option<SignedDuration>,
    keep_size: Option<ByteSize>,
    input_key: Option<Secret>,
    input_key_file: Option<PathBuf>,
}

impl Default for RecordingFile {
    fn default() -> Self {
        RecordingFile {
            on_full_disk: OnFullDisk::default(),
            reserve: ByteSize(1 << 30),
            keep_for: None,
            keep_size: None,
            input_key: None,
            input_key_file: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IngestFile {
    #[serde(default = "old_port")]
    listen: SocketAddr,
    sources: Vec<String>,
}

/// The old product's port.
fn old_port() -> SocketAddr {
    ([0, 0, 0, 0], 23457).into()
}

impl Configuration for Config {
    type File = File;

    fn resolve(file: File, base: &Path) -> anyhow::Result<Self> {
        let File { targets, pools, recording, ingest, old_calls, limits, access, scopes } = file;
        Ok(Config {
            targets: all_targets(targets, base)?,
            pools: all_pools(pools, base)?,
            recording: recording.resolve(base)?,
            ingest: ingest.map(IngestFile::resolve).transpose()?,
            old_calls: networks("old_calls", &old_calls)?,
            limits,
            access: Arc::new(access::Settings::resolve("access", access, base)?),
            scopes,
        })
    }
}

fn all_targets(written: Vec<TargetFile>, base: &Path) -> anyhow::Result<Vec<StaticTarget>> {
    let mut targets: Vec<StaticTarget> = Vec::new();
    for (index, written) in written.into_iter().enumerate() {
        let TargetFile { name, address, password, password_file, record } = written;
        let key = format!("targets[{index}]");
        ensure_name(&key, &name)?;
        let port = address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        ensure!(port.is_some(), "{key}.address: is {address:?}, expected HOST:PORT");
        let id = TargetId { group: STATIC.to_owned(), member: name };
        ensure!(
            targets.iter().all(|known| known.id != id),
            "{key}.name: {:?} is there twice, expected a name of its own for each target",
            id.member
        );
        let at = format!("{key}.password");
        let password = Secret::resolve(&at, password, password_file.as_deref(), base)?;
        targets.push(StaticTarget { id, address, login: Login { password }, record });
    }
    Ok(targets)
}

fn all_pools(written: Vec<xenapi::File>, base: &Path) -> anyhow::Result<Vec<PoolConfig>> {
    let mut pools: Vec<PoolConfig> = Vec::new();
    for (index, written) in written.into_iter().enumerate() {
        let (key, name) = (format!("pools[{index}]"), written.name.clone());
        ensure_name(&key, &name)?;
        ensure!(
            name != STATIC && pools.iter().all(|known| known.name != name),
            "{key}.name: {name:?} is taken, expected a name of its own for each pool",
        );
        let settings = PoolSettings::resolve(written, base).with_context(|| key)?;
        pools.push(PoolConfig { name, settings });
    }
    Ok(pools)
}

fn ensure_name(key: &str, name: &str) -> anyhow::Result<()> {
    ensure!(
        is_part(name),
        "{key}.name: is {name:?}, expected letters, digits, dots, hyphens and underscores"
    );
    Ok(())
}

impl RecordingFile {
    fn resolve(self, base: &Path) -> anyhow::Result<Settings> {
        let RecordingFile { on_full_disk, reserve, keep_for, keep_size, input_key, input_key_file } =
            self;
        let key = "recording.input_key";
        let input_key = Secret::resolve(key, input_key, input_key_file.as_deref(), base)?;
        let keep_for = keep_for.map(|length| {
            let length = Duration::try_from(length).ok().filter(|length| !length.is_zero());
            length.context("recording.keep_for: expected a length of time such as 2160h")
        });
        Ok(Settings {
            on_full_disk,
            reserve: reserve.0,
            keep_for: keep_for.transpose()?,
            keep_size: keep_size.map(|size| size.0),
            input_key: input_key.map(|text| InputKey::parse(key, &text)).transpose()?,
        })
    }
}

impl IngestFile {
    fn resolve(self) -> anyhow::Result<Ingest> {
        let IngestFile { listen, sources } = self;
        let sources = networks("ingest.sources", &sources)?;
        ensure!(!sources.is_empty(), "ingest.sources: is empty, expected who may send");
        Ok(Ingest { listen, sources })
    }
}

fn networks(key: &str, texts: &[String]) -> anyhow::Result<Vec<IpNet>> {
    let network = |text: &String| {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        text.parse().or(address).ok().with_context(|| {
            format!("{key}: `{text}` is no address, expected one such as 10.0.0.1 or 10.0.0.0/24")
        })
    };
    texts.iter().map(network).collect()
}
