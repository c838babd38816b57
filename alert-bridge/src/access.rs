//! Who may do what here: roles of people, and tokens of those who send notifications and events.

use std::path::Path;

use access::{Token, Tokens};
use anyhow::{Context as _, ensure};
use exporter_kit::Secret;
use serde::{Deserialize, Serialize};

use crate::heartbeat;

/// What a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Acknowledges.
    Operator,
    /// Reads the audit log as well.
    Admin,
}

/// What there is to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    See,
    Acknowledge,
    Audit,
}

impl access::Role for Role {
    type Right = Right;

    fn may(self, right: Right) -> bool {
        match right {
            Right::See => true,
            Right::Acknowledge => self != Role::Viewer,
            Right::Audit => self == Role::Admin,
        }
    }
}

/// The tokens of Alertmanagers. Those of one cluster tell of the same alerts.
pub(crate) fn of_clusters(
    tokens: Vec<crate::config::Token>,
    base: &Path,
) -> anyhow::Result<Tokens<String>> {
    ensure!(
        !tokens.is_empty(),
        "tokens: none is configured, expected at least one (Alertmanager sends it as \
         http_config.authorization.credentials); without it anyone could send messages"
    );
    read("tokens", tokens, base)
}

/// The tokens of those who send events: there may be none, and then nobody may.
pub(crate) fn of_sources(
    tokens: Vec<crate::config::Token>,
    base: &Path,
) -> anyhow::Result<Tokens<String>> {
    read("event_tokens", tokens, base)
}

fn read(
    list: &str,
    tokens: Vec<crate::config::Token>,
    base: &Path,
) -> anyhow::Result<Tokens<String>> {
    let resolve = |token: crate::config::Token| {
        let crate::config::Token { name, token, token_file, cluster } = token;
        let key = format!("{list}.{name}.token");
        let secret = Secret::resolve(&key, token, token_file.as_deref(), base)?
            .with_context(|| format!("{key}: is missing, expected token or token_file"))?;
        let cluster = cluster.unwrap_or_else(|| "default".into());
        ensure!(
            cluster != heartbeat::CLUSTER,
            "{list}.{name}.cluster: `{cluster}` is what alert-bridge calls itself, expected another name"
        );
        anyhow::Ok(Token { name, value: cluster, secret })
    };
    tokens.into_iter().map(resolve).collect::<anyhow::Result<_>>().map(Tokens::new)
}
