//! Hands messages to their transports: one worker each, so that a slow one delays no other.
//!
//! A message goes `queued` -> `sending` -> `accepted`, `failed` or `in_doubt`; each step is on disk before the
//! next. A transport sends one message at a time, so at most one per transport is in doubt after a crash. A
//! refused message is tried again, with growing pauses, until [`Config::give_up_after`].

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::config::Config;
use crate::metrics::{DeliveryOutcome, Metrics};
use crate::store::messages::{self, Claimed, Settled, State, Work};
use crate::store::{Store, StoreError};
use crate::transport::{Outcome, Transport};

/// Pause after the first refusal; it doubles with each one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// Pause after a failure of the store.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// A worker looks for work at least so often, whatever it has been told.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Delivers until `shutdown`; starts anew with each new configuration.
pub(crate) async fn run(
    mut config: watch::Receiver<Arc<Config>>,
    store: Store,
    metrics: Metrics,
    shutdown: CancellationToken,
) {
    while !shutdown.is_cancelled() {
        let current = Arc::clone(&config.borrow_and_update());
        let stop = shutdown.child_token();
        let mut workers = JoinSet::new();
        for (name, transport) in &current.transports {
            let worker = Worker {
                name: name.clone(),
                transport: Arc::clone(transport),
                give_up_after: current.give_up_after,
                store: store.clone(),
                metrics: metrics.clone(),
            };
            workers.spawn(worker.run(stop.clone()));
        }
        tokio::select! {
            changed = config.changed() => if changed.is_err() { shutdown.cancelled().await },
            () = shutdown.cancelled() => {}
        }
        // What is being sent is finished first: two workers of one transport would send it twice.
        stop.cancel();
        while workers.join_next().await.is_some() {}
    }
}

struct Worker {
    name: String,
    transport: Arc<Transport>,
    give_up_after: Duration,
    store: Store,
    metrics: Metrics,
}

impl Worker {
    async fn run(self, stop: CancellationToken) {
        let mut queued = self.store.signals().queued.subscribe();
        self.persist(&stop, |worker| worker.recover()).await;
        while !stop.is_cancelled() {
            // Noted before the look, so that what is queued after it wakes us.
            queued.borrow_and_update();
            let work = match self.claim().await {
                Ok(work) => work,
                Err(error) => {
                    warn!(transport = self.name, %error, "cannot look for messages");
                    pause(STORE_PAUSE, &stop).await;
                    continue;
                }
            };
            match work {
                Work::Message(claimed) => self.deliver(claimed, &stop).await,
                Work::Wait(due) => {
                    let wait = due.map_or(LONGEST_WAIT, until).min(LONGEST_WAIT);
                    tokio::select! {
                        _ = queued.changed() => {}
                        () = pause(wait, &stop) => {}
                    }
                }
            }
        }
    }

    async fn recover(&self) -> Result<(), StoreError> {
        let (name, safe) = (self.name.clone(), self.transport.idempotent());
        let now = Timestamp::now();
        let count = self
            .store
            .write(move |writing| messages::recover(writing.connection(), &name, safe, now))
            .await?;
        if count > 0 {
            warn!(
                transport = self.name,
                count,
                sent_again = safe,
                "messages were being sent when the program stopped"
            );
        }
        if !safe {
            (0..count).for_each(|_| self.metrics.delivery(&self.name, DeliveryOutcome::InDoubt));
        }
        Ok(())
    }

    async fn claim(&self) -> Result<Work, StoreError> {
        let (transport, id) = (self.name.clone(), self.store.id().to_owned());
        self.store
            .write(move |writing| {
                messages::claim(writing.connection(), &transport, &id, Timestamp::now())
            })
            .await
    }

    async fn deliver(&self, claimed: Claimed, stop: &CancellationToken) {
        let Claimed { row, attempt, message } = claimed;
        let outcome = self.transport.send(&message).await;
        let now = Timestamp::now();
        let age = Duration::try_from(now.duration_since(message.created_at)).unwrap_or_default();
        let (state, reference, error) =
            judge(outcome, self.transport.idempotent(), age >= self.give_up_after);
        let delivery = match state {
            State::Queued => DeliveryOutcome::Retried,
            State::Accepted => DeliveryOutcome::Accepted,
            State::Failed => DeliveryOutcome::Failed,
            State::InDoubt => DeliveryOutcome::InDoubt,
        };
        self.metrics.delivery(&self.name, delivery);
        let (id, contact, transport) = (&message.id, &message.contact, &self.name);
        match (state, &error) {
            (State::Accepted, _) => {
                info!(id, contact, transport, attempt, reference, "message accepted")
            }
            (State::Queued, why) => {
                warn!(id, contact, transport, attempt, why, "message not accepted, will try again")
            }
            (State::Failed, why) => error!(id, contact, transport, attempt, why, "message failed"),
            (State::InDoubt, why) => {
                error!(id, contact, transport, attempt, why, "message in doubt")
            }
        }
        let due_at = now + back_off(attempt, RandomState::new().hash_one(row));
        let settled = Arc::new(Settled { row, attempt, state, now, due_at, reference, error });
        self.persist(stop, |worker| {
            let settled = Arc::clone(&settled);
            worker.store.write(move |writing| messages::settle(writing.connection(), &settled))
        })
        .await;
    }

    /// Writes until it is on disk. When the program stops before, recovery finds the message as being sent.
    async fn persist<'a, F: Future<Output = Result<(), StoreError>>>(
        &'a self,
        stop: &CancellationToken,
        write: impl Fn(&'a Self) -> F,
    ) {
        while let Err(error) = write(self).await {
            warn!(transport = self.name, %error, "cannot record a delivery");
            if stop.is_cancelled() {
                return;
            }
            pause(STORE_PAUSE, stop).await;
        }
    }
}

/// What an outcome means for the message.
fn judge(
    outcome: Outcome,
    idempotent: bool,
    too_old: bool,
) -> (State, Option<String>, Option<String>) {
    match outcome {
        Outcome::Accepted { reference } => (State::Accepted, reference, None),
        Outcome::Rejected { why } => (State::Failed, None, Some(why)),
        Outcome::InDoubt { why } if !idempotent => (State::InDoubt, None, Some(why)),
        Outcome::Refused { why } | Outcome::InDoubt { why } if too_old => {
            (State::Failed, None, Some(format!("given up: {why}")))
        }
        Outcome::Refused { why } | Outcome::InDoubt { why } => (State::Queued, None, Some(why)),
    }
}

/// The pause after an attempt: doubled each time, and up to a quarter longer or shorter by chance.
fn back_off(attempt: u32, chance: u64) -> Duration {
    let pause =
        FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    pause.mul_f64(0.75 + (chance % 1000) as f64 / 2000.0)
}

fn until(due: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or_default()
}

async fn pause(length: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(length) => {}
        () = stop.cancelled() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_differ() {
        assert_eq!(back_off(1, 500), Duration::from_secs(1));
        assert_eq!(back_off(3, 500), Duration::from_secs(4));
        assert_eq!(back_off(1, 0), Duration::from_millis(750));
        assert!(back_off(1000, 999) <= LONGEST_PAUSE.mul_f64(1.25));
    }

    #[test]
    fn an_outcome_in_doubt_is_tried_again_only_where_that_is_safe() {
        let state = |outcome, idempotent, too_old| judge(outcome, idempotent, too_old).0;
        let doubt = || Outcome::InDoubt { why: "timeout".into() };
        let refused = || Outcome::Refused { why: "busy".into() };
        assert_eq!(state(doubt(), false, false), State::InDoubt);
        assert_eq!(state(doubt(), true, false), State::Queued);
        assert_eq!(state(refused(), false, false), State::Queued);
        assert_eq!(state(refused(), false, true), State::Failed);
        assert_eq!(
            state(Outcome::Rejected { why: "bad number".into() }, true, false),
            State::Failed
        );
        assert_eq!(state(Outcome::Accepted { reference: None }, false, true), State::Accepted);
    }
}
