//! Makes what the protocol needs out of an auth of the configuration.
//!
//! A key is made of its password by hashing a megabyte (RFC 3414, A.2), so keys are kept.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use async_snmp::v3::PersistedDesSaltState;
use async_snmp::{DesSaltState, MasterKeys, UsmConfig};

use crate::config::{Auth, AuthProtocol, Authentication, Level, PrivProtocol, Privacy, Version};

/// More keys than this are not kept; a configuration has fewer.
const KEPT: usize = 256;

/// Keys that were made, and the state that DES needs.
#[derive(Default)]
pub(super) struct Credentials {
    kept: Mutex<Vec<Kept>>,
    salts: Mutex<Option<DesSaltState>>,
}

struct Kept {
    authentication: Authentication,
    privacy: Option<Privacy>,
    keys: MasterKeys,
}

/// What a session is opened with.
pub(super) struct Prepared {
    pub(super) auth: async_snmp::Auth,
    /// For DES: where its salts come from.
    pub(super) salts: Option<DesSaltState>,
}

/// Why an auth cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("{0}")]
    Keys(#[from] async_snmp::v3::CryptoError),
    #[error("{0}")]
    Salts(#[from] async_snmp::v3::DesSaltStateError),
}

impl Credentials {
    pub(super) fn prepare(&self, auth: &Auth) -> Result<Prepared, Unusable> {
        let Auth { version, context_name, .. } = auth;
        let (username, level) = match version {
            Version::V1 { community } => {
                return Ok(Prepared::plain(async_snmp::Auth::v1(community.expose())));
            }
            Version::V2c { community } => {
                return Ok(Prepared::plain(async_snmp::Auth::v2c(community.expose())));
            }
            Version::V3 { username, level } => (username, level),
        };
        let user = UsmConfig::new(username.clone()).context_name(context_name.clone());
        let (user, salts) = match level {
            Level::NoAuthNoPriv => (user, None),
            Level::AuthNoPriv(authentication) => {
                (user.with_master_keys(self.keys(authentication, None)?)?, None)
            }
            Level::AuthPriv(authentication, privacy) => {
                let user = user.with_master_keys(self.keys(authentication, Some(privacy))?)?;
                let des = privacy.protocol == PrivProtocol::Des;
                (user, if des { Some(self.salts()?) } else { None })
            }
        };
        Ok(Prepared { auth: user.into(), salts })
    }

    fn keys(
        &self,
        authentication: &Authentication,
        privacy: Option<&Privacy>,
    ) -> Result<MasterKeys, Unusable> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.iter().find(|known| {
            known.authentication == *authentication && known.privacy.as_ref() == privacy
        }) {
            return Ok(known.keys.clone());
        }
        let password = authentication.password.expose().as_bytes();
        let mut keys = MasterKeys::new(digest(authentication.protocol), password)?;
        if let Some(Privacy { protocol, password }) = privacy {
            keys = keys.with_privacy(cipher(*protocol), password.expose().as_bytes())?;
        }
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.push(Kept {
            authentication: authentication.clone(),
            privacy: privacy.cloned(),
            keys: keys.clone(),
        });
        Ok(keys)
    }

    /// DES must never use a salt twice with a key (RFC 3414, 8.1.1.1), also after a restart: salts begin with a
    /// number that grows with the clock.
    fn salts(&self) -> Result<DesSaltState, Unusable> {
        let mut salts = self.salts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(salts) = &*salts {
            return Ok(salts.clone());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
        let epoch = PersistedDesSaltState::new((now & 0x3fff_ffff) as u32 | 1)?;
        let made = DesSaltState::restart(epoch, |_| Ok::<_, std::convert::Infallible>(()))?;
        Ok(salts.insert(made).clone())
    }
}

impl Prepared {
    fn plain(auth: async_snmp::Auth) -> Self {
        Self { auth, salts: None }
    }
}

fn digest(protocol: AuthProtocol) -> async_snmp::AuthProtocol {
    match protocol {
        AuthProtocol::Md5 => async_snmp::AuthProtocol::Md5,
        AuthProtocol::Sha => async_snmp::AuthProtocol::Sha1,
        AuthProtocol::Sha224 => async_snmp::AuthProtocol::Sha224,
        AuthProtocol::Sha256 => async_snmp::AuthProtocol::Sha256,
        AuthProtocol::Sha384 => async_snmp::AuthProtocol::Sha384,
        AuthProtocol::Sha512 => async_snmp::AuthProtocol::Sha512,
    }
}

fn cipher(protocol: PrivProtocol) -> async_snmp::PrivProtocol {
    match protocol {
        PrivProtocol::Des => async_snmp::PrivProtocol::Des,
        PrivProtocol::Aes => async_snmp::PrivProtocol::Aes128,
        PrivProtocol::Aes192 => async_snmp::PrivProtocol::Aes192Blumenthal,
        PrivProtocol::Aes192C => async_snmp::PrivProtocol::Aes192Reeder,
        PrivProtocol::Aes256 => async_snmp::PrivProtocol::Aes256Blumenthal,
        PrivProtocol::Aes256C => async_snmp::PrivProtocol::Aes256Reeder,
    }
}
