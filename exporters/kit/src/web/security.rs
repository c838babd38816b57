//! `--web.config.file`: who may connect and how, in the format of Prometheus' exporter-toolkit.
//!
//! Promises: a file that promtool accepts and rustls can honour works as it stands; what rustls cannot honour
//! is one error that names the key, what came and what is supported. Refuses to know routes and sockets.

mod client_certificate;
mod current;
mod headers;
mod rate_limit;
#[cfg(test)]
mod tests;
mod tls;
mod watched;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use rustls::ServerConfig;
use serde::Deserialize;

use super::auth::Users;
use crate::config;
pub(super) use current::Current;
use headers::Name;
use rate_limit::{RateLimit, RateLimitFile};
use tls::TlsFile;
use watched::Watched;

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    tls_server_config: Option<TlsFile>,
    http_server_config: Option<HttpFile>,
    basic_auth_users: Option<BTreeMap<String, config::Secret>>,
    rate_limit: Option<RateLimitFile>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HttpFile {
    http2: Option<bool>,
    headers: Option<BTreeMap<Name, String>>,
}

/// Who may connect, and how. Its default lets everyone in, over plain HTTP.
#[derive(Default)]
pub(super) struct Security {
    pub(super) users: Option<Users>,
    pub(super) tls: Option<Arc<ServerConfig>>,
    headers: HeaderMap,
    rate_limit: Option<RateLimit>,
    files: Watched,
}

impl Security {
    pub(super) fn load(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Security::default()) };
        let mut files = Watched::default();
        files.add(path.to_owned());
        let file = config::parse(path)?;
        let base = path.parent().unwrap_or(Path::new("."));
        Self::resolve(file, base, files).with_context(|| path.display().to_string())
    }

    fn resolve(file: File, base: &Path, mut files: Watched) -> anyhow::Result<Self> {
        let File { tls_server_config, http_server_config, basic_auth_users, rate_limit } = file;
        let HttpFile { http2, headers } = http_server_config.unwrap_or_default();
        let tls = tls_server_config.unwrap_or_default().resolve(
            base,
            http2.unwrap_or(true),
            &mut files,
        )?;
        let users = basic_auth_users.filter(|users| !users.is_empty()).map(Users::new);
        Ok(Security {
            users: users.transpose()?,
            tls: tls.map(Arc::new),
            headers: headers::resolve(headers.unwrap_or_default())?,
            rate_limit: rate_limit.unwrap_or_default().resolve()?,
            files,
        })
    }

    /// What services have checked at their start must stay true while they run.
    fn may_become(&self, new: &Security) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.tls.is_some() == new.tls.is_some(),
            "tls_server_config: TLS was switched {}, which needs a restart",
            if new.tls.is_some() { "on" } else { "off" }
        );
        anyhow::ensure!(
            self.users.is_none() || new.users.is_some(),
            "basic_auth_users: all users are gone, which opens the door to everyone and needs a restart"
        );
        Ok(())
    }
}

/// Holds a request to the rate limit, and adds the configured headers to its answer where the service has
/// not set them itself.
pub(super) async fn govern(
    State(current): State<Arc<Current>>,
    request: Request,
    next: Next,
) -> Response {
    let security = current.now().await;
    if security.rate_limit.as_ref().is_some_and(|limit| !limit.admits(Instant::now())) {
        return (StatusCode::TOO_MANY_REQUESTS, "too many requests, see rate_limit\n")
            .into_response();
    }
    let mut response = next.run(request).await;
    for (name, value) in &security.headers {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}
