//! What can go wrong with one call, in words that name the address.

use std::time::Duration;

use reqwest::StatusCode;

/// How many bytes of an answer an error quotes.
pub(crate) const QUOTED: usize = 256;

/// A call that failed. Nothing is known of its effects unless it is [`Error::Refused`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The HTTP client could not be made, for example because the system's certificates cannot be read.
    #[error("HTTP client for {address}: {reason}")]
    Setup {
        /// The Alertmanager.
        address: String,
        /// What the HTTP client said.
        reason: String,
    },
    /// No connection, or it broke.
    #[error("{call} at {address}: {reason}")]
    Unreachable {
        /// The Alertmanager.
        address: String,
        /// Method and path.
        call: String,
        /// What the HTTP client said.
        reason: String,
    },
    /// No complete answer in time.
    #[error("{call} at {address}: no answer within {after:?}")]
    Timeout {
        /// The Alertmanager.
        address: String,
        /// Method and path.
        call: String,
        /// The deadline.
        after: Duration,
    },
    /// An answer with a status other than 2xx.
    #[error("{call} at {address}: {status}, expected 200: {body:?}")]
    Refused {
        /// The Alertmanager.
        address: String,
        /// Method and path.
        call: String,
        /// The status.
        status: StatusCode,
        /// The first 256 bytes of the answer.
        body: String,
    },
    /// An answer of 2xx with a body that is not Alertmanager's.
    #[error("{call} at {address}: {reason} in the answer {body:?}")]
    Garbage {
        /// The Alertmanager.
        address: String,
        /// Method and path.
        call: String,
        /// What was expected, and where.
        reason: String,
        /// The first 256 bytes of the answer.
        body: String,
    },
    /// An answer longer than this client reads.
    #[error("{call} at {address}: answer longer than {limit} bytes")]
    TooLong {
        /// The Alertmanager.
        address: String,
        /// Method and path.
        call: String,
        /// The limit in bytes.
        limit: usize,
    },
}

impl Error {
    /// The status of an answer other than 2xx.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the content of the request was at fault, so that sending it again cannot help while sending
    /// something else can.
    pub(crate) fn blames_content(&self) -> bool {
        matches!(
            self.status(),
            Some(
                StatusCode::BAD_REQUEST
                    | StatusCode::PAYLOAD_TOO_LARGE
                    | StatusCode::UNPROCESSABLE_ENTITY
            )
        )
    }
}

/// The beginning of a body, for an error.
pub(crate) fn quote(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(QUOTED)]).into_owned()
}

/// An error with all its causes: the HTTP client keeps the one that helps ("connection refused") innermost.
/// Its URL is left out; the error names the address already.
pub(crate) fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
