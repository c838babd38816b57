//! What can be looked at: VNC servers of the configuration, and the consoles of XenServer pools as they are now.
//!
//! A browser names a target by its id alone; addresses come from the configuration or from a pool's inventory, so
//! that nobody can make this program connect elsewhere. A pool that is away hides none of the others.

mod xenserver;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Serialize, Serializer};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, StaticTarget};
use crate::rfb::upstream::{self, Failure, Upstream};
use xenserver::XenServer;

/// The group of targets that stand in the configuration; no pool may have this name.
pub const STATIC: &str = "static";

/// A target must accept the connection and finish its handshake within this.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// Names a target: a group, which is a pool or [`STATIC`], and a member of it: a VM's UUID or a configured name.
/// Written `GROUP/MEMBER`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetId {
    /// The pool's name, or [`STATIC`].
    pub group: String,
    /// The VM's UUID, or the name of the VNC server.
    pub member: String,
}

/// Text that is no id of a target.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is no target, expected GROUP/MEMBER of letters, digits, dots, hyphens and underscores"
)]
pub struct NoTargetId(String);

/// A target as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// Its id.
    pub id: TargetId,
    /// Its name for people; no two need differ.
    pub name: String,
    /// The VM's reference in its pool, `OpaqueRef:..`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The name of the host that it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Whether it can be opened now: a VM that is off has no console.
    pub available: bool,
}

/// All targets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Targets {
    servers: std::sync::Arc<[StaticTarget]>,
    pools: std::sync::Arc<[XenServer]>,
}

impl Targets {
    /// Starts to follow the pools, until `stop`.
    ///
    /// # Errors
    /// When the certificates to trust cannot be used.
    pub fn start(config: &Config, stop: &CancellationToken) -> anyhow::Result<Self> {
        let pools = config.pools.iter().map(|pool| XenServer::start(pool, stop));
        Ok(Targets {
            servers: config.targets.clone().into(),
            pools: pools.collect::<anyhow::Result<Vec<_>>>()?.into(),
        })
    }

    /// Those whose name, UUID or reference contains `text`, whatever the case; all for an empty one. By name.
    #[must_use]
    pub fn list(&self, text: &str) -> Vec<Target> {
        let text = text.to_lowercase();
        let fits = |target: &Target| {
            let Target { id, name, reference, host: _, available: _ } = target;
            name.to_lowercase().contains(&text)
                || id.member.to_lowercase().contains(&text)
                || reference.as_ref().is_some_and(|known| known.to_lowercase().contains(&text))
        };
        let servers = self.servers.iter().map(described);
        let pools = self.pools.iter().flat_map(XenServer::list);
        let mut found: Vec<_> = servers.chain(pools).filter(fits).collect();
        found.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        found
    }

    /// The target of this id.
    #[must_use]
    pub fn find(&self, id: &TargetId) -> Option<Target> {
        match self.server(id) {
            Some(server) => Some(described(server)),
            None => self.pool(id)?.find(&id.member),
        }
    }

    /// Whether sessions of this target are recorded.
    #[must_use]
    pub fn is_recorded(&self, id: &TargetId) -> bool {
        self.server(id).is_none_or(|server| server.record)
    }

    /// Connects to a target and brings it to the point where messages flow.
    ///
    /// # Errors
    /// Why it cannot be shown, in words for the user.
    pub async fn connect(&self, id: &TargetId) -> Result<Upstream, Failure> {
        let connecting = async {
            if let Some(server) = self.server(id) {
                let stream = TcpStream::connect(&server.address).await?;
                stream.set_nodelay(true)?;
                return upstream::handshake(Box::new(stream), &server.login).await;
            }
            let pool = self.pool(id).ok_or(Failure::NotThere)?;
            upstream::handshake(pool.open(&id.member).await?, &upstream::Login::default()).await
        };
        timeout(CONNECT_LIMIT, connecting).await.unwrap_or(Err(Failure::Late(CONNECT_LIMIT)))
    }

    fn server(&self, id: &TargetId) -> Option<&StaticTarget> {
        self.servers.iter().find(|server| server.id == *id)
    }

    fn pool(&self, id: &TargetId) -> Option<&XenServer> {
        self.pools.iter().find(|pool| pool.name() == id.group)
    }
}

fn described(server: &StaticTarget) -> Target {
    Target {
        id: server.id.clone(),
        name: server.id.member.clone(),
        reference: None,
        host: None,
        available: true,
    }
}

impl FromStr for TargetId {
    type Err = NoTargetId;

    fn from_str(text: &str) -> Result<Self, NoTargetId> {
        match text.split_once('/') {
            Some((group, member)) if is_part(group) && is_part(member) => {
                Ok(TargetId { group: group.to_owned(), member: member.to_owned() })
            }
            _ => Err(NoTargetId(text.chars().take(300).collect())),
        }
    }
}

/// Whether a text may be one of an id's two parts: safe in paths, URLs and file names.
pub(crate) fn is_part(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=128).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(plain)
}

impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.member)
    }
}

impl Serialize for TargetId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_two_plain_words() {
        let id: TargetId = "pool-1/9a5bd6f2-0000-4000-8000-000000000001".parse().unwrap();
        assert_eq!(id.to_string(), "pool-1/9a5bd6f2-0000-4000-8000-000000000001");
        for wrong in ["", "a", "a/", "/b", "a/b/c", "../b", "a/..", "a/b c", "a/127.0.0.1:5900"] {
            assert!(wrong.parse::<TargetId>().is_err(), "{wrong}");
        }
    }
}
