//! Why a pool cannot be read: a closed set, for a label.

use xenapi::{CertificateProblem, Error, ErrorKind};

/// Why there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nothing was tried to its end yet.
    Connecting,
    /// No connection.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// The certificate has another fingerprint than those pinned.
    Pin,
    /// The certificate's time is over or has not begun.
    CertificateTime,
    /// Any other trouble with the certificate.
    Certificate,
    /// No TLS 1.2 or 1.3.
    TlsVersion,
    /// User name or password.
    Credentials,
    /// No member is the master.
    NoMaster,
    /// XAPI refused.
    Refused,
    /// An answer that is not XAPI's.
    Garbage,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Connecting,
        Self::Unreachable,
        Self::Timeout,
        Self::Pin,
        Self::CertificateTime,
        Self::Certificate,
        Self::TlsVersion,
        Self::Credentials,
        Self::NoMaster,
        Self::Refused,
        Self::Garbage,
    ];

    /// As a label's value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Pin => "pin",
            Self::CertificateTime => "certificate_time",
            Self::Certificate => "certificate",
            Self::TlsVersion => "tls_version",
            Self::Credentials => "credentials",
            Self::NoMaster => "no_master",
            Self::Refused => "refused",
            Self::Garbage => "garbage",
        }
    }

    /// That of an error.
    pub(crate) fn of(error: &Error) -> Self {
        if let Error::Certificate { problem, .. } = error {
            return match problem {
                CertificateProblem::Pin { .. } => Self::Pin,
                CertificateProblem::Time(_) => Self::CertificateTime,
                _ => Self::Certificate,
            };
        }
        match error.kind() {
            ErrorKind::Unreachable | ErrorKind::Stopped => Self::Unreachable,
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::Certificate => Self::Certificate,
            ErrorKind::TlsVersion => Self::TlsVersion,
            ErrorKind::Credentials => Self::Credentials,
            ErrorKind::NoMaster => Self::NoMaster,
            ErrorKind::Refused => Self::Refused,
            ErrorKind::Garbage => Self::Garbage,
        }
    }
}
