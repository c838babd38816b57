//! Auths: how a device is asked, and in whose name.
//!
//! Promises: an [`Auth`] is complete, with a password wherever its level needs one; secrets are not printed.

use std::str::FromStr;

use exporter_kit::Secret;
use serde::{Deserialize, Serialize, Serializer};

/// Where environment variables come from: the value of a name.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How a device is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// The protocol and what it needs.
    pub version: Version,
    /// The v3 context that is asked unless the scrape names one; empty: the default context.
    pub context_name: String,
    /// The v3 engine whose context is asked; none: the agent's own.
    pub context_engine: Option<EngineId>,
}

/// The name of an SNMP engine (RFC 3411, `SnmpEngineID`): 5 to 32 octets, written as hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EngineId(Vec<u8>);

/// A text names no engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 5 to 32 octets as hexadecimal digits, as in 80001f8804616263")]
pub struct BadEngineId;

/// A version of the protocol and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// SNMPv1.
    V1 {
        /// The community.
        community: Secret,
    },
    /// SNMPv2c.
    V2c {
        /// The community.
        community: Secret,
    },
    /// SNMPv3 with the user-based security model.
    V3 {
        /// The user.
        username: String,
        /// The security level, with its keys.
        level: Level,
    },
}

/// A security level of SNMPv3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Level {
    /// `noAuthNoPriv`.
    NoAuthNoPriv,
    /// `authNoPriv`.
    AuthNoPriv(Authentication),
    /// `authPriv`.
    AuthPriv(Authentication, Privacy),
}

/// How a message proves its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// The digest.
    pub protocol: AuthProtocol,
    /// The password its key is made of.
    pub password: Secret,
}

/// How a message is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privacy {
    /// The cipher.
    pub protocol: PrivProtocol,
    /// The password its key is made of.
    pub password: Secret,
}

/// Digests of SNMPv3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it all")]
pub enum AuthProtocol {
    Md5,
    Sha,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Ciphers of SNMPv3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PrivProtocol {
    /// DES.
    Des,
    /// AES with 128 bits.
    Aes,
    /// AES with 192 bits, keys extended as Blumenthal's draft says.
    Aes192,
    /// AES with 192 bits, keys extended as Reeder's draft says (Cisco).
    Aes192C,
    /// AES with 256 bits, keys extended as Blumenthal's draft says.
    Aes256,
    /// AES with 256 bits, keys extended as Reeder's draft says (Cisco).
    Aes256C,
}

/// An auth as written, with the defaults of what is not.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct WrittenAuth {
    #[serde(serialize_with = "hidden", skip_serializing_if = "is_empty")]
    community: Secret,
    security_level: SecurityLevel,
    #[serde(skip_serializing_if = "str::is_empty")]
    username: String,
    #[serde(serialize_with = "hidden", skip_serializing_if = "is_empty")]
    password: Secret,
    auth_protocol: AuthProtocol,
    priv_protocol: PrivProtocol,
    #[serde(serialize_with = "hidden", skip_serializing_if = "is_empty")]
    priv_password: Secret,
    #[serde(skip_serializing_if = "str::is_empty")]
    context_name: String,
    version: u8,
}

/// A security level as written.
#[expect(clippy::enum_variant_names, reason = "SNMPv3's own names")]
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
enum SecurityLevel {
    #[serde(rename = "noAuthNoPriv")]
    NoAuthNoPriv,
    #[serde(rename = "authNoPriv")]
    AuthNoPriv,
    #[serde(rename = "authPriv")]
    AuthPriv,
}

impl EngineId {
    pub(crate) fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for EngineId {
    type Err = BadEngineId;

    fn from_str(text: &str) -> Result<Self, BadEngineId> {
        let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() % 2 == 0).ok_or(BadEngineId)?;
        let octets: Vec<u8> =
            digits.chunks(2).map(|octet| (octet[0] << 4 | octet[1]) as u8).collect();
        if (5..=32).contains(&octets.len()) { Ok(EngineId(octets)) } else { Err(BadEngineId) }
    }
}

impl Default for WrittenAuth {
    fn default() -> Self {
        WrittenAuth {
            community: Secret::new("public"),
            security_level: SecurityLevel::NoAuthNoPriv,
            username: String::new(),
            password: Secret::new(""),
            auth_protocol: AuthProtocol::Md5,
            priv_protocol: PrivProtocol::Des,
            priv_password: Secret::new(""),
            context_name: String::new(),
            version: 2,
        }
    }
}

impl WrittenAuth {
    /// The same with environment variables put in where user name and passwords name them.
    ///
    /// # Errors
    /// When what a value becomes is empty.
    pub(super) fn expanded(mut self, variable: Environment<'_>) -> anyhow::Result<Self> {
        if !self.username.is_empty() {
            self.username = expanded("username", &self.username, variable)?;
        }
        for (key, secret) in
            [("password", &mut self.password), ("priv_password", &mut self.priv_password)]
        {
            if !is_empty(secret) {
                *secret = Secret::new(expanded(key, secret.expose(), variable)?);
            }
        }
        Ok(self)
    }

    /// The auth that is meant.
    ///
    /// # Errors
    /// When the version does not exist, or a name or password is missing that it needs.
    pub(super) fn resolve(&self) -> anyhow::Result<Auth> {
        let community = self.community.clone();
        let version = match self.version {
            1 => Version::V1 { community },
            2 => Version::V2c { community },
            3 => Version::V3 { username: self.username.clone(), level: self.level()? },
            other => anyhow::bail!("version: is {other}, expected 1, 2 or 3"),
        };
        Ok(Auth { version, context_name: self.context_name.clone(), context_engine: None })
    }

    fn level(&self) -> anyhow::Result<Level> {
        anyhow::ensure!(!self.username.is_empty(), "username: is missing, version 3 needs one");
        let needed = |key, secret: &Secret, level| {
            anyhow::ensure!(
                !is_empty(secret),
                "{key}: is missing, security_level {level} needs one"
            );
            Ok(secret.clone())
        };
        let authentication = |level| {
            let password = needed("password", &self.password, level)?;
            Ok::<_, anyhow::Error>(Authentication { protocol: self.auth_protocol, password })
        };
        Ok(match self.security_level {
            SecurityLevel::NoAuthNoPriv => Level::NoAuthNoPriv,
            SecurityLevel::AuthNoPriv => Level::AuthNoPriv(authentication("authNoPriv")?),
            SecurityLevel::AuthPriv => {
                let password = needed("priv_password", &self.priv_password, "authPriv")?;
                let privacy = Privacy { protocol: self.priv_protocol, password };
                Level::AuthPriv(authentication("authPriv")?, privacy)
            }
        })
    }
}

/// Puts variables in for `$NAME` and `${NAME}`; an unknown one becomes nothing.
fn expanded(key: &str, text: &str, variable: Environment<'_>) -> anyhow::Result<String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        result += before;
        let (name, tail) = match after.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
            Some(braced) => braced,
            None => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                after.split_at(end.unwrap_or(after.len()))
            }
        };
        result += &variable(name).unwrap_or_default();
        rest = tail;
    }
    result += rest;
    anyhow::ensure!(
        !result.is_empty(),
        "{key}: names an environment variable that is not set or empty"
    );
    Ok(result)
}

fn is_empty(secret: &Secret) -> bool {
    secret.expose().is_empty()
}

fn hidden<S: Serializer>(_: &Secret, yaml: S) -> Result<S::Ok, S::Error> {
    yaml.serialize_str("<secret>")
}
