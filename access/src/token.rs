//! Bearer tokens, for programs. Which of them came is found in constant time.

use axum::http::{HeaderMap, header};
use exporter_kit::Secret;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// A token and what it stands for.
#[derive(Debug, Clone)]
pub struct Token<T> {
    /// Its name in the configuration, for logs.
    pub name: String,
    /// What its bearer is.
    pub value: T,
    /// The token itself.
    pub secret: Secret,
}

/// The tokens that are let in.
#[derive(Debug, Clone)]
pub struct Tokens<T>(Vec<Token<T>>);

impl<T> Tokens<T> {
    /// These tokens, and no others.
    #[must_use]
    pub fn new(tokens: Vec<Token<T>>) -> Self {
        Tokens(tokens)
    }

    /// Whether there are none, so that nobody is let in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The token that a request brings as `Authorization: Bearer`, if it is known. Takes as long for any wrong
    /// one.
    #[must_use]
    pub fn find(&self, headers: &HeaderMap) -> Option<&Token<T>> {
        // Digests are equally long whatever was sent, and every token is compared.
        let given = Sha256::digest(bearer(headers)?);
        self.0.iter().fold(None, |found, token| {
            let same: bool = given.ct_eq(&Sha256::digest(token.secret.expose().trim())).into();
            if same { Some(token) } else { found }
        })
    }
}

/// What stands in `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, given) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| given.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens<&'static str> {
        let token =
            |value, secret: &str| Token { name: "am".into(), value, secret: Secret::new(secret) };
        Tokens::new(vec![token("north", "one"), token("south", "two")])
    }

    fn found(authorization: &str) -> Option<&'static str> {
        let headers =
            HeaderMap::from_iter([(header::AUTHORIZATION, authorization.parse().unwrap())]);
        tokens().find(&headers).map(|token| token.value)
    }

    #[test]
    fn a_token_stands_for_its_value() {
        assert_eq!(found("Bearer one"), Some("north"));
        assert_eq!(found("bearer two"), Some("south"));
    }

    #[test]
    fn anything_else_stands_for_nothing() {
        for wrong in
            ["Bearer three", "Bearer ", "Bearer", "one", "Basic one", "Bearer onetwo", "Bearer on"]
        {
            assert_eq!(found(wrong), None, "{wrong}");
        }
        assert!(tokens().find(&HeaderMap::new()).is_none());
    }

    #[test]
    fn a_token_is_not_printed() {
        let shown = format!("{:?}", tokens());
        assert!(shown.contains("north") && !shown.contains("one"), "{shown}");
    }
}
