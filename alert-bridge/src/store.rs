//! The store: SQLite with one writer thread.
//!
//! Promises: what [`Store::write`] has answered is on disk (WAL, `synchronous=FULL`), all of it or nothing of
//! it; events reach the live feed after their commit and in the order of their numbers. When the disk is full
//! or the writer is overloaded a write fails, and works again once the cause is gone. Writes that wait at the
//! same time share a commit. Reads have connections of their own and never wait for the writer.
//!
//! Refuses to know what the rows mean: that is for the modules below it, one for each family of tables.

pub(crate) mod acknowledgements;
pub(crate) mod codes;
mod conditions;
pub(crate) mod deliveries;
pub(crate) mod episodes;
pub(crate) mod events;
pub(crate) mod held;
pub(crate) mod history;
pub(crate) mod messages;
pub(crate) mod receipts;
pub(crate) mod reminders;
pub(crate) mod retention;
pub(crate) mod search;
pub(crate) mod source_events;
pub(crate) mod stock;
pub(crate) mod summary;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot, watch};

pub(crate) use events::Event;
pub(crate) use writer::Writing;
use writer::{Job, Writer};

/// Version of the schema, in SQLite's `user_version`.
const VERSION: i64 = 7;

/// What makes each version of the one before it.
const MIGRATIONS: [&str; VERSION as usize] = [
    include_str!("store/schema.sql"),
    include_str!("store/source_events.sql"),
    include_str!("store/acknowledgements.sql"),
    include_str!("store/receipts.sql"),
    include_str!("store/search_blocks.sql"),
    include_str!("store/reminders.sql"),
    include_str!("store/digests.sql"),
];

/// Writes that may wait for the writer thread.
const QUEUE: usize = 1024;

/// A write that has no place in the queue by then fails.
const QUEUE_LIMIT: Duration = Duration::from_secs(2);

/// Reads at the same time.
const READERS: usize = 4;

/// Events that a feed client may lag behind before it is cut off.
const LIVE_EVENTS: usize = 1024;

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the store is overloaded")]
    Overloaded,
    #[error("the store is closed")]
    Closed,
    /// A failure such as a full disk has ended the transaction under this write.
    #[error("the store lost its transaction")]
    NoTransaction,
    #[error("the store failed: {0}")]
    Sqlite(#[from] Arc<rusqlite::Error>),
    #[error("the store holds what cannot be read: {0}")]
    Content(#[from] Arc<serde_json::Error>),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::Sqlite(Arc::new(error))
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        StoreError::Content(Arc::new(error))
    }
}

/// A handle on the store. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    jobs: mpsc::Sender<Job>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    id: String,
    readers: Semaphore,
    idle: Mutex<Vec<Connection>>,
    signals: Signals,
    /// Held locked as long as the store is open.
    _lock: File,
}

/// What the writer tells the rest of the program after a commit.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    pub(crate) events: broadcast::Sender<Arc<Event>>,
    /// The number of the last event that is on disk.
    pub(crate) last_seq: watch::Sender<u64>,
    /// Messages were queued.
    pub(crate) queued: watch::Sender<()>,
    /// An episode was acknowledged.
    pub(crate) acknowledged: watch::Sender<()>,
    /// Something becomes due at a time that may be before what was due next.
    pub(crate) due: watch::Sender<()>,
}

impl Store {
    /// Opens the store in `folder`, and makes both if they do not exist.
    ///
    /// # Errors
    /// When the folder cannot be used, another process uses it, or a newer version has written it.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let shown = folder.display();
        std::fs::create_dir_all(folder)
            .with_context(|| format!("--storage.path: cannot make {shown}"))?;
        let lock = File::create(folder.join("lock"))
            .with_context(|| format!("--storage.path: cannot write in {shown}"))?;
        if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
            bail!(
                "--storage.path: {shown} is in use by another alert-bridge; stop it or choose another folder"
            );
        }
        let path = folder.join("alert-bridge.db");
        let connection =
            prepare(&path).with_context(|| format!("cannot open {}", path.display()))?;
        let id = connection.query_row("SELECT id FROM store", [], |row| row.get(0))?;
        let last_seq = events::last(&connection)?;
        let signals = Signals {
            events: broadcast::Sender::new(LIVE_EVENTS),
            last_seq: watch::Sender::new(last_seq),
            queued: watch::Sender::new(()),
            acknowledged: watch::Sender::new(()),
            due: watch::Sender::new(()),
        };
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let writer = Writer::new(connection, last_seq, signals.clone());
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || writer.run(waiting))
            .context("cannot start the store's thread")?;
        let shared = Shared {
            path,
            id,
            readers: Semaphore::new(READERS),
            idle: Mutex::default(),
            signals,
            _lock: lock,
        };
        Ok(Store { jobs, shared: Arc::new(shared) })
    }

    /// Names this store for ever: eight hexadecimal digits.
    pub(crate) fn id(&self) -> &str {
        &self.shared.id
    }

    pub(crate) fn signals(&self) -> &Signals {
        &self.shared.signals
    }

    /// Does `work` in a transaction and answers when it is on disk. What fails leaves no trace.
    ///
    /// # Errors
    /// What `work` failed with, or why it could not be done or kept.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writing<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |writing| {
            let outcome = writing.attempt(work);
            Box::new(move |committed| {
                // Nobody waits any more when the caller has reached its deadline.
                let _ = reply.send(outcome.and_then(|value| committed.map(|()| value)));
            })
        });
        match tokio::time::timeout(QUEUE_LIMIT, self.jobs.send(job)).await {
            Ok(Ok(())) => answer.await.unwrap_or(Err(StoreError::Closed)),
            Ok(Err(_)) => Err(StoreError::Closed),
            Err(_) => Err(StoreError::Overloaded),
        }
    }

    /// Does `work` on a connection that can only read.
    ///
    /// # Errors
    /// What `work` failed with, or why there is no connection.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self.shared.readers.acquire().await.map_err(|_| StoreError::Closed)?;
        let shared = Arc::clone(&self.shared);
        let done = tokio::task::spawn_blocking(move || {
            let idle = shared.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match idle {
                Some(connection) => connection,
                None => reader(&shared.path)?,
            };
            let outcome = work(&connection)?;
            shared.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            Ok(outcome)
        });
        done.await.unwrap_or(Err(StoreError::Closed))
    }

    /// A connection for a reader that keeps it.
    pub(crate) fn reader(&self) -> Result<Connection, StoreError> {
        reader(&self.shared.path)
    }
}

fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

fn prepare(path: &Path) -> anyhow::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    // Not while versions change: a table that is replaced must not take with it what refers to it.
    connection.pragma_update(None, "foreign_keys", false)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        VERSION => {}
        older @ 0..VERSION => {
            let transaction = connection.transaction()?;
            for step in MIGRATIONS.iter().skip(usize::try_from(older)?) {
                transaction.execute_batch(step)?;
            }
            transaction.pragma_update(None, "user_version", VERSION)?;
            transaction.commit()?;
        }
        newer => bail!(
            "it is of version {newer}, expected {VERSION}: a newer alert-bridge has written it"
        ),
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// A time as the tables hold it.
pub(crate) fn to_millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A time from the tables. What is out of range, which nothing here writes, becomes the epoch.
pub(crate) fn from_millis(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
