//! TLS to a pool's members: RPC, RRDs and consoles use the same trust.
//!
//! Trust is in authorities (the system's or a file's) or in pinned certificates. Pins are by the SHA-256 of the
//! leaf certificate, so a pinned certificate is believed whatever its name and time. A pool that is trusted may
//! name the certificates of its members: its answers come from a host that is believed already.
//! Never weaker than TLS 1.2 and X.509 version 3; both are refused in words.

mod fingerprint;
mod verifier;

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, RootCertStore,
    client::WebPkiServerVerifier,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{Address, CertificateProblem, Error};

pub use fingerprint::{Fingerprint, FingerprintError};
use verifier::{Judge, Objection, Verifier};

/// Most certificates learnt from a pool. XAPI allows 64 hosts in a pool.
const MOST_LEARNT: usize = 1024;

/// Which certificates are believed.
#[derive(Debug, Clone, PartialEq)]
pub enum Trust {
    /// Those of the system's authorities.
    System,
    /// Those of the authorities in this PEM text.
    Authorities(Vec<u8>),
    /// These.
    Pinned(Vec<Fingerprint>),
}

/// A [`Trust`] that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The system has no readable certificates.
    #[error("the system's certificates: {0}")]
    System(String),
    /// The PEM text holds no usable certificate.
    #[error("authorities: {0}, expected PEM certificates")]
    Authorities(String),
    /// An empty list of pins would believe nobody.
    #[error("pins: none given, expected at least one SHA-256 fingerprint")]
    NoPins,
    /// The HTTP client cannot be made.
    #[error("HTTP client: {0}")]
    Client(String),
}

/// Makes TLS connections that are believed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    pins: Option<Pins>,
}

/// The pinned certificates: those given, and those that a trusted host has named since.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pins(Arc<RwLock<HashSet<Fingerprint>>>);

impl Pins {
    fn contain(&self, fingerprint: &Fingerprint) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(fingerprint)
    }
}

impl Tls {
    /// Prepares connections.
    ///
    /// # Errors
    /// There are no usable authorities, or no pins.
    pub fn new(trust: &Trust) -> Result<Self, TrustError> {
        let provider = Arc::new(ring::default_provider());
        let (judge, pins) = match trust {
            Trust::System => (Judge::Authorities(authorities(system()?, &provider)?), None),
            Trust::Authorities(pem) => {
                (Judge::Authorities(authorities(roots(pem)?, &provider)?), None)
            }
            Trust::Pinned(given) if given.is_empty() => return Err(TrustError::NoPins),
            Trust::Pinned(given) => {
                let pins = Pins(Arc::new(RwLock::new(given.iter().copied().collect())));
                (Judge::Pins(pins.clone()), Some(pins))
            }
        };
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| TrustError::Client(error.to_string()))?
            .dangerous() // Only in name: the verifier below is stricter than the usual one.
            .with_custom_certificate_verifier(Arc::new(Verifier::new(judge, provider)))
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config), pins })
    }

    /// A connection, for what is no plain HTTP: consoles.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Timeout`], [`Error::Certificate`] or [`Error::TlsVersion`].
    pub async fn connect(
        &self,
        address: &Address,
        deadline: Duration,
    ) -> Result<TlsStream<TcpStream>, Error> {
        let unreachable = |reason: String| Error::Unreachable {
            address: address.clone(),
            call: "connect".to_owned(),
            reason,
        };
        let name = ServerName::try_from(address.host().to_owned())
            .map_err(|error| unreachable(error.to_string()))?;
        let connecting = async {
            let stream = TcpStream::connect((address.host(), address.port())).await?;
            stream.set_nodelay(true)?;
            TlsConnector::from(self.config.clone()).connect(name, stream).await
        };
        match tokio::time::timeout(deadline, connecting).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => {
                Err(blame(address, &error).unwrap_or_else(|| unreachable(error.to_string())))
            }
            Err(_) => Err(Error::Timeout {
                address: address.clone(),
                call: "connect".to_owned(),
                after: deadline,
            }),
        }
    }

    pub(crate) fn config(&self) -> ClientConfig {
        (*self.config).clone()
    }

    /// Whether certificates are pinned, so that [`Tls::learn`] has a meaning.
    pub(crate) fn is_pinned(&self) -> bool {
        self.pins.is_some()
    }

    /// Believes certificates that a trusted host has named. Without pins nothing is learnt: there the
    /// authorities decide.
    pub(crate) fn learn(&self, named: impl IntoIterator<Item = Fingerprint>) {
        let Some(Pins(pins)) = &self.pins else { return };
        let mut pins = pins.write().unwrap_or_else(PoisonError::into_inner);
        for fingerprint in named {
            if pins.len() < MOST_LEARNT && pins.insert(fingerprint) {
                tracing::debug!(%fingerprint, "the pool names a member's certificate");
            }
        }
    }
}

/// The error that a failed handshake stands for, `None` when it was not TLS that failed.
pub(crate) fn blame(address: &Address, error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let address = address.clone();
    match find(error)? {
        rustls::Error::InvalidCertificate(error) => {
            Some(Error::Certificate { address, problem: problem(error) })
        }
        error @ (rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        )
        | rustls::Error::InvalidMessage(_)) => {
            Some(Error::TlsVersion { address, reason: error.to_string() })
        }
        _ => None,
    }
}

/// The TLS error among an error's causes. An I/O error hides the one it wraps from `source`.
fn find<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(found) = wrapped.and_then(|inner| find(inner)) {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

fn problem(error: &CertificateError) -> CertificateProblem {
    match error {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            CertificateProblem::Time(error.to_string())
        }
        // Another authority of the same name gives a bad signature.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            CertificateProblem::Authority
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateProblem::Name(error.to_string())
        }
        CertificateError::Other(other) => match other.0.downcast_ref() {
            Some(Objection(problem)) => problem.clone(),
            None => CertificateProblem::Other(other.to_string()),
        },
        other => CertificateProblem::Other(other.to_string()),
    }
}

fn authorities(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, TrustError> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| TrustError::Authorities(error.to_string()))
}

fn system() -> Result<RootCertStore, TrustError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    match (roots.is_empty(), found.errors.first()) {
        (false, _) => Ok(roots),
        (true, Some(error)) => Err(TrustError::System(error.to_string())),
        (true, None) => Err(TrustError::System("there are none".to_owned())),
    }
}

fn roots(pem: &[u8]) -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate =
            certificate.map_err(|error| TrustError::Authorities(error.to_string()))?;
        roots.add(certificate).map_err(|error| TrustError::Authorities(error.to_string()))?;
    }
    match roots.is_empty() {
        true => Err(TrustError::Authorities("no certificate in it".to_owned())),
        false => Ok(roots),
    }
}
