//! What transports tell of their own accord: how messages ended, and what phones send.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::{debug, error, info, warn};

use super::chain::Chain;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::reply::{Inbox, NotTaken};
use crate::store::receipts::{self, Standing, Told};
use crate::store::{Store, StoreError, Writing, messages};
use crate::transport::{Incoming, Receipt};

/// Where transports tell it.
#[derive(Debug, Clone)]
pub(crate) struct Inbound {
    pub(crate) config: watch::Receiver<Arc<Config>>,
    pub(crate) store: Store,
    pub(crate) metrics: Metrics,
    pub(crate) inbox: Inbox,
}

impl Inbound {
    /// What a transport calls the messages of which it may still tell something.
    pub(crate) async fn awaited(&self, transport: &str) -> Result<Vec<String>, StoreError> {
        let oldest = Timestamp::now() - self.config.borrow().give_up_after;
        let name = transport.to_owned();
        self.store.read(move |connection| receipts::awaited(connection, &name, oldest)).await
    }

    /// Takes a message from a phone.
    ///
    /// # Errors
    /// When it should be given again later.
    pub(crate) async fn incoming(&self, incoming: Incoming) -> Result<(), NotTaken> {
        self.inbox.take(incoming).await
    }

    /// Takes a receipt; it is on disk when this answers. Told twice it changes nothing.
    ///
    /// # Errors
    /// When it could not be kept: tell it again.
    pub(crate) async fn receipt(
        &self,
        transport: &str,
        receipt: Receipt,
    ) -> Result<(), StoreError> {
        let (config, id) = (Arc::clone(&self.config.borrow()), self.store.id().to_owned());
        let (name, fate) = (transport.to_owned(), receipt.fate.name());
        let reference = receipt.reference.clone();
        let write = self.store.write(move |writing| {
            let now = Timestamp::now();
            let row = receipts::keep(writing.connection(), &id, &name, &receipt, now)?;
            let Some(row) = row else { return Ok(None) };
            conclude(writing, &config, row, now)?;
            Ok(Some(row))
        });
        match write.await? {
            Some(row) => debug!(transport, reference, row, fate, "receipt"),
            None => debug!(transport, reference, fate, "receipt of a message not known yet"),
        }
        self.metrics.receipt(transport, fate);
        Ok(())
    }
}

/// Ends a message whose receipts say how it ended: delivered, or on to the next transport, or failed.
pub(crate) fn conclude(
    writing: &mut Writing<'_>,
    config: &Config,
    row: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let connection = writing.connection();
    let why = match receipts::standing(connection, row)? {
        Standing::Open => return Ok(()),
        Standing::Delivered => {
            info!(row, "message delivered");
            return receipts::delivered(connection, row, now);
        }
        Standing::Failed { why } => why,
    };
    let told = receipts::told(connection, row)?;
    let Told { attempt, contact, transport, created_at } = &told;
    messages::note(connection, row, *attempt, transport, "rejected", Some(&why), now)?;
    let rejected = messages::rejected(connection, row)?;
    let age = Duration::try_from(now.duration_since(*created_at)).unwrap_or_default();
    let next = Chain::of(config, contact, transport).after(transport, &rejected);
    match next.filter(|_| age < config.give_up_after) {
        Some(hop) => {
            warn!(
                row,
                contact,
                transport,
                why,
                next = hop.transport,
                "message not delivered, goes another way"
            );
            messages::requeue(connection, row, &hop.transport, &why, now)?;
            writing.queued();
        }
        None => {
            error!(row, contact, transport, why, "message not delivered");
            messages::fail(connection, row, &why, now)?;
        }
    }
    Ok(())
}
