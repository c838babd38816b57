//! The ways a message leaves this program. Each says what happened to a message, as far as can be known, and
//! most tell later how it ended.

pub(crate) mod callback;
pub(crate) mod gammu;
pub(crate) mod http;
pub(crate) mod smpp;
pub(crate) mod smstools;
pub(crate) mod spool;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::delivery::gate::Limits;
use crate::delivery::inbound::Inbound;

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
    /// The other side has it, each part under a reference of its own if it gave any.
    Accepted { references: Vec<String> },
    /// It surely was not taken; worth another attempt.
    Refused { why: String },
    /// It never will be taken this way.
    Rejected { why: String },
    /// It may have been taken or not.
    InDoubt { why: String },
}

impl Outcome {
    /// Its name in the store.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Outcome::Accepted { .. } => "accepted",
            Outcome::Refused { .. } => "refused",
            Outcome::Rejected { .. } => "rejected",
            Outcome::InDoubt { .. } => "in_doubt",
        }
    }
}

/// What the other side tells later of a message, or a part of one, that it has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// What it was accepted under, or our own id of the message.
    pub(crate) reference: String,
    pub(crate) fate: Fate,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The network has it, the phone perhaps not yet. Receipts of its parts will come under these names, if any.
    Sent { known_as: Vec<String> },
    /// It is on the phone.
    Delivered,
    /// It never will be.
    Failed { why: String },
}

impl Fate {
    /// All names.
    pub(crate) const NAMES: [&'static str; 3] = ["sent", "delivered", "failed"];

    /// Its name in the store and the metrics.
    pub(crate) fn name(&self) -> &'static str {
        let [sent, delivered, failed] = Fate::NAMES;
        match self {
            Fate::Sent { .. } => sent,
            Fate::Delivered => delivered,
            Fate::Failed { .. } => failed,
        }
    }
}

/// A configured way out.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) limits: Limits,
    pub(crate) way: Way,
}

/// The kinds of transports.
#[derive(Debug)]
pub(crate) enum Way {
    Gammu(gammu::Spool),
    Http(Box<http::Gateway>),
    Smpp(smpp::Smsc),
    Smstools(smstools::Spool),
}

impl Transport {
    /// Makes one attempt. Ends within the transport's own deadline.
    pub(crate) async fn send(&self, message: &Message) -> Outcome {
        match &self.way {
            Way::Gammu(spool) => spool.send(message).await,
            Way::Http(gateway) => gateway.send(message).await,
            Way::Smpp(smsc) => smsc.send(message).await,
            Way::Smstools(spool) => spool.send(message).await,
        }
    }

    /// Tells what it hears of its own accord, until `stop`.
    pub(crate) async fn listen(&self, name: &str, inbound: &Inbound, stop: &CancellationToken) {
        match &self.way {
            Way::Gammu(spool) => spool.listen(name, inbound, stop).await,
            // Gateways call us, see `callback`.
            Way::Http(_) => {}
            Way::Smpp(smsc) => smsc.listen(name, inbound, stop).await,
            Way::Smstools(spool) => spool.listen(name, inbound, stop).await,
        }
    }

    /// Whether a message in doubt may be sent again: the other side drops a message that it has already.
    pub(crate) fn idempotent(&self) -> bool {
        match &self.way {
            Way::Gammu(_) | Way::Smstools(_) => true,
            Way::Http(gateway) => gateway.idempotent(),
            Way::Smpp(_) => false,
        }
    }
}
