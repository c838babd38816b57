//! One pool in the configuration.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use exporter_kit::Secret;
use serde::Deserialize;
use xenapi::{Address, DialectChoice, PoolSettings, Trust};

/// A pool to read.
#[derive(Debug, Clone)]
pub struct PoolConfig {
    /// The `pool` label of everything of this pool.
    pub name: String,
    /// How it is reached.
    pub settings: PoolSettings,
}

/// A pool as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenPool {
    name: String,
    addresses: Vec<String>,
    username: String,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    #[serde(default)]
    pins: Vec<String>,
    #[serde(default)]
    rpc: WrittenDialect,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenDialect {
    #[default]
    Automatic,
    Json,
    Xml,
}

impl WrittenPool {
    pub(super) fn resolve(self, base: &Path) -> anyhow::Result<PoolConfig> {
        let WrittenPool { name, addresses, username, password, password_file, ca_file, pins, rpc } =
            self;
        anyhow::ensure!(!name.is_empty(), "name: is empty, expected a name for this pool");
        anyhow::ensure!(
            !addresses.is_empty(),
            "addresses: is empty, expected a member of the pool"
        );
        let addresses = addresses.iter().enumerate().map(|(index, text)| {
            text.parse::<Address>().with_context(|| format!("addresses[{index}]"))
        });
        let password = Secret::resolve("password", password, password_file.as_deref(), base)?
            .context("password: is missing, expected password or password_file")?;
        let mut settings = PoolSettings::new(
            addresses.collect::<anyhow::Result<_>>()?,
            &username,
            password,
            trust(ca_file, &pins, base)?,
        );
        settings.dialect = match rpc {
            WrittenDialect::Automatic => DialectChoice::Automatic,
            WrittenDialect::Json => DialectChoice::Json,
            WrittenDialect::Xml => DialectChoice::Xml,
        };
        Ok(PoolConfig { name, settings })
    }
}

/// Whose certificates are believed. There is no way to believe all of them.
fn trust(ca_file: Option<PathBuf>, pins: &[String], base: &Path) -> anyhow::Result<Trust> {
    match (ca_file, pins) {
        (Some(_), [_, ..]) => {
            anyhow::bail!("both ca_file and pins are set, expected one of them")
        }
        (Some(file), []) => {
            let path = base.join(file);
            let pem = std::fs::read(&path)
                .with_context(|| format!("ca_file: cannot read {}", path.display()))?;
            Ok(Trust::Authorities(pem))
        }
        (None, []) => Ok(Trust::System),
        (None, pins) => {
            let pins = pins.iter().enumerate().map(|(index, text)| {
                text.parse().with_context(|| format!("pins[{index}]: {text:?}"))
            });
            Ok(Trust::Pinned(pins.collect::<anyhow::Result<_>>()?))
        }
    }
}
