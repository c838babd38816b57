//! The certificates of the hosts, all of one authority. Where there is a folder, its key is kept there, so that who
//! believes it goes on to do so after a restart.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};

/// The date at which a good certificate ends.
pub(crate) const GOOD_UNTIL: &str = "20400101T00:00:00Z";

/// Signs the certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What a host shows when a connection begins.
pub(crate) struct Identity {
    pub(crate) configuration: Arc<ServerConfig>,
    /// SHA-256 of the certificate, as `AB:CD:..`.
    pub(crate) fingerprint: String,
    pem: String,
}

/// How a host's certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    Good,
    Expired,
}

impl Authority {
    /// The authority of a folder, made with it at the first start; without one, a new one.
    pub(crate) fn of(folder: Option<&Path>) -> anyhow::Result<Self> {
        let Some(folder) = folder else { return Self::new(KeyPair::generate()?) };
        let kept = folder.join("ca.key");
        let make = || {
            std::fs::create_dir_all(folder)?;
            let key = match std::fs::read_to_string(&kept) {
                Ok(pem) => KeyPair::from_pem(&pem)?,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let key = KeyPair::generate()?;
                    std::fs::write(&kept, key.serialize_pem())?;
                    key
                }
                Err(error) => return Err(error.into()),
            };
            let authority = Self::new(key)?;
            std::fs::write(folder.join("ca.pem"), authority.0.pem())?;
            anyhow::Ok(authority)
        };
        make().with_context(|| format!("cannot keep an authority in {}", folder.display()))
    }

    fn new(key: KeyPair) -> anyhow::Result<Self> {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, "lab-xapi authority");
        Ok(Self(CertifiedIssuer::self_signed(parameters, key)?))
    }

    /// A new key and certificate for an address.
    pub(crate) fn identity(&self, address: IpAddr, validity: Validity) -> anyhow::Result<Identity> {
        let mut parameters = CertificateParams::new([address.to_string()])?;
        parameters.distinguished_name.push(DnType::CommonName, address.to_string());
        (parameters.not_before, parameters.not_after) = match validity {
            Validity::Good => (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2040, 1, 1)),
            Validity::Expired => {
                (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1))
            }
        };
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &self.0)?;
        let der: CertificateDer<'static> = certificate.der().clone();
        let fingerprint = Sha256::digest(&der)
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<Vec<_>>()
            .join(":");
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let configuration = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![der], key.into())?;
        let (configuration, pem) = (Arc::new(configuration), certificate.pem());
        Ok(Identity { configuration, fingerprint, pem })
    }
}

/// What a host shows, which can be another than its own.
pub(crate) struct Certificate {
    own: Arc<Identity>,
    shown: Mutex<Arc<Identity>>,
}

impl Certificate {
    pub(crate) fn new(identity: Identity) -> Self {
        let own = Arc::new(identity);
        Self { shown: Mutex::new(Arc::clone(&own)), own }
    }

    pub(crate) fn shown(&self) -> Arc<Identity> {
        Arc::clone(&self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows another one from now on; none is the host's own again.
    pub(crate) fn show(&self, other: Option<Identity>) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) =
            other.map_or_else(|| Arc::clone(&self.own), Arc::new);
    }
}

impl Identity {
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        std::fs::write(path, &self.pem).with_context(|| format!("cannot write {}", path.display()))
    }
}
