//! Storms, and what happened in somebody's quiet hours, in one message that names how many and the worst.
//!
//! A contact that was sent `digest_after` messages within a minute is sent no more: what comes then is held, and
//! told together, at most once a minute. Held rows are on disk as messages are, so nothing is lost by a crash.

use std::time::Duration;

use jiff::Timestamp;
use tracing::warn;

use crate::alert::Severity;
use crate::config::Config;
use crate::contact::Contact;
use crate::store::held::{self, Recent};
use crate::store::{StoreError, Writing, codes, messages};
use crate::text::digest::{Digest, Named};

/// A contact is sent one digest in this time.
const PAUSE: Duration = Duration::from_secs(60);

/// How long the first of a storm waits for the others.
const GATHER: Duration = Duration::from_secs(10);

/// Problems that a digest names at most; more have no place in ten parts.
const NAMED: usize = 60;

/// Until when something of this severity is held back from a contact; none when it is told at once.
pub(crate) fn hold_until(
    writing: &Writing<'_>,
    config: &Config,
    contact: &Contact,
    severity: Severity,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    if let Some(end) = contact.quiet_until(severity, now) {
        return Ok(Some(end));
    }
    let connection = writing.connection();
    // What waits for the end of quiet hours waits longer than any storm.
    if let Some(due_at) = held::due_before(connection, &contact.name, now + PAUSE)? {
        return Ok(Some(due_at));
    }
    let Recent { messages, digest_at } = held::recent(connection, &contact.name, now - PAUSE)?;
    Ok(match digest_at {
        Some(last) => Some(last + PAUSE),
        None if messages >= config.digest_after => Some(now + GATHER),
        None => None,
    })
}

/// Queues the digests that are due.
pub(crate) fn fold(
    writing: &mut Writing<'_>,
    config: &Config,
    now: Timestamp,
) -> Result<(), StoreError> {
    while let Some(name) = held::due(writing.connection(), now)? {
        let Some(contact) = config.contacts.get(&name) else {
            warn!(contact = name, "no longer configured: what was held back is told to nobody");
            held::told(writing.connection(), &name, now, 0)?;
            continue;
        };
        let message = tell(writing, config, contact, now)?;
        held::told(writing.connection(), &name, now, message)?;
        writing.queued();
    }
    Ok(())
}

/// Queues one digest; answers its row.
fn tell(
    writing: &Writing<'_>,
    config: &Config,
    contact: &Contact,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let connection = writing.connection();
    let (receiver, newest, items) = held::items(connection, &contact.name, now)?;
    let open = items.iter().filter(|item| item.open);
    let code = match config.acknowledge_by_reply && open.clone().next().is_some() {
        false => None,
        true => Some(codes::share(connection, &contact.phone, open.map(|item| item.episode))?),
    };
    let mut named = Vec::new();
    for item in items.iter().take(NAMED) {
        named.push(Named {
            severity: item.severity,
            open: item.open,
            content: held::content(connection, item.episode)?,
        });
    }
    let text = Digest { code, items: &items, named: &named }.text(contact.language);
    let worst = items.first().map_or(0, |item| item.episode);
    let transition = format!("digest {newest}");
    messages::queue(connection, &receiver, worst, &transition, contact, &text, now)?;
    Ok(connection.last_insert_rowid())
}

#[cfg(test)]
mod tests;
