//! `tls_server_config`: what rustls is to speak, from the names that Go and exporter-toolkit use.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{
    ServerConfig, SupportedCipherSuite, SupportedProtocolVersion, WantsVerifier, version,
};
use serde::Deserialize;

use super::client_certificate::{self, ClientAuth};
use super::watched::Watched;
use crate::config::Secret;

/// The settings as written.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TlsFile {
    cert: Option<Secret>,
    cert_file: Option<PathBuf>,
    key: Option<Secret>,
    key_file: Option<PathBuf>,
    client_auth_type: Option<ClientAuth>,
    client_ca: Option<Secret>,
    client_ca_file: Option<PathBuf>,
    client_allowed_sans: Option<Vec<String>>,
    min_version: Option<Version>,
    max_version: Option<Version>,
    cipher_suites: Option<Vec<CipherSuite>>,
    curve_preferences: Option<Vec<Curve>>,
    prefer_server_cipher_suites: Option<bool>,
}

impl TlsFile {
    /// None where nothing is set: plain HTTP.
    pub(super) fn resolve(
        self,
        base: &Path,
        http2: bool,
        files: &mut Watched,
    ) -> anyhow::Result<Option<ServerConfig>> {
        if self == TlsFile::default() {
            return Ok(None);
        }
        let TlsFile {
            cert,
            cert_file,
            key,
            key_file,
            client_auth_type,
            client_ca,
            client_ca_file,
            client_allowed_sans,
            min_version,
            max_version,
            cipher_suites,
            curve_preferences,
            prefer_server_cipher_suites,
        } = self;
        let mut pem = |key: &str, inline: Option<Secret>, file: Option<PathBuf>| {
            // As in the toolkit, empty is as good as not there.
            let inline = inline.filter(|text| !text.expose().is_empty());
            let file = file.filter(|file| !file.as_os_str().is_empty());
            if let Some(file) = &file {
                files.add(base.join(file));
            }
            let key = format!("tls_server_config.{key}");
            let text = Secret::resolve(&key, inline, file.as_deref(), base)?;
            let setting = if file.is_some() { format!("{key}_file") } else { key };
            anyhow::Ok(text.map(|text| Pem { setting, text }))
        };
        let cert = pem("cert", cert, cert_file)?
            .context("tls_server_config.cert_file: is missing, expected a certificate for TLS")?;
        let key = pem("key", key, key_file)?
            .context("tls_server_config.key_file: is missing, expected the certificate's key")?;
        let client_ca = pem("client_ca", client_ca, client_ca_file)?;

        let provider = Arc::new(provider(
            cipher_suites.unwrap_or_default(),
            curve_preferences.unwrap_or_default(),
        ));
        let clients = client_certificate::verifier(
            client_auth_type.unwrap_or_default(),
            client_ca.as_ref(),
            client_allowed_sans,
            &provider,
        )?;
        let builder = versions(provider, min_version, max_version)?;
        let builder = match clients {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut server = builder
            .with_single_cert(cert.certificates()?, key.private_key()?)
            .context("tls_server_config: certificate and key do not fit")?;
        server.ignore_client_order = prefer_server_cipher_suites.unwrap_or(true);
        server.alpn_protocols = match http2 {
            true => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            false => vec![b"http/1.1".to_vec()],
        };
        Ok(Some(server))
    }
}

/// PEM text, and the setting that it came from.
pub(super) struct Pem {
    pub(super) setting: String,
    text: Secret,
}

impl Pem {
    /// At least one.
    pub(super) fn certificates(&self) -> anyhow::Result<Vec<CertificateDer<'static>>> {
        let Pem { setting, text } = self;
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(text.expose().as_bytes())
            .collect::<Result<_, _>>()
            .with_context(|| format!("{setting}: is not PEM"))?;
        anyhow::ensure!(!certificates.is_empty(), "{setting}: no PEM certificate in it");
        Ok(certificates)
    }

    fn private_key(&self) -> anyhow::Result<PrivateKeyDer<'static>> {
        PrivateKeyDer::from_pem_slice(self.text.expose().as_bytes())
            .with_context(|| format!("{}: no PEM private key in it", self.setting))
    }
}

/// Suites of TLS 1.3 are always on, as they are in Go: `cipher_suites` chooses among those of TLS 1.2.
fn provider(suites: Vec<CipherSuite>, curves: Vec<Curve>) -> CryptoProvider {
    let mut provider = ring::default_provider();
    if !suites.is_empty() {
        provider.cipher_suites.retain(|suite| suite.tls13().is_some());
        let chosen = suites.into_iter().map(|CipherSuite(suite)| suite);
        provider.cipher_suites.extend(chosen.filter(|suite| suite.tls13().is_none()));
    }
    if !curves.is_empty() {
        provider.kx_groups = curves.into_iter().map(Curve::group).collect();
    }
    provider
}

fn versions(
    provider: Arc<CryptoProvider>,
    min: Option<Version>,
    max: Option<Version>,
) -> anyhow::Result<rustls::ConfigBuilder<ServerConfig, WantsVerifier>> {
    let (min, max) = (min.unwrap_or(Version::Tls12), max.unwrap_or(Version::Tls13));
    let versions: Vec<&SupportedProtocolVersion> = [Version::Tls12, Version::Tls13]
        .into_iter()
        .filter(|version| (min..=max).contains(version))
        .map(Version::rustls)
        .collect();
    anyhow::ensure!(
        !versions.is_empty(),
        "tls_server_config.max_version: is TLS12, expected min_version, which is TLS13, or more"
    );
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)
        .context("tls_server_config.cipher_suites: none is for the versions allowed, expected one")
}

/// A version of TLS. Older ones are not safe, and rustls does not speak them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Version {
    #[serde(rename = "TLS12")]
    Tls12,
    #[serde(rename = "TLS13")]
    Tls13,
}

impl Version {
    fn rustls(self) -> &'static SupportedProtocolVersion {
        match self {
            Version::Tls12 => &version::TLS12,
            Version::Tls13 => &version::TLS13,
        }
    }
}

/// A cipher suite by the name that Go gives it, which for TLS 1.2 is the one of rustls as well.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct CipherSuite(SupportedCipherSuite);

impl CipherSuite {
    fn name(suite: &SupportedCipherSuite) -> String {
        suite.suite().as_str().unwrap_or_default().replace("TLS13_", "TLS_")
    }
}

impl TryFrom<String> for CipherSuite {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let found = ring::ALL_CIPHER_SUITES.iter().find(|suite| Self::name(suite) == name);
        found.map(|suite| CipherSuite(*suite)).ok_or_else(|| {
            let supported: Vec<_> = ring::ALL_CIPHER_SUITES.iter().map(Self::name).collect();
            format!("`{name}` is not supported, expected one of {}", supported.join(", "))
        })
    }
}

/// A curve for the key exchange, by the name that Go gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Curve {
    CurveP256,
    CurveP384,
    X25519,
}

impl Curve {
    fn group(self) -> &'static dyn SupportedKxGroup {
        match self {
            Curve::CurveP256 => ring::kx_group::SECP256R1,
            Curve::CurveP384 => ring::kx_group::SECP384R1,
            Curve::X25519 => ring::kx_group::X25519,
        }
    }
}
