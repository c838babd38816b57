//! Decides over a host's certificate.

use std::{fmt, sync::Arc};

use rustls::{
    CertificateError, DigitallySignedStruct, OtherError, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use x509_parser::{parse_x509_certificate, x509::X509Version};

use super::{Fingerprint, Pins};
use crate::CertificateProblem;

/// By what a certificate is judged.
#[derive(Debug)]
pub(super) enum Judge {
    Authorities(Arc<WebPkiServerVerifier>),
    Pins(Pins),
}

/// Looks at the version of X.509 first, since what follows would refuse an old one without saying why. Whether
/// the host holds the certificate's key is always checked.
#[derive(Debug)]
pub(super) struct Verifier {
    judge: Judge,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    pub(super) fn new(judge: Judge, provider: Arc<CryptoProvider>) -> Self {
        Self { judge, provider }
    }
}

/// Our own objection to a certificate, on its way through rustls' errors.
#[derive(Debug)]
pub(super) struct Objection(pub(super) CertificateProblem);

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Objection {}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let (_, certificate) =
            parse_x509_certificate(end_entity).map_err(|_| CertificateError::BadEncoding)?;
        if certificate.version != X509Version::V3 {
            let version = certificate.version.0 + 1; // V1 is written as 0.
            return Err(object(CertificateProblem::Version { version }));
        }
        match &self.judge {
            Judge::Authorities(verifier) => verifier.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            ),
            Judge::Pins(pins) => {
                let presented = Fingerprint::of(end_entity);
                match pins.contain(&presented) {
                    true => Ok(ServerCertVerified::assertion()),
                    false => Err(object(CertificateProblem::Pin { presented })),
                }
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn object(problem: CertificateProblem) -> rustls::Error {
    CertificateError::Other(OtherError(Arc::new(Objection(problem)))).into()
}
