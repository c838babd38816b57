//! Where events go: what a configuration file says under `history`, and what becomes of it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use exporter_kit::Secret;
use reqwest::{Certificate, Url};
use serde::Deserialize;
use spool::ByteSize;

/// What the spool may hold unless configured.
const SPOOL_MAX: ByteSize = ByteSize(1 << 30);

/// The key `history` of an exporter's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    url: String,
    token: Option<Secret>,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    spool: PathBuf,
    spool_max: Option<ByteSize>,
}

/// Where events go and where they wait.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `POST` goes here.
    pub(crate) endpoint: Url,
    pub(crate) token: Secret,
    /// Whom to believe besides the system's authorities.
    pub(crate) authorities: Vec<Certificate>,
    pub(crate) spool: PathBuf,
    pub(crate) spool_max: ByteSize,
}

impl Settings {
    /// Checks what the file says and reads what it points to. Relative paths are relative to `base`.
    ///
    /// # Errors
    /// One that names the key, what stands there and what was expected.
    pub fn resolve(file: File, base: &Path) -> anyhow::Result<Self> {
        let File { url, token, token_file, ca_file, spool, spool_max } = file;
        let token = Secret::resolve("token", token, token_file.as_deref(), base)?
            .context("token: is missing, expected token or token_file")?;
        let authorities = match ca_file {
            None => Vec::new(),
            Some(file) => certificates(&base.join(file)).context("ca_file")?,
        };
        Ok(Settings {
            endpoint: endpoint(&url)?,
            token,
            authorities,
            spool: base.join(spool),
            spool_max: spool_max.unwrap_or(SPOOL_MAX),
        })
    }
}

fn endpoint(text: &str) -> anyhow::Result<Url> {
    let expected = "expected alert-bridge's address, for example http://127.0.0.1:10193";
    let mut url = Url::parse(text).with_context(|| format!("url: `{text}` is none, {expected}"))?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    ensure!(matches!(url.scheme(), "http" | "https") && plain, "url: {expected}");
    url.path_segments_mut()
        .map_err(|()| anyhow::anyhow!("url: {expected}"))?
        .pop_if_empty()
        .extend(["api", "v1", "events"]);
    Ok(url)
}

fn certificates(path: &Path) -> anyhow::Result<Vec<Certificate>> {
    let shown = path.display();
    let pem = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let found = Certificate::from_pem_bundle(&pem)
        .with_context(|| format!("{shown} is no PEM file of certificates"))?;
    ensure!(!found.is_empty(), "{shown} holds no certificate");
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    struct Whole {
        history: Option<File>,
    }

    fn read(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t"), "t0p\n").unwrap();
        let path = folder.path().join("x.yml");
        std::fs::write(&path, format!("history: {text}\n")).unwrap();
        let whole: Whole =
            exporter_kit::config::parse(&path).map_err(|error| format!("{error:#}"))?;
        Settings::resolve(whole.history.unwrap(), folder.path())
            .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_address_gets_the_path_of_the_api() {
        for (url, expected) in [
            ("http://a:1", "http://a:1/api/v1/events"),
            ("https://a/bridge/", "https://a/bridge/api/v1/events"),
        ] {
            let settings = read(&format!("{{url: '{url}', token_file: t, spool: s}}")).unwrap();
            assert_eq!(settings.endpoint.as_str(), expected);
            assert_eq!((settings.token.expose(), settings.spool_max), ("t0p", SPOOL_MAX));
            assert!(settings.spool.ends_with("s"));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("{url: 'http://a', spool: s}", "token: is missing"),
            ("{url: 'ftp://a', token: t0p, spool: s}", "url: expected alert-bridge's address"),
            ("{url: a, token: t0p, spool: s}", "url: `a` is none"),
            ("{url: 'http://u:t0p@a', token: t0p, spool: s}", "url: expected"),
            ("{url: 'http://a', token: t0p}", "spool"),
            ("{url: 'http://a', token: t0p, spool: s, spool_max: 1x}", "`1x` came"),
            ("{url: 'http://a', token: t0p, spool: s, ca_file: t}", "ca_file: "),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected) && !error.contains("t0p"), "{text}: {error}");
        }
    }
}
