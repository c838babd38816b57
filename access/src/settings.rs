//! What the configuration says of access: the file's shape, and what the program uses.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::http::HeaderName;
use exporter_kit::Secret;
use ipnet::IpNet;
use jiff::SignedDuration;
use serde::Deserialize;

use crate::{PasswordHash, Role, Token, Tokens};

/// The longest name of a user, in bytes.
pub(crate) const LONGEST_NAME: usize = 128;

/// The part of a configuration file about access.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default, bound = "R: Role")]
pub struct File<R> {
    users: Vec<UserFile<R>>,
    tokens: Vec<TokenFile<R>>,
    proxy: Option<ProxyFile<R>>,
    origins: Vec<String>,
    session_idle: SignedDuration,
    session_longest: SignedDuration,
}

impl<R> Default for File<R> {
    fn default() -> Self {
        File {
            users: Vec::new(),
            tokens: Vec::new(),
            proxy: None,
            origins: Vec::new(),
            session_idle: SignedDuration::from_hours(8),
            session_longest: SignedDuration::from_hours(7 * 24),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, bound = "R: Role")]
struct UserFile<R> {
    name: String,
    password_hash: Option<Secret>,
    password_hash_file: Option<PathBuf>,
    role: R,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, bound = "R: Role")]
struct TokenFile<R> {
    name: String,
    token: Option<Secret>,
    token_file: Option<PathBuf>,
    role: R,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, bound = "R: Role")]
struct ProxyFile<R> {
    addresses: Vec<String>,
    user_header: Option<String>,
    default_role: Option<R>,
}

/// Who may come in, and how.
#[derive(Debug)]
pub struct Settings<R> {
    pub(crate) users: BTreeMap<String, User<R>>,
    pub(crate) tokens: Tokens<R>,
    pub(crate) proxy: Option<Proxy<R>>,
    /// Origins of our own pages as browsers name them; empty: whatever host the request was sent to.
    pub(crate) origins: Vec<String>,
    pub(crate) idle: Duration,
    pub(crate) longest: Duration,
}

#[derive(Debug)]
pub(crate) struct User<R> {
    /// None: comes through the proxy only.
    pub(crate) password: Option<PasswordHash>,
    pub(crate) role: R,
}

/// A reverse proxy in front of the program, whose headers are believed.
#[derive(Debug)]
pub(crate) struct Proxy<R> {
    addresses: Vec<IpNet>,
    pub(crate) user_header: Option<HeaderName>,
    pub(crate) default_role: Option<R>,
}

impl<R> Proxy<R> {
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

impl<R: Role> Settings<R> {
    /// Checks what the file says; `key` is where it stands in it, and paths are relative to `base`.
    ///
    /// # Errors
    /// The key, what stands there, and what was expected.
    pub fn resolve(key: &str, file: File<R>, base: &Path) -> anyhow::Result<Self> {
        let File { users, tokens, proxy, origins, session_idle, session_longest } = file;
        let mut known = BTreeMap::new();
        for UserFile { name, password_hash, password_hash_file, role } in users {
            ensure!(
                (1..=LONGEST_NAME).contains(&name.len()),
                "{key}.users: a name has {} bytes, expected 1 to {LONGEST_NAME}",
                name.len()
            );
            let at = format!("{key}.users.{name}.password_hash");
            let hash = Secret::resolve(&at, password_hash, password_hash_file.as_deref(), base)?;
            let password = hash
                .map(|hash| PasswordHash::parse(hash.expose()))
                .transpose()
                .with_context(|| at.clone())?;
            let through_proxy = proxy.as_ref().is_some_and(|proxy| proxy.user_header.is_some());
            ensure!(
                password.is_some() || through_proxy,
                "{at}: is missing, expected what the command `hash-password` prints"
            );
            let again = known.insert(name.clone(), User { password, role }).is_some();
            ensure!(!again, "{key}.users.{name}: is there twice");
        }
        let tokens = tokens.into_iter().map(|TokenFile { name, token, token_file, role }| {
            let at = format!("{key}.tokens.{name}.token");
            let secret = Secret::resolve(&at, token, token_file.as_deref(), base)?
                .with_context(|| format!("{at}: is missing, expected token or token_file"))?;
            anyhow::Ok(Token { name, value: role, secret })
        });
        let tokens = Tokens::new(tokens.collect::<anyhow::Result<_>>()?);
        let proxy = proxy.map(|proxy| resolve_proxy(&format!("{key}.proxy"), proxy)).transpose()?;
        for origin in &origins {
            ensure!(
                is_origin(origin),
                "{key}.origins: `{origin}` is no origin, expected one such as https://alerts.example"
            );
        }
        Ok(Settings {
            users: known,
            tokens,
            proxy,
            origins,
            idle: positive(&format!("{key}.session_idle"), session_idle)?,
            longest: positive(&format!("{key}.session_longest"), session_longest)?,
        })
    }

    /// Whether people log in: there are users, or a proxy that names them.
    #[must_use]
    pub fn has_users(&self) -> bool {
        let named = self.proxy.as_ref().is_some_and(|proxy| proxy.user_header.is_some());
        named || !self.users.is_empty()
    }
}

fn resolve_proxy<R>(key: &str, file: ProxyFile<R>) -> anyhow::Result<Proxy<R>> {
    let ProxyFile { addresses, user_header, default_role } = file;
    let addresses = addresses.iter().map(|text| {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        text.parse::<IpNet>().or(address).ok().with_context(|| {
            format!("{key}.addresses: `{text}` is no address, expected one such as 10.0.0.1 or 10.0.0.0/24")
        })
    });
    let addresses: Vec<IpNet> = addresses.collect::<anyhow::Result<_>>()?;
    ensure!(!addresses.is_empty(), "{key}.addresses: is empty, expected the proxy's addresses");
    let user_header = user_header.map(|name| {
        name.parse::<HeaderName>()
            .ok()
            .with_context(|| format!("{key}.user_header: `{name}` is no header"))
    });
    Ok(Proxy { addresses, user_header: user_header.transpose()?, default_role })
}

/// Scheme, host and port, and nothing behind them: browsers send no more.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(plain))
}

fn positive(key: &str, length: SignedDuration) -> anyhow::Result<Duration> {
    let length = Duration::try_from(length).ok().filter(|length| !length.is_zero());
    length.with_context(|| format!("{key}: expected a length of time such as 8h"))
}
