//! Old rows that are deleted, and blocks to search by.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::Config;
use crate::store::search::{self, Kind};
use crate::store::{Store, StoreError, messages, retention};

/// How often old rows are looked for.
const RETENTION_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// How often rows are looked for that are in no block yet.
const INDEX_INTERVAL: Duration = Duration::from_secs(5);

/// Deletes what is older than the retention and gives up messages that no transport will carry, until
/// `shutdown`.
pub(crate) async fn sweep(
    config: watch::Receiver<Arc<Config>>,
    store: Store,
    shutdown: CancellationToken,
) {
    loop {
        let current = Arc::clone(&config.borrow());
        if let Err(error) = sweep_once(&current, &store).await {
            warn!(%error, "cannot delete old rows");
        }
        tokio::select! {
            () = tokio::time::sleep(RETENTION_INTERVAL) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Makes blocks to search by of rows that change no more, until `shutdown`.
pub(crate) async fn index(store: Store, shutdown: CancellationToken) {
    loop {
        for kind in Kind::ALL {
            let indexed = index_all(&store, kind, &shutdown).await;
            if let Err(error) = indexed {
                warn!(%error, "cannot make blocks to search by");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(INDEX_INTERVAL) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

async fn index_all(
    store: &Store,
    kind: Kind,
    shutdown: &CancellationToken,
) -> Result<(), StoreError> {
    let mut mark = store.read(move |connection| search::mark(connection, kind)).await?;
    while !shutdown.is_cancelled() {
        let blocks = store.read(move |connection| search::gather(connection, kind, mark)).await?;
        let Some(last) = blocks.last() else { break };
        mark = last.last_key();
        store.write(move |writing| search::save(writing.connection(), &blocks)).await?;
    }
    Ok(())
}

async fn sweep_once(config: &Config, store: &Store) -> Result<(), StoreError> {
    let now = Timestamp::now();
    let oldest_unsent = now - config.give_up_after;
    let transports: Vec<String> = config.transports.keys().cloned().collect();
    let abandon = store.write(move |writing| {
        messages::abandon(writing.connection(), &transports, oldest_unsent, now)
    });
    let abandoned = abandon.await?;
    if abandoned > 0 {
        warn!(abandoned, "messages given up: their transport is no longer configured");
    }
    let oldest = now - config.retention;
    let mut total = 0;
    loop {
        // Small batches, so that notifications get in between.
        let deleted =
            store.write(move |writing| retention::delete(writing.connection(), oldest)).await?;
        total += deleted;
        if deleted == 0 {
            break;
        }
    }
    if total > 0 {
        info!(rows = total, "old rows deleted");
    }
    Ok(())
}
