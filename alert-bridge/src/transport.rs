//! The ways a message leaves this program. Each says what happened to a message, as far as can be known.

pub(crate) mod gammu;
pub(crate) mod http;

use jiff::Timestamp;

/// A message for one person.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Names this message for ever, in ASCII letters, digits and `-`; the same on every attempt.
    pub(crate) id: String,
    pub(crate) contact: String,
    /// Digits, with a leading `+` where it was configured so.
    pub(crate) phone: String,
    pub(crate) text: String,
    pub(crate) created_at: Timestamp,
}

/// A message that a phone has sent to us. The transport that received it gives it to [`crate::reply::Inbox::take`],
/// and keeps it until that has answered `Ok`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incoming {
    /// The sender's number as the transport tells it, in digits, with a leading `+` if it has one.
    pub(crate) from: String,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
}

/// What one attempt has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The other side has it, under this reference of its own if it gave one.
    Accepted { reference: Option<String> },
    /// It surely was not taken; worth another attempt.
    Refused { why: String },
    /// It never will be taken.
    Rejected { why: String },
    /// It may have been taken or not.
    InDoubt { why: String },
}

/// A configured way out.
#[derive(Debug)]
pub(crate) enum Transport {
    Gammu(gammu::Spool),
    Http(Box<http::Gateway>),
}

impl Transport {
    /// Makes one attempt. Ends within the transport's own deadline.
    pub(crate) async fn send(&self, message: &Message) -> Outcome {
        match self {
            Transport::Gammu(spool) => spool.send(message).await,
            Transport::Http(gateway) => gateway.send(message).await,
        }
    }

    /// Whether a message in doubt may be sent again: the other side drops a message that it has already.
    pub(crate) fn idempotent(&self) -> bool {
        match self {
            Transport::Gammu(_) => true,
            Transport::Http(gateway) => gateway.idempotent(),
        }
    }
}
