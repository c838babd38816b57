//! A pool as configuration files write it, and what becomes of it. Whoever works with pools reads them with this.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use exporter_kit::Secret;
use serde::Deserialize;

use super::{Address, DialectChoice, PoolSettings};
use crate::Trust;

/// One pool in a configuration file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What the pool is called in this file.
    pub name: String,
    addresses: Vec<String>,
    username: String,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    #[serde(default)]
    pins: Vec<String>,
    #[serde(default)]
    rpc: DialectChoice,
}

impl PoolSettings {
    /// Checks what the file says and reads what it points to. Relative paths are relative to `base`.
    ///
    /// # Errors
    /// One that names the key, what stands there and what was expected.
    pub fn resolve(file: File, base: &Path) -> anyhow::Result<Self> {
        let File { name, addresses, username, password, password_file, ca_file, pins, rpc } = file;
        ensure!(!name.is_empty(), "name: is empty, expected a name for this pool");
        ensure!(!addresses.is_empty(), "addresses: is empty, expected a member of the pool");
        let addresses = addresses.iter().enumerate().map(|(index, text)| {
            text.parse::<Address>().with_context(|| format!("addresses[{index}]"))
        });
        let password = Secret::resolve("password", password, password_file.as_deref(), base)?
            .context("password: is missing, expected password or password_file")?;
        let mut settings = Self::new(
            addresses.collect::<anyhow::Result<_>>()?,
            &username,
            password,
            trust(ca_file, &pins, base)?,
        );
        settings.dialect = rpc;
        Ok(settings)
    }
}

/// Whose certificates are believed. There is no way to believe all of them.
fn trust(ca_file: Option<PathBuf>, pins: &[String], base: &Path) -> anyhow::Result<Trust> {
    match (ca_file, pins) {
        (Some(_), [_, ..]) => bail!("both ca_file and pins are set, expected one of them"),
        (Some(file), []) => {
            let path = base.join(file);
            let pem = std::fs::read(&path)
                .with_context(|| format!("ca_file: cannot read {}", path.display()))?;
            Ok(Trust::Authorities(pem))
        }
        (None, []) => Ok(Trust::System),
        (None, pins) => {
            let pins = pins.iter().enumerate();
            let pins = pins.map(|(index, text)| {
                text.parse().with_context(|| format!("pins[{index}]: {text:?}"))
            });
            Ok(Trust::Pinned(pins.collect::<anyhow::Result<_>>()?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    struct Whole {
        pools: Vec<File>,
    }

    fn read(pool: &str) -> Result<PoolSettings, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("password"), "s3cret\n").unwrap();
        std::fs::write(folder.path().join("ca.pem"), "PEM\n").unwrap();
        let path = folder.path().join("x.yml");
        std::fs::write(&path, format!("pools: [{pool}]\n")).unwrap();
        let whole: Whole =
            exporter_kit::config::parse(&path).map_err(|error| format!("{error:#}"))?;
        PoolSettings::resolve(whole.pools.into_iter().next().unwrap(), folder.path())
            .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn what_is_written_becomes_settings() {
        let settings = read(
            "{name: a, addresses: [x, 'y:444'], username: me, password_file: password, \
             ca_file: ca.pem, rpc: xml}",
        )
        .unwrap();
        let addresses: Vec<_> = settings.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["x:443", "y:444"]);
        assert_eq!((&*settings.username, settings.password.expose()), ("me", "s3cret"));
        assert_eq!(settings.dialect, DialectChoice::Xml);
        assert!(matches!(&settings.trust, Trust::Authorities(pem) if pem == b"PEM\n"));
        assert!(!format!("{settings:?}").contains("s3cret"));

        let settings = read("{name: a, addresses: [x], username: me, password: s3cret}").unwrap();
        assert_eq!(settings.dialect, DialectChoice::Automatic);
        assert!(matches!(settings.trust, Trust::System));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (pool, expected) in [
            ("name: a", "addresses"),
            ("name: '', addresses: [x], password: s3cret", "name: is empty"),
            ("name: a, addresses: [], password: s3cret", "addresses: is empty"),
            (
                "name: a, addresses: [x, 'https://y'], password: s3cret",
                "addresses[1]: \"https://y\" is no address",
            ),
            ("name: a, addresses: [x]", "password: is missing"),
            ("name: a, addresses: [x], password_file: gone", "password_file: cannot read"),
            ("name: a, addresses: [x], password: s3cret, pins: [ab]", "pins[0]: \"ab\""),
            ("name: a, addresses: [x], password: s3cret, ca_file: gone", "ca_file: cannot read"),
            (
                "name: a, addresses: [x], password: s3cret, ca_file: ca.pem, pins: [ab]",
                "both ca_file and pins",
            ),
            ("name: a, addresses: [x], password: s3cret, rpc: soap", "pools[0].rpc: "),
            ("name: a, addresses: [x], password: s3cret, insecure: true", "`insecure`"),
        ] {
            let error = read(&format!("{{username: me, {pool}}}")).unwrap_err();
            assert!(error.contains(expected) && !error.contains("s3cret"), "{pool}: {error}");
        }
    }
}
