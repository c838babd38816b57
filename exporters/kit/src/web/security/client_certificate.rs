//! `client_auth_type`, `client_ca` and `client_allowed_sans`: whose certificate lets a client in.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Context as _;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, RootCertStore,
    SignatureScheme, client,
};
use serde::Deserialize;
use x509_parser::extensions::GeneralName;

use super::tls::Pem;

/// What is asked of a client, by the names that Go gives it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum ClientAuth {
    #[default]
    #[serde(alias = "")]
    NoClientCert,
    RequestClientCert,
    #[serde(alias = "RequireClientCert")]
    RequireAnyClientCert,
    VerifyClientCertIfGiven,
    RequireAndVerifyClientCert,
}

impl ClientAuth {
    fn mandatory(self) -> bool {
        matches!(self, ClientAuth::RequireAnyClientCert | ClientAuth::RequireAndVerifyClientCert)
    }

    fn verifies(self) -> bool {
        matches!(self, ClientAuth::VerifyClientCertIfGiven | ClientAuth::RequireAndVerifyClientCert)
    }
}

/// None where no certificate is asked for.
pub(super) fn verifier(
    auth: ClientAuth,
    ca: Option<&Pem>,
    allowed_sans: Option<Vec<String>>,
    provider: &Arc<CryptoProvider>,
) -> anyhow::Result<Option<Arc<dyn ClientCertVerifier>>> {
    anyhow::ensure!(
        ca.is_none() || auth != ClientAuth::NoClientCert,
        "tls_server_config.client_auth_type: is NoClientCert, expected another one, as client_ca is set"
    );
    anyhow::ensure!(
        allowed_sans.is_none() || auth.mandatory(),
        "tls_server_config.client_auth_type: is {auth:?}, expected RequireAnyClientCert or \
         RequireAndVerifyClientCert, as client_allowed_sans is set"
    );
    if auth == ClientAuth::NoClientCert {
        return Ok(None);
    }
    let roots = Arc::new(ca.map(roots).transpose()?.unwrap_or_else(RootCertStore::empty));
    let hints = roots.subjects();
    let chain = auth.verifies().then(|| {
        anyhow::ensure!(
            !roots.is_empty(),
            "tls_server_config.client_ca_file: is missing, expected the CA of the clients, as \
             client_auth_type is {auth:?}"
        );
        WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider))
            .build()
            .context("tls_server_config.client_ca: cannot be used")
    });
    let chain = chain.transpose()?;
    let verifier = Verifier {
        mandatory: auth.mandatory(),
        chain,
        allowed_sans,
        hints,
        provider: Arc::clone(provider),
    };
    Ok(Some(Arc::new(verifier)))
}

fn roots(ca: &Pem) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in ca.certificates()? {
        roots
            .add(certificate)
            .with_context(|| format!("{}: holds no CA certificate", ca.setting))?;
    }
    Ok(roots)
}

/// Checks a client's certificate. That the client holds its key is always checked.
#[derive(Debug)]
struct Verifier {
    mandatory: bool,
    /// Checks who signed it; without this, anyone may have.
    chain: Option<Arc<dyn ClientCertVerifier>>,
    /// One of the certificate's alternative names must be among these.
    allowed_sans: Option<Vec<String>>,
    hints: Vec<DistinguishedName>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if let Some(chain) = &self.chain {
            chain.verify_client_cert(end_entity, intermediates, now)?;
        }
        if let Some(allowed) = &self.allowed_sans {
            let found = alternative_names(end_entity).ok_or(CertificateError::BadEncoding)?;
            if !found.iter().any(|name| allowed.contains(name)) {
                let error = OtherError(Arc::new(NotInClientAllowedSans(found)));
                return Err(CertificateError::Other(error).into());
            }
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Its name is what rustls shows of it.
#[derive(Debug, thiserror::Error)]
#[error("the client's certificate is for {0:?}, none of them in client_allowed_sans")]
struct NotInClientAllowedSans(Vec<String>);

/// DNS names, mail addresses, URIs and IP addresses of a certificate; None where it cannot be read.
fn alternative_names(certificate: &[u8]) -> Option<Vec<String>> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let Some(extension) = certificate.subject_alternative_name().ok()? else {
        return Some(Vec::new());
    };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
            Some((*text).to_owned())
        }
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    };
    Some(extension.value.general_names.iter().filter_map(name).collect())
}

/// RFC 5280, 4.2.1.6: four bytes or sixteen.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    #[test]
    fn alternative_names_of_all_four_kinds() {
        let mut params = CertificateParams::new(vec!["scraper.example".to_owned()]).unwrap();
        params.subject_alt_names.extend([
            SanType::IpAddress("192.0.2.7".parse().unwrap()),
            SanType::IpAddress("2001:db8::7".parse().unwrap()),
            SanType::Rfc822Name("ops@example.org".try_into().unwrap()),
            SanType::URI("spiffe://example.org/scraper".try_into().unwrap()),
        ]);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert_eq!(
            alternative_names(certificate.der()).unwrap(),
            [
                "scraper.example",
                "192.0.2.7",
                "2001:db8::7",
                "ops@example.org",
                "spiffe://example.org/scraper"
            ]
        );
        let none = CertificateParams::default().self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert!(alternative_names(none.der()).unwrap().is_empty());
    }

    #[test]
    fn a_certificate_that_is_none_has_no_names() {
        let certificate = CertificateParams::new(vec!["a.example".to_owned()])
            .unwrap()
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap();
        let der = certificate.der();
        for end in 0..der.len() {
            assert_eq!(alternative_names(&der[..end]), None, "the first {end} bytes");
        }
        assert_eq!(address(&[1, 2, 3]), None);
    }
}
