//! A certificate that the laboratory cannot make.

use std::sync::Arc;

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use xenapi::Fingerprint;

/// A certificate and its key.
#[derive(Clone, Debug)]
pub(crate) struct Signed(Arc<CertifiedKey>);

impl Signed {
    fn new(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Self {
        let key = ring::sign::any_supported_type(&key).unwrap();
        Self(Arc::new(CertifiedKey::new(vec![certificate], key)))
    }

    /// A certificate of X.509 version 1, as hosts of 2010 have them.
    pub(crate) fn version_1() -> Self {
        let pem = include_bytes!("version_1.pem");
        Self::new(
            CertificateDer::from_pem_slice(pem).unwrap(),
            PrivateKeyDer::from_pem_slice(pem).unwrap(),
        )
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0.cert[0])
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        Arc::new(config)
    }
}

/// Presents the certificate without looking at it, as rustls' own way would.
impl ResolvesServerCert for Signed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}
