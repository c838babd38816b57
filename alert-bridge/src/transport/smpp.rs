//! An SMSC over SMPP 3.4, as a transceiver: one connection, kept open by `enquire_link`, made anew when it ends.
//!
//! Guarantee: nothing is lost; one message at a time is on the way (window 1), so a connection that ends or falls
//! silent leaves at most one in doubt. SMPP cannot tell a repetition, so that one stays in doubt until its receipt or
//! a person settles it. Receipts may come before the answer.
//!
//! The texts of more parts carry a user data header of 8 bits (3GPP TS 23.040 section 9.2.3.24.1).

mod link;
mod message;

use std::time::Duration;

use exporter_kit::Secret;
use rusmpp::CommandStatus;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{Message, Outcome};
use crate::delivery::inbound::Inbound;
use link::{Link, Submission};

/// How long a part is tried again while the SMSC throttles us in the middle of a message, and how often.
const THROTTLED: (u32, Duration) = (20, Duration::from_millis(500));

/// What an SMSC needs to know.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `HOST:PORT`.
    pub(crate) address: String,
    pub(crate) system_id: String,
    pub(crate) password: Secret,
    pub(crate) system_type: String,
    /// The sender that phones show: a number or a name.
    pub(crate) source: String,
    /// An answer is waited for so long.
    pub(crate) timeout: Duration,
    /// How often a quiet connection is asked whether it is there.
    pub(crate) enquire: Duration,
}

/// An SMSC as configured.
#[derive(Debug)]
pub(crate) struct Smsc {
    settings: Settings,
    link: watch::Sender<Link>,
}

/// What became of one part.
#[derive(Debug)]
enum Answer {
    /// The SMSC has it under this name.
    Taken(String),
    Refused(CommandStatus),
    /// It never left this program.
    Unsent(String),
    /// It left, and no answer came.
    Lost(String),
}

impl Smsc {
    pub(crate) fn new(settings: Settings) -> Self {
        Smsc { settings, link: watch::Sender::new(Link::Down("not connected yet".into())) }
    }

    /// Keeps a connection and tells what comes over it, until `stop`.
    pub(crate) async fn listen(&self, name: &str, inbound: &Inbound, stop: &CancellationToken) {
        link::keep(&self.settings, &self.link, name, inbound, stop).await;
    }

    pub(crate) async fn send(&self, message: &Message) -> Outcome {
        let parts = match message::parts(message, &self.settings.source) {
            Ok(parts) => parts,
            Err(why) => return Outcome::Rejected { why },
        };
        let mut references = Vec::new();
        for part in parts {
            let mut tries = 0;
            let answer = loop {
                let answer = self.submit(part.clone()).await;
                // The rest of a message whose first parts are taken: those would come twice if all began anew.
                let again = matches!(
                    answer,
                    Answer::Refused(CommandStatus::EsmeRthrottled | CommandStatus::EsmeRmsgqful)
                );
                if !again || references.is_empty() || tries == THROTTLED.0 {
                    break answer;
                }
                tries += 1;
                tokio::time::sleep(THROTTLED.1).await;
            };
            let taken = references.len();
            match answer {
                Answer::Taken(reference) => references.push(reference),
                Answer::Refused(status) if taken == 0 => return refusal(status),
                Answer::Unsent(why) if taken == 0 => return Outcome::Refused { why },
                Answer::Lost(why) if taken == 0 => return Outcome::InDoubt { why },
                rest => {
                    return Outcome::InDoubt {
                        why: format!("of its parts {taken} were taken, then: {rest:?}"),
                    };
                }
            }
        }
        Outcome::Accepted { references }
    }

    async fn submit(&self, part: rusmpp::pdus::SubmitSm) -> Answer {
        let queue = match &*self.link.borrow() {
            Link::Up(queue) => queue.clone(),
            Link::Down(why) => return Answer::Unsent(why.clone()),
        };
        let (answer, answered) = oneshot::channel();
        if queue.send(Submission { part, answer }).await.is_err() {
            return Answer::Unsent("the connection has ended".into());
        }
        // The link answers within its deadline, or ends and drops what it has sent.
        answered
            .await
            .unwrap_or_else(|_| Answer::Lost("the connection ended before the answer".into()))
    }
}

/// What a status other than success means.
fn refusal(status: CommandStatus) -> Outcome {
    let why = format!("the SMSC answered {status:?}");
    match status {
        // These speak of the message. Others can be mended.
        CommandStatus::EsmeRinvdstadr
        | CommandStatus::EsmeRinvdstton
        | CommandStatus::EsmeRinvdstnpi
        | CommandStatus::EsmeRinvmsglen => Outcome::Rejected { why },
        _ => Outcome::Refused { why },
    }
}
