//! What can go wrong with a call, as types: the codes of CloudStack's `ApiErrorCode`, and what comes before them.

use std::fmt;

/// Why a call failed. Every text names the call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key, the secret or the clock is wrong (401 of a first meaning).
    #[error(
        "{command}: the keys are not accepted (401: {text}); expected api_key and secret_key of an enabled account"
    )]
    Credentials {
        /// The call.
        command: &'static str,
        /// What the server said.
        text: String,
    },
    /// The server does not have the call, or the role may not use it (401 of a second meaning, 432).
    #[error("{command}: not available to this account; its role lacks the right to {command}, or the server is too old for it{}", .text.as_deref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Right {
        /// The call, which is also the name of the right.
        command: &'static str,
        /// What the server said; `None` when `listApis` left it out.
        text: Option<String>,
    },
    /// The server refused with a code of its own.
    #[error("{command}: refused, {code}: {text}")]
    Refused {
        /// The call.
        command: &'static str,
        /// Why.
        code: Code,
        /// What the server said.
        text: String,
    },
    /// No answer within the deadline.
    #[error("{command}: no answer within {seconds} s")]
    Deadline {
        /// The call.
        command: &'static str,
        /// The deadline.
        seconds: u64,
    },
    /// No connection, or it broke.
    #[error("{command}: {text}")]
    Connection {
        /// The call.
        command: &'static str,
        /// Why, without the address: it holds the key.
        text: String,
    },
    /// The answer is not what was expected.
    #[error("{command}: the answer cannot be read: {text}")]
    Answer {
        /// The call.
        command: &'static str,
        /// Why.
        text: String,
    },
}

impl Error {
    /// Whether the same call may well succeed in a moment.
    #[must_use]
    pub fn passing(&self) -> bool {
        match self {
            Error::Credentials { .. } | Error::Right { .. } => false,
            Error::Refused { code, .. } => {
                matches!(code, Code::Throttled | Code::Unavailable | Code::Internal)
            }
            // Waiting that long again would hold up all that comes behind.
            Error::Deadline { .. } => false,
            Error::Connection { .. } | Error::Answer { .. } => true,
        }
    }

    /// The value of the label `code` of the calls counted: an HTTP status, or what came instead.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Error::Credentials { .. } => "401",
            Error::Right { .. } => "432",
            Error::Refused { code, .. } => code.label(),
            Error::Deadline { .. } => "timeout",
            Error::Connection { .. } => "connection",
            Error::Answer { .. } => "unreadable",
        }
    }
}

/// CloudStack's codes, which are HTTP statuses as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// 401
    Unauthorized,
    /// 405
    Method,
    /// 429
    Throttled,
    /// 430
    Malformed,
    /// 431
    Parameter,
    /// 432
    Unsupported,
    /// 503
    Unavailable,
    /// 511
    SecondFactor,
    /// 530
    Internal,
    /// 531
    Account,
    /// 532
    AccountLimit,
    /// 533
    Capacity,
    /// 534
    ResourceUnavailable,
    /// 535
    Allocation,
    /// 536
    InUse,
    /// 537
    Conflict,
    /// Any other.
    Other(u16),
}

impl Code {
    /// The code that a number stands for.
    #[must_use]
    pub fn of(number: u16) -> Self {
        match number {
            401 => Code::Unauthorized,
            405 => Code::Method,
            429 => Code::Throttled,
            430 => Code::Malformed,
            431 => Code::Parameter,
            432 => Code::Unsupported,
            503 => Code::Unavailable,
            511 => Code::SecondFactor,
            530 => Code::Internal,
            531 => Code::Account,
            532 => Code::AccountLimit,
            533 => Code::Capacity,
            534 => Code::ResourceUnavailable,
            535 => Code::Allocation,
            536 => Code::InUse,
            537 => Code::Conflict,
            other => Code::Other(other),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Code::Unauthorized => "401",
            Code::Method => "405",
            Code::Throttled => "429",
            Code::Malformed => "430",
            Code::Parameter => "431",
            Code::Unsupported => "432",
            Code::Unavailable => "503",
            Code::SecondFactor => "511",
            Code::Internal => "530",
            Code::Account => "531",
            Code::AccountLimit => "532",
            Code::Capacity => "533",
            Code::ResourceUnavailable => "534",
            Code::Allocation => "535",
            Code::InUse => "536",
            Code::Conflict => "537",
            Code::Other(_) => "other",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Code::Other(number) => write!(f, "{number}"),
            Code::Throttled => f.write_str("429 (too many calls)"),
            Code::Parameter => f.write_str("431 (a parameter)"),
            Code::Unavailable => f.write_str("503 (the server is not available)"),
            code => f.write_str(code.label()),
        }
    }
}

/// The error that a refusal is.
pub(super) fn refusal(command: &'static str, number: u16, text: String) -> Error {
    let about_command = text.contains("does not exist") || text.contains("not available");
    match Code::of(number) {
        Code::Unauthorized | Code::Unsupported if about_command => {
            Error::Right { command, text: Some(text) }
        }
        Code::Unauthorized => Error::Credentials { command, text },
        code => Error::Refused { command, code, text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_meanings_of_401_are_told_apart() {
        let keys = "unable to verify user credentials and/or request signature";
        let error = refusal("listApis", 401, keys.to_owned());
        assert!(matches!(error, Error::Credentials { .. }) && !error.passing(), "{error}");
        let right =
            "The given command 'listHosts' either does not exist, is not available for user";
        let error = refusal("listHosts", 401, right.to_owned());
        assert!(matches!(error, Error::Right { .. }), "{error}");
        assert!(error.to_string().contains("lacks the right to listHosts"), "{error}");
    }

    #[test]
    fn every_code_keeps_its_number() {
        for number in [405, 429, 430, 431, 503, 511, 530, 531, 532, 533, 534, 535, 536, 537] {
            let error = refusal("listHosts", number, "so".to_owned());
            assert_eq!(error.label(), number.to_string());
            assert!(error.to_string().starts_with(&format!("listHosts: refused, {number}")));
        }
        assert!(refusal("listHosts", 429, String::new()).passing());
        assert!(!refusal("listHosts", 431, String::new()).passing());
        assert_eq!(refusal("listHosts", 418, String::new()).label(), "other");
    }
}
