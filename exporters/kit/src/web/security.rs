//! `--web.config.file`: TLS and logins, in the format of Prometheus' exporter-toolkit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;

use super::auth::Users;
use crate::config;

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    tls_server_config: Option<TlsFile>,
    basic_auth_users: BTreeMap<String, config::Secret>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsFile {
    cert_file: PathBuf,
    key_file: PathBuf,
}

/// Who may connect, and how.
pub(super) struct Security {
    users: Option<Users>,
    tls: Option<RustlsConfig>,
}

impl Security {
    pub(super) fn load(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Security { users: None, tls: None }) };
        let File { tls_server_config, basic_auth_users } = config::parse(path)?;
        let base = path.parent().unwrap_or(Path::new("."));
        let name = || path.display().to_string();
        let tls = tls_server_config.map(|file| tls(&file, base)).transpose().with_context(name)?;
        let users = match basic_auth_users.is_empty() {
            true => None,
            false => Some(Users::new(basic_auth_users).with_context(name)?),
        };
        Ok(Security { users, tls })
    }

    pub(super) fn has_users(&self) -> bool {
        self.users.is_some()
    }

    pub(super) fn into_parts(self) -> (Option<Users>, Option<RustlsConfig>) {
        (self.users, self.tls)
    }
}

fn tls(TlsFile { cert_file, key_file }: &TlsFile, base: &Path) -> anyhow::Result<RustlsConfig> {
    let (cert, key) = (base.join(cert_file), base.join(key_file));
    let chain = CertificateDer::pem_file_iter(&cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| {
            format!("tls_server_config.cert_file: no PEM certificates in {}", cert.display())
        })?;
    let key = PrivateKeyDer::from_pem_file(&key).with_context(|| {
        format!("tls_server_config.key_file: no PEM private key in {}", key.display())
    })?;
    let mut server =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .context("tls_server_config: certificate and key do not fit")?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(server)))
}
