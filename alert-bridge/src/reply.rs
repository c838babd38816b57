//! What phones send to us: a code that one of our messages carried takes its episode on.
//!
//! A code counts only from the phone that it was sent to. Numbers are compared by their last digits where one of
//! them lacks the country's prefix.

use std::sync::Arc;

use tokio::sync::watch;
use tracing::{info, warn};

use crate::acknowledge::{Desk, LONGEST_COMMENT, Refusal};
use crate::config::Config;
use crate::contact::Contact;
use crate::store::codes;
use crate::transport::Incoming;

/// Digits at the end of two numbers that must be the same where one of them is shorter.
const TELLING_DIGITS: usize = 7;

/// Takes in messages from phones, whatever transport received them. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Inbox {
    pub(crate) config: watch::Receiver<Arc<Config>>,
    pub(crate) desk: Desk,
}

/// The message should be given again later.
#[derive(Debug, thiserror::Error)]
#[error("the reply was not taken: {0}")]
pub(crate) struct NotTaken(Refusal);

impl Inbox {
    /// Acts on a message. `Ok` when it needs nothing more, also when it means nothing to us; the same message
    /// may be given twice.
    ///
    /// # Errors
    /// When it should be given again later.
    pub(crate) async fn take(&self, incoming: Incoming) -> Result<(), NotTaken> {
        let Incoming { from, text, at } = incoming;
        let config = Arc::clone(&self.config.borrow());
        let Reply { codes, comment } = Reply::read(&text);
        if !config.acknowledge_by_reply || codes.is_empty() {
            info!(from, %at, characters = text.chars().count(), "a message that is no reply to us");
            return Ok(());
        }
        let senders: Vec<_> =
            config.contacts.values().filter(|contact| same_number(&contact.phone, &from)).collect();
        if senders.is_empty() {
            warn!(from, %at, "a reply from a number that is no contact's");
        }
        for contact in senders {
            for code in &codes {
                self.acknowledge(contact, *code, &comment).await?;
            }
        }
        Ok(())
    }

    async fn acknowledge(
        &self,
        contact: &Contact,
        code: u16,
        comment: &str,
    ) -> Result<(), NotTaken> {
        let phone = contact.phone.clone();
        let found = self.desk.store.read(move |connection| codes::find(connection, &phone, code));
        let episodes = found.await.map_err(|error| NotTaken(error.into()))?;
        if episodes.is_empty() {
            info!(contact = contact.name, code, "a reply with a code that this phone was not sent");
        }
        for id in episodes {
            let who = format!("{} (SMS)", contact.name);
            match self.desk.record(id, &who, comment.to_owned()).await {
                Ok(_) => {}
                Err(Refusal::NoEpisode(_) | Refusal::Ended(_)) => {
                    info!(contact = contact.name, code, episode = id, "a reply to what has ended");
                }
                Err(error) => return Err(NotTaken(error)),
            }
        }
        Ok(())
    }
}

/// What a message says to us.
#[derive(Debug, PartialEq, Eq)]
struct Reply {
    codes: Vec<u16>,
    comment: String,
}

impl Reply {
    /// Reads `7`, `#7`, `ok 7, 8 on my way`, `确认 7`. Without codes it is no reply.
    fn read(text: &str) -> Self {
        const OPENINGS: [&str; 5] = ["ack", "ok", "确认", "收到", "处理"];
        let text = text.trim().replace('＃', "#");
        let lower = text.to_lowercase();
        let opening = OPENINGS.iter().find(|opening| lower.starts_with(**opening));
        // None of the openings changes its length with its case.
        let mut rest = text.get(opening.map_or(0, |opening| opening.len())..).unwrap_or_default();
        let mut codes = Vec::new();
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "#,，、:：".contains(c));
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (digits, after) = rest.split_at(end);
            let code = digits.parse().ok().filter(|code| (1..=codes::LARGEST).contains(code));
            // `10:45` and `3rd` begin a comment.
            let ends =
                after.chars().next().is_none_or(|c| c.is_whitespace() || "#,，、".contains(c));
            let Some(code) = code.filter(|_| ends) else { break };
            codes.push(code);
            rest = after;
        }
        Reply { codes, comment: rest.trim().chars().take(LONGEST_COMMENT).collect() }
    }
}

fn same_number(known: &str, from: &str) -> bool {
    let digits = |number: &str| number.chars().filter(char::is_ascii_digit).collect::<String>();
    let (known, from) = (digits(known), digits(from));
    let shorter = known.len().min(from.len());
    known == from
        || (shorter >= TELLING_DIGITS && (known.ends_with(&from) || from.ends_with(&known)))
}

#[cfg(test)]
mod tests;
