//! What a configuration file says under `alertmanagers`, and the addresses that become of it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use exporter_kit::Secret;
use serde::Deserialize;

use crate::{Address, Auth};

/// The key `alertmanagers` of a service's file: a list, each entry with `url`, and with `basic_auth` (`username`,
/// `password` or `password_file`) or `bearer_token` or `bearer_token_file` where the Alertmanager wants one.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct File(Vec<Written>);

/// One Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    url: String,
    basic_auth: Option<BasicAuth>,
    bearer_token: Option<Secret>,
    bearer_token_file: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BasicAuth {
    username: String,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
}

impl File {
    /// Checks what the file says and reads what it points to. Relative paths are relative to `base`.
    ///
    /// # Errors
    /// One that names the key with the entry's place in the list, what stands there and what was expected.
    pub fn resolve(self, base: &Path) -> anyhow::Result<Vec<Address>> {
        let one = |(index, written): (usize, Written)| {
            written.resolve(base).with_context(|| format!("alertmanagers[{index}]"))
        };
        self.0.into_iter().enumerate().map(one).collect()
    }
}

impl Written {
    fn resolve(self, base: &Path) -> anyhow::Result<Address> {
        let Written { url, basic_auth, bearer_token, bearer_token_file } = self;
        let token =
            Secret::resolve("bearer_token", bearer_token, bearer_token_file.as_deref(), base)?;
        let auth = match (basic_auth, token) {
            (Some(_), Some(_)) => {
                bail!("both basic_auth and bearer_token are set, expected one of them")
            }
            (Some(basic_auth), None) => basic_auth.resolve(base).context("basic_auth")?,
            (None, Some(token)) => Auth::Bearer(token),
            (None, None) => Auth::None,
        };
        Ok(Address::new(&url, auth)?)
    }
}

impl BasicAuth {
    fn resolve(self, base: &Path) -> anyhow::Result<Auth> {
        let BasicAuth { username, password, password_file } = self;
        let password = Secret::resolve("password", password, password_file.as_deref(), base)?
            .context("no password, expected password or password_file")?;
        Ok(Auth::Basic { username, password })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Whole {
        alertmanagers: File,
    }

    fn read(text: &str) -> Result<Vec<Address>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t"), "t0p\n").unwrap();
        let path = folder.path().join("x.yml");
        std::fs::write(&path, format!("alertmanagers: {text}\n")).unwrap();
        exporter_kit::config::parse(&path)
            .and_then(|Whole { alertmanagers }| alertmanagers.resolve(folder.path()))
            .map_err(|error| {
                format!("{error:#}").replace(&format!("{}/", folder.path().display()), "")
            })
    }

    #[test]
    fn each_entry_becomes_an_address() {
        let addresses = read(
            "[{url: 'http://a'}, {url: 'https://b/am/', bearer_token_file: t}, \
             {url: 'http://c', basic_auth: {username: u, password: t0p}}]",
        )
        .unwrap();
        assert!(matches!(
            addresses.iter().map(|address| &address.auth).collect::<Vec<_>>()[..],
            [Auth::None, Auth::Bearer(token), Auth::Basic { username, password }]
                if token.expose() == "t0p" && username == "u" && password.expose() == "t0p"
        ));
        let shown = addresses.iter().map(Address::to_string).collect::<Vec<_>>();
        assert_eq!(shown, ["http://a", "https://b/am", "http://c"]);
        assert!(!format!("{addresses:?}").contains("t0p"));
        assert!(read("[]").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("[{url: 'http://a'}, {url: b}]", "alertmanagers[1]: url: "),
            ("[{bearer_token: t0p}]", "x.yml:1:18: alertmanagers[0]: missing field `url`"),
            (
                "[{url: 'http://a', token: t0p}]",
                "x.yml:1:35: alertmanagers[0].token: unknown field `token`",
            ),
            ("[{url: 'http://me:t0p@a'}]", "expected them in basic_auth"),
            (
                "[{url: 'http://a', basic_auth: {username: u}}]",
                "alertmanagers[0]: basic_auth: no password, expected password or password_file",
            ),
            (
                "[{url: 'http://a', basic_auth: {username: u, password: t0p, password_file: t}}]",
                "alertmanagers[0]: basic_auth: password: both password and password_file are set",
            ),
            (
                "[{url: 'http://a', bearer_token: t0p, basic_auth: {username: u, password: t0p}}]",
                "alertmanagers[0]: both basic_auth and bearer_token are set, expected one of them",
            ),
            (
                "[{url: 'http://a', bearer_token_file: gone}]",
                "alertmanagers[0]: bearer_token_file: cannot read gone",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("t0p") && !error.contains('\n'), "{error}");
        }
    }
}
