//! Who may send notifications and events: bearer tokens. One for notifications names the Alertmanager cluster it
//! is for.

use std::path::Path;

use anyhow::{Context as _, ensure};
use axum::http::{HeaderMap, header};
use exporter_kit::Secret;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The tokens that are let in.
#[derive(Debug)]
pub(crate) struct Tokens(Vec<Token>);

#[derive(Debug)]
struct Token {
    /// Alertmanagers that share this name tell of the same alerts.
    cluster: String,
    secret: Secret,
}

impl Tokens {
    pub(crate) fn resolve(tokens: Vec<crate::config::Token>, base: &Path) -> anyhow::Result<Self> {
        ensure!(
            !tokens.is_empty(),
            "tokens: none is configured, expected at least one (Alertmanager sends it as \
             http_config.authorization.credentials); without it anyone could send messages"
        );
        Self::read("tokens", tokens, base)
    }

    /// Tokens of those who send events: there may be none, and then nobody may.
    pub(crate) fn of_sources(
        tokens: Vec<crate::config::Token>,
        base: &Path,
    ) -> anyhow::Result<Self> {
        Self::read("event_tokens", tokens, base)
    }

    fn read(list: &str, tokens: Vec<crate::config::Token>, base: &Path) -> anyhow::Result<Self> {
        let resolve = |token: crate::config::Token| {
            let crate::config::Token { name, token, token_file, cluster } = token;
            let key = format!("{list}.{name}.token");
            let secret = Secret::resolve(&key, token, token_file.as_deref(), base)?
                .with_context(|| format!("{key}: is missing, expected token or token_file"))?;
            anyhow::Ok(Token { cluster: cluster.unwrap_or_else(|| "default".into()), secret })
        };
        tokens.into_iter().map(resolve).collect::<anyhow::Result<_>>().map(Tokens)
    }

    /// Whether the caller brings a token that is known.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        self.cluster(headers).is_some()
    }

    /// The cluster of the caller, if it brings a token that is known. Takes as long for any wrong token.
    pub(crate) fn cluster(&self, headers: &HeaderMap) -> Option<&str> {
        let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, given) = given.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        // Digests are equally long whatever was sent, and every token is compared.
        let digest = |text: &str| Sha256::digest(text.trim());
        let given = digest(given);
        self.0.iter().fold(None, |found, token| {
            let same: bool = given.ct_eq(&digest(token.secret.expose())).into();
            if same { Some(token.cluster.as_str()) } else { found }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        let token = |cluster: &str, secret: &str| Token {
            cluster: cluster.into(),
            secret: Secret::new(secret),
        };
        Tokens(vec![token("north", "one"), token("south", "two")])
    }

    fn cluster(authorization: &str) -> Option<String> {
        let headers =
            HeaderMap::from_iter([(header::AUTHORIZATION, authorization.parse().unwrap())]);
        tokens().cluster(&headers).map(str::to_owned)
    }

    #[test]
    fn a_token_names_its_cluster() {
        assert_eq!(cluster("Bearer one").as_deref(), Some("north"));
        assert_eq!(cluster("bearer two").as_deref(), Some("south"));
    }

    #[test]
    fn anything_else_names_none() {
        for wrong in
            ["Bearer three", "Bearer ", "Bearer", "one", "Basic one", "Bearer onetwo", "Bearer on"]
        {
            assert_eq!(cluster(wrong), None, "{wrong}");
        }
        assert_eq!(tokens().cluster(&HeaderMap::new()), None);
    }

    #[test]
    fn a_token_is_not_printed() {
        let shown = format!("{:?}", tokens());
        assert!(shown.contains("north") && !shown.contains("one"), "{shown}");
    }
}
