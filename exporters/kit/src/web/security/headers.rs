//! `http_server_config.headers`: the response headers that may be configured. The set is closed, as it is in
//! exporter-toolkit.

use std::collections::BTreeMap;

use anyhow::Context as _;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Deserialize;

/// A header that may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) enum Name {
    #[serde(rename = "Content-Security-Policy")]
    ContentSecurityPolicy,
    #[serde(rename = "Strict-Transport-Security")]
    StrictTransportSecurity,
    #[serde(rename = "X-Content-Type-Options")]
    ContentTypeOptions,
    #[serde(rename = "X-Frame-Options")]
    FrameOptions,
    #[serde(rename = "X-XSS-Protection")]
    XssProtection,
}

impl Name {
    fn header(self) -> HeaderName {
        match self {
            Name::ContentSecurityPolicy => header::CONTENT_SECURITY_POLICY,
            Name::StrictTransportSecurity => header::STRICT_TRANSPORT_SECURITY,
            Name::ContentTypeOptions => header::X_CONTENT_TYPE_OPTIONS,
            Name::FrameOptions => header::X_FRAME_OPTIONS,
            Name::XssProtection => header::X_XSS_PROTECTION,
        }
    }

    /// The values it may have; none for any.
    fn values(self) -> &'static [&'static str] {
        match self {
            Name::ContentTypeOptions => &["nosniff"],
            Name::FrameOptions => &["deny", "sameorigin"],
            Name::ContentSecurityPolicy | Name::StrictTransportSecurity | Name::XssProtection => {
                &[]
            }
        }
    }
}

/// A header with an empty value is not sent.
pub(super) fn resolve(headers: BTreeMap<Name, String>) -> anyhow::Result<HeaderMap> {
    let mut resolved = HeaderMap::new();
    for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
        let key = name.header();
        let values = name.values();
        anyhow::ensure!(
            values.is_empty() || values.contains(&value.as_str()),
            "http_server_config.headers.{key}: is {value:?}, expected {}",
            values.join(" or ")
        );
        let value = HeaderValue::from_str(&value).with_context(|| {
            format!("http_server_config.headers.{key}: is {value:?}, expected printable ASCII")
        })?;
        resolved.insert(key, value);
    }
    Ok(resolved)
}
