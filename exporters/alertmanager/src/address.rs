//! Where an Alertmanager is and how to log in there.

use std::fmt;

use exporter_kit::Secret;
use reqwest::Url;

/// One Alertmanager.
#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    pub(crate) url: Url,
    pub(crate) auth: Auth,
}

/// How to log in.
#[derive(Debug, Clone, PartialEq)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_with_a_path_loses_its_last_slash() {
        for (url, shown) in
            [("http://127.0.0.1:9093", "http://127.0.0.1:9093"), ("https://a/am/", "https://a/am")]
        {
            assert_eq!(Address::new(url, Auth::None).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn says_what_is_wrong_without_the_password() {
        for (url, expected) in [
            ("127.0.0.1:9093", "expected for example http://127.0.0.1:9093"),
            ("ftp://a", "scheme \"ftp\""),
            ("http://me:t0p@a", "expected them in basic_auth"),
            ("http://a/?b=c", "query or fragment"),
        ] {
            let error = Address::new(url, Auth::None).unwrap_err().to_string();
            assert!(error.contains(expected), "{url}: {error}");
            assert!(!error.contains("t0p"), "{error}");
        }
    }

    #[test]
    fn debug_hides_the_secret() {
        let password = Secret::new("t0p");
        let auth = Auth::Basic { username: "me".to_owned(), password };
        let address = Address::new("http://a", auth).unwrap();
        assert!(!format!("{address:?}").contains("t0p"));
    }
}
