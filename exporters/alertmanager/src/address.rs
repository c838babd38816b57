//! Where an Alertmanager is and how to log in there.

use std::fmt;

use reqwest::Url;
use serde::Deserialize;

/// One Alertmanager.
///
/// In configuration: `url`, and `basic_auth` (`username`, `password`) or `bearer_token` where it wants one.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub struct Address {
    pub(crate) url: Url,
    pub(crate) auth: Auth,
}

/// How to log in.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Not at all.
    None,
    /// Name and password.
    Basic {
        /// Name.
        username: String,
        /// Password.
        password: Secret,
    },
    /// `Authorization: Bearer`.
    Bearer(Secret),
}

/// A text that is never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

/// An address that cannot be used. The texts never quote a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a URL, or one without a host.
    #[error("url: {reason}, expected for example http://127.0.0.1:9093")]
    Url {
        /// What the URL parser said.
        reason: String,
    },
    /// Another scheme.
    #[error("url: scheme {scheme:?}, expected http or https")]
    Scheme {
        /// The scheme as it came.
        scheme: String,
    },
    /// Name or password in the URL: they would end up in logs.
    #[error("url: a name or password in it, expected them in basic_auth")]
    Credentials,
    /// A `?` or `#` part.
    #[error("url: a query or fragment in it, expected none")]
    Query,
    /// Two ways to log in.
    #[error("both basic_auth and bearer_token, expected one of them")]
    Auth,
}

impl Address {
    /// `url` as in `http://127.0.0.1:9093` or, behind a path prefix, `https://example.org/alertmanager`.
    ///
    /// # Errors
    /// A URL of another kind, or with a name, password, query or fragment in it.
    pub fn new(url: &str, auth: Auth) -> Result<Self, AddressError> {
        let url =
            Url::parse(url).map_err(|error| AddressError::Url { reason: error.to_string() })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme { scheme: url.scheme().to_owned() });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError::Query);
        }
        Ok(Self { url, auth })
    }
}

/// The URL, without a final slash.
impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("<secret>")
    }
}

/// The address as configuration files write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    url: String,
    basic_auth: Option<BasicAuth>,
    bearer_token: Option<Secret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BasicAuth {
    username: String,
    password: Secret,
}

impl TryFrom<Written> for Address {
    type Error = AddressError;

    fn try_from(written: Written) -> Result<Self, AddressError> {
        let Written { url, basic_auth, bearer_token } = written;
        let auth = match (basic_auth, bearer_token) {
            (None, None) => Auth::None,
            (Some(BasicAuth { username, password }), None) => Auth::Basic { username, password },
            (None, Some(token)) => Auth::Bearer(token),
            (Some(_), Some(_)) => return Err(AddressError::Auth),
        };
        Self::new(&url, auth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Address, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_what_configuration_files_write() {
        let address = read(r#"{"url":"http://127.0.0.1:9093"}"#).unwrap();
        assert_eq!(address.to_string(), "http://127.0.0.1:9093");
        assert!(matches!(address.auth, Auth::None));
        let address = read(r#"{"url":"https://a/am/","bearer_token":"t0p"}"#).unwrap();
        assert_eq!(address.to_string(), "https://a/am");
        assert!(matches!(address.auth, Auth::Bearer(_)));
    }

    #[test]
    fn says_what_is_wrong_without_the_password() {
        for (json, expected) in [
            (r#"{"url":"127.0.0.1:9093"}"#, "expected for example http://127.0.0.1:9093"),
            (r#"{"url":"ftp://a"}"#, "scheme \"ftp\""),
            (r#"{"url":"http://me:t0p@a"}"#, "expected them in basic_auth"),
            (r#"{"url":"http://a/?b=c"}"#, "query or fragment"),
            (r#"{"url":"http://a","token":"t0p"}"#, "unknown field `token`"),
            (
                r#"{"url":"http://a","bearer_token":"t0p","basic_auth":{"username":"u","password":"t0p"}}"#,
                "expected one of them",
            ),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(expected), "{json}: {error}");
            assert!(!error.contains("t0p"), "{error}");
        }
    }

    #[test]
    fn debug_hides_the_secret() {
        let password = Secret::new("t0p".to_owned());
        let auth = Auth::Basic { username: "me".to_owned(), password };
        let address = Address::new("http://a", auth).unwrap();
        assert!(!format!("{address:?}").contains("t0p"));
    }
}
