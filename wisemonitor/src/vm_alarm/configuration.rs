//! The part of xenserver-exporter's configuration that says how pools are reached.
//!
//! Promises: only secrets of the pool in question are read, so that who sets alarms needs no other. Whether the
//! rest of the file is right is for the exporter to say.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use exporter_kit::config;
use serde::Deserialize;
use xenapi::PoolSettings;

/// How the pool of this name is reached.
///
/// # Errors
/// When the file cannot be read, has no such pool, or lacks something about it.
pub(super) fn pool(path: &Path, name: &str) -> anyhow::Result<PoolSettings> {
    let shown = path.display();
    let File { pools } = config::parse(path).context("--xenserver.config")?;
    let names: Vec<_> = pools.iter().map(|pool| pool.name.clone()).collect();
    let Some(written) = pools.into_iter().find(|pool| pool.name == name) else {
        ensure!(!names.is_empty(), "{shown}: pools: is empty, expected the pool {name:?}");
        bail!("POOL: {shown} has no pool {name:?}, expected one of {}", names.join(", "));
    };
    let base = path.parent().unwrap_or(Path::new("."));
    PoolSettings::resolve(written, base).with_context(|| format!("{shown}: pool {name:?}"))
}

/// The exporter's file, as far as it matters here.
#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    pools: Vec<xenapi::File>,
}

#[cfg(test)]
mod tests {
    use xenapi::{DialectChoice, Trust};

    use super::*;

    fn read(text: &str, name: &str) -> Result<PoolSettings, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("password"), "secret\n").unwrap();
        let path = folder.path().join("x.yml");
        std::fs::write(&path, text).unwrap();
        pool(&path, name)
            .map_err(|error| format!("{error:#}").replace(&path.display().to_string(), "x.yml"))
    }

    #[test]
    fn a_pool_is_read_and_what_is_the_exporters_is_not() {
        let text = "stale_after: 5m\nalertmanagers: [{url: x}]\npools:\n- name: a\n  addresses: [x]\n  \
                    username: me\n  password_file: gone\n- name: b\n  addresses: [y, 'z:444']\n  \
                    username: me\n  password_file: password\n  rpc: xml\n";
        let settings = read(text, "b").unwrap();
        let addresses: Vec<_> = settings.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["y:443", "z:444"]);
        assert_eq!((&*settings.username, settings.password.expose()), ("me", "secret"));
        assert_eq!(settings.dialect, DialectChoice::Xml);
        assert!(matches!(settings.trust, Trust::System));
        let error = read(text, "a").unwrap_err();
        assert!(error.starts_with("x.yml: pool \"a\": password_file: cannot read"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let pool = |more: &str| format!("pools:\n- name: a\n  username: me\n  {more}\n");
        for (text, expected) in [
            (String::new(), "x.yml: pools: is empty, expected the pool \"a\""),
            (
                "pools: [{name: b, addresses: [], username: u}]".into(),
                "has no pool \"a\", expected one of b",
            ),
            (pool("addresses: ['a b']\n  password: x"), "x.yml: pool \"a\": addresses[0]: \"a b\""),
            (pool("addresses: [a]\n  password: x\n  rpc: soap"), "x.yml:6:8: pools[0].rpc"),
        ] {
            let error = read(&text, "a").unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
