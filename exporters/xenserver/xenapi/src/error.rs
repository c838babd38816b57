//! Why a call failed.

use std::time::Duration;

use crate::{Address, Fingerprint};

/// Longest part of an answer that an error quotes, in bytes.
const QUOTED: usize = 200;

/// A call that failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No connection, or it broke.
    #[error("{call} at {address}: {reason}")]
    Unreachable {
        /// The host.
        address: Address,
        /// The method.
        call: String,
        /// What the connection said.
        reason: String,
    },
    /// No complete answer in time.
    #[error("{call} at {address}: no answer within {after:?}")]
    Timeout {
        /// The host.
        address: Address,
        /// The method.
        call: String,
        /// The deadline.
        after: Duration,
    },
    /// A certificate that is not believed.
    #[error("certificate of {address}: {problem}")]
    Certificate {
        /// The host.
        address: Address,
        /// What is wrong with it.
        problem: CertificateProblem,
    },
    /// The host has no TLS 1.2 or 1.3, or speaks no TLS at all.
    #[error("TLS with {address}: {reason}, expected TLS 1.2 or 1.3")]
    TlsVersion {
        /// The host.
        address: Address,
        /// What the handshake ended with.
        reason: String,
    },
    /// The user name or password is wrong, or the user may not log in.
    #[error("login at {address}: user name or password refused ({code})")]
    Credentials {
        /// The host.
        address: Address,
        /// XAPI's code.
        code: String,
    },
    /// Members name each other as the master.
    #[error("no master: {chain}")]
    NoMaster {
        /// Who named whom.
        chain: String,
    },
    /// XAPI refused a call.
    #[error("{call} at {address}: {failure}")]
    Refused {
        /// The host.
        address: Address,
        /// The method.
        call: String,
        /// What XAPI said.
        failure: Failure,
    },
    /// An HTTP status other than 200.
    #[error("{call} at {address}: HTTP status {status}, expected 200: {body:?}")]
    Http {
        /// The host.
        address: Address,
        /// The method.
        call: String,
        /// The status.
        status: u16,
        /// The beginning of the answer.
        body: String,
    },
    /// An answer that is not XAPI's.
    #[error("{call} at {address}: {reason}")]
    Garbage {
        /// The host.
        address: Address,
        /// The method.
        call: String,
        /// What was expected, and where.
        reason: String,
    },
    /// An answer that is not even JSON, as of a host that has XML-RPC alone.
    #[error("{call} at {address}: the answer is no JSON: {body:?}")]
    NotJson {
        /// The host.
        address: Address,
        /// The method.
        call: String,
        /// The beginning of the answer.
        body: String,
    },
    /// An answer longer than this client reads.
    #[error("{call} at {address}: answer longer than {limit} bytes")]
    TooLong {
        /// The host.
        address: Address,
        /// The method.
        call: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The client was stopped.
    #[error("the pool's client was stopped")]
    Stopped,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// Its fingerprint is none of the pinned ones.
    #[error("SHA-256 fingerprint {presented} is none of those pinned")]
    Pin {
        /// The fingerprint of the one presented.
        presented: Fingerprint,
    },
    /// Not version 3 of X.509, as very old hosts have.
    #[error("X.509 version {version}, expected version 3: replace the host's certificate")]
    Version {
        /// The version, 1 or 2.
        version: u32,
    },
    /// Its time is over, or has not begun.
    #[error("outside its time: {0}")]
    Time(String),
    /// No authority that is believed has signed it.
    #[error("signed by no authority that is believed")]
    Authority,
    /// It is for another name or address.
    #[error("for another name: {0}")]
    Name(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// A refusal of XAPI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The code, for example `HANDLE_INVALID`.
    pub code: String,
    /// Its arguments, a session's reference left out.
    pub arguments: Vec<String>,
}

impl Failure {
    /// From `[code, argument..]`.
    pub(crate) fn new(description: Vec<String>) -> Self {
        let mut parts = description.into_iter();
        let code = parts.next().unwrap_or_else(|| "without a code".to_owned());
        let secret = matches!(code.as_str(), "SESSION_INVALID" | "SESSION_NOT_REGISTERED");
        let arguments = parts.filter(|_| !secret).map(|text| quote(text.as_bytes())).collect();
        Self { code, arguments }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {argument:?}"))
    }
}

/// The kinds of [`Error`], for a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// No connection or no answer in time.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// A certificate that is not believed.
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
    /// The client was stopped.
    Stopped,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Unreachable,
        Self::Timeout,
        Self::Certificate,
        Self::TlsVersion,
        Self::Credentials,
        Self::NoMaster,
        Self::Refused,
        Self::Garbage,
        Self::Stopped,
    ];

    /// As a label's value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Certificate => "certificate",
            Self::TlsVersion => "tls_version",
            Self::Credentials => "credentials",
            Self::NoMaster => "no_master",
            Self::Refused => "refused",
            Self::Garbage => "garbage",
            Self::Stopped => "stopped",
        }
    }
}

impl Error {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable { .. } => ErrorKind::Unreachable,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Certificate { .. } => ErrorKind::Certificate,
            Self::TlsVersion { .. } => ErrorKind::TlsVersion,
            Self::Credentials { .. } => ErrorKind::Credentials,
            Self::NoMaster { .. } => ErrorKind::NoMaster,
            Self::Refused { .. } => ErrorKind::Refused,
            Self::Http { .. }
            | Self::Garbage { .. }
            | Self::NotJson { .. }
            | Self::TooLong { .. } => ErrorKind::Garbage,
            Self::Stopped => ErrorKind::Stopped,
        }
    }

    /// XAPI's code, for a call that XAPI refused.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { failure, .. } => Some(&failure.code),
            Self::Credentials { code, .. } => Some(code),
            _ => None,
        }
    }

    /// The master that a slave named: an address without a port.
    pub(crate) fn master(&self) -> Option<&str> {
        match self {
            Self::Refused { failure, .. } if failure.code == "HOST_IS_SLAVE" => {
                failure.arguments.first().map(String::as_str)
            }
            _ => None,
        }
    }

    /// Whether another session would help: this one is over, or was made with a host that is no longer
    /// the master.
    pub(crate) fn blames_session(&self) -> bool {
        matches!(self.code(), Some("SESSION_INVALID" | "HOST_IS_SLAVE"))
            || matches!(self, Self::Http { status: 401, .. })
    }
}

/// The beginning of an answer, for an error.
pub(crate) fn quote(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(QUOTED)]).into_owned()
}
