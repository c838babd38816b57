//! The store's one writer: takes what waits, does it in one transaction, answers after the commit.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::mpsc;
use tracing::warn;

use super::{Event, Signals, StoreError};

/// Writes that share a commit at most.
const BATCH: usize = 256;

/// One write: done inside the transaction, then told whether it was committed.
pub(super) type Job = Box<dyn FnOnce(&mut Writing<'_>) -> Answer + Send>;
pub(super) type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// The transaction that a write works in.
#[derive(Debug)]
pub(crate) struct Writing<'a> {
    connection: &'a Connection,
    effects: Effects,
}

/// What is told to others once it is on disk.
#[derive(Debug, Clone, Default)]
struct Effects {
    last_seq: u64,
    events: Vec<Arc<Event>>,
    queued: bool,
    due: bool,
    acknowledged: bool,
}

impl Writing<'_> {
    pub(crate) fn connection(&self) -> &Connection {
        self.connection
    }

    /// Appends an event to the feed; `body` is made for the number that the event gets.
    pub(crate) fn publish(
        &mut self,
        make: impl FnOnce(u64) -> Result<Event, StoreError>,
    ) -> Result<u64, StoreError> {
        let seq = self.effects.last_seq + 1;
        let event = make(seq)?;
        super::events::insert(self.connection, &event)?;
        self.effects.last_seq = seq;
        self.effects.events.push(Arc::new(event));
        Ok(seq)
    }

    /// Wakes the deliveries after the commit.
    pub(crate) fn queued(&mut self) {
        self.effects.queued = true;
    }

    /// Wakes the clock of what becomes due after the commit.
    pub(crate) fn due(&mut self) {
        self.effects.due = true;
    }

    /// Wakes the keeper of silences after the commit.
    pub(crate) fn acknowledged(&mut self) {
        self.effects.acknowledged = true;
    }

    /// Does one write, and undoes it alone if it fails.
    pub(super) fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // A full disk can end the whole transaction under us; nothing may be written outside of one.
        if self.connection.is_autocommit() {
            return Err(StoreError::NoTransaction);
        }
        let before = self.effects.clone();
        self.connection.execute_batch("SAVEPOINT one")?;
        match work(self) {
            Ok(value) => {
                self.connection.execute_batch("RELEASE one")?;
                Ok(value)
            }
            Err(error) => {
                self.effects = before;
                if !self.connection.is_autocommit() {
                    self.connection.execute_batch("ROLLBACK TO one; RELEASE one")?;
                }
                Err(error)
            }
        }
    }
}

/// The thread's state.
pub(super) struct Writer {
    connection: Connection,
    last_seq: u64,
    signals: Signals,
}

impl Writer {
    pub(super) fn new(connection: Connection, last_seq: u64, signals: Signals) -> Self {
        Writer { connection, last_seq, signals }
    }

    /// Works until every [`super::Store`] is gone.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(job) = jobs.try_recv()
            {
                batch.push(job);
            }
            self.commit(batch);
        }
    }

    fn commit(&mut self, batch: Vec<Job>) {
        let mut answers = Vec::with_capacity(batch.len());
        let effects = Effects { last_seq: self.last_seq, ..Effects::default() };
        let outcome = transact(&self.connection, effects, batch, &mut answers);
        if let Err(error) = &outcome {
            warn!(%error, writes = answers.len(), "nothing was written");
        }
        let committed = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
        if let Ok(effects) = outcome {
            self.tell(effects);
        }
        for answer in answers {
            answer(committed.clone());
        }
    }

    fn tell(&mut self, effects: Effects) {
        let Effects { last_seq, events, queued, due, acknowledged } = effects;
        for event in events {
            // Without a client there is nobody to tell.
            let _ = self.signals.events.send(event);
        }
        if last_seq != self.last_seq {
            self.last_seq = last_seq;
            self.signals.last_seq.send_replace(last_seq);
        }
        if queued {
            self.signals.queued.send_replace(());
        }
        if acknowledged {
            self.signals.acknowledged.send_replace(());
        }
        if due {
            self.signals.due.send_replace(());
        }
    }
}

fn transact(
    connection: &Connection,
    effects: Effects,
    batch: Vec<Job>,
    answers: &mut Vec<Answer>,
) -> Result<Effects, StoreError> {
    // Without a transaction each job fails by itself, so that whoever waits for one is answered.
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    let mut writing = Writing { connection, effects };
    answers.extend(batch.into_iter().map(|job| job(&mut writing)));
    let effects = writing.effects;
    begun?;
    if connection.is_autocommit() {
        return Err(StoreError::NoTransaction);
    }
    if let Err(error) = connection.execute_batch("COMMIT") {
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        return Err(error.into());
    }
    Ok(effects)
}
