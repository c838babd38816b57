//! Hands messages to their transports, so that a slow one delays no other.
//!
//! A message goes `queued` -> `sending` -> `accepted`, `failed` or `in_doubt`, and from `accepted` by a receipt to
//! `delivered` or `failed`; each step is on disk before the next. A transport sends one message at a time, so at
//! most one per transport is in doubt after a crash. What a transport has refused or rejected goes on to the
//! contact's next one, and after the last with growing pauses from the first, until [`Config::give_up_after`].
//! What a transport may have stays with it.

pub(crate) mod chain;
pub(crate) mod gate;
pub(crate) mod inbound;
mod judge;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::config::Config;
use crate::metrics::{DeliveryOutcome, Metrics};
use crate::store::messages::{self, Claimed, Settled, State, Work};
use crate::store::{Store, StoreError};
use crate::transport::{Message, Outcome, Transport};
use chain::Chain;
use gate::{Gate, Passage};
use inbound::{Inbound, conclude};
use judge::{Case, Verdict, back_off, judge};

/// Pause after a failure of the store.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// A worker looks for work at least so often, whatever it has been told.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Delivers until `shutdown`; starts anew with each new configuration.
pub(crate) async fn run(inbound: Inbound, shutdown: CancellationToken) {
    let mut config = inbound.config.clone();
    while !shutdown.is_cancelled() {
        let current = Arc::clone(&config.borrow_and_update());
        let stop = shutdown.child_token();
        let mut workers = JoinSet::new();
        for (name, transport) in &current.transports {
            let worker = Worker {
                name: name.clone(),
                transport: Arc::clone(transport),
                config: Arc::clone(&current),
                gate: Mutex::new(Gate::new(transport.limits, Instant::now())),
                store: inbound.store.clone(),
                metrics: inbound.metrics.clone(),
            };
            workers.spawn(worker.run(stop.clone()));
            let (name, transport) = (name.clone(), Arc::clone(transport));
            let (inbound, stop) = (inbound.clone(), stop.clone());
            workers.spawn(async move { transport.listen(&name, &inbound, &stop).await });
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
    config: Arc<Config>,
    gate: Mutex<Gate>,
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
            let passage = self.gate().ask(Instant::now());
            let work = match passage {
                Passage::Free => self.claim().await,
                Passage::Later(wait) => {
                    pause(wait, &stop).await;
                    continue;
                }
                Passage::Broken(wait) => self.divert(Timestamp::now() + wait).await,
            };
            match work {
                Ok(Work::Message(claimed)) => self.deliver(claimed, &stop).await,
                Ok(Work::Wait(due)) => {
                    let wait = due.map_or(LONGEST_WAIT, until).min(LONGEST_WAIT);
                    tokio::select! {
                        _ = queued.changed() => {}
                        () = pause(wait, &stop) => {}
                    }
                }
                Err(error) => {
                    warn!(transport = self.name, %error, "cannot look for messages");
                    pause(STORE_PAUSE, &stop).await;
                }
            }
        }
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands what is due to the contacts' next transports, because this one is left alone until `mended`.
    async fn divert(&self, mended: Timestamp) -> Result<Work, StoreError> {
        let (name, config) = (self.name.clone(), Arc::clone(&self.config));
        let write = self.store.write(move |writing| {
            let now = Timestamp::now();
            let mut moved = 0_u32;
            for (row, contact) in messages::movable(writing.connection(), &name, now)? {
                let rejected = messages::rejected(writing.connection(), row)?;
                let next = Chain::of(&config, &contact, &name).after(&name, &rejected);
                let Some(hop) = next.filter(|hop| hop.transport != name) else { continue };
                let due_at = if hop.lap { mended } else { now };
                let why = format!("{name} is left alone after failures");
                messages::requeue(writing.connection(), row, &hop.transport, &why, due_at)?;
                moved += 1;
            }
            if moved > 0 {
                writing.queued();
            }
            Ok(moved)
        });
        let moved = write.await?;
        if moved > 0 {
            info!(transport = self.name, moved, "messages go another way");
        }
        Ok(Work::Wait(Some(mended)))
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
        let Claimed { row, attempt, bound, rejected, message } = claimed;
        self.gate().enter();
        let outcome = self.transport.send(&message).await;
        self.judge_transport(&outcome);
        let now = Timestamp::now();
        let age = Duration::try_from(now.duration_since(message.created_at)).unwrap_or_default();
        let case = Case {
            chain: &Chain::of(&self.config, &message.contact, &self.name),
            transport: &self.name,
            idempotent: self.transport.idempotent(),
            rejected,
            bound,
            too_old: age >= self.config.give_up_after,
        };
        let Verdict { state, next, bound } = judge(&outcome, case);
        let name = outcome.name();
        let (references, why) = match outcome {
            Outcome::Accepted { references } => (references, None),
            Outcome::Refused { why } | Outcome::Rejected { why } | Outcome::InDoubt { why } => {
                (Vec::new(), Some(why))
            }
        };
        self.tell(state, &message, attempt, &references, why.as_deref());
        let next = next.map(|hop| {
            let wait = if hop.lap {
                back_off(attempt, RandomState::new().hash_one(row))
            } else {
                Duration::ZERO
            };
            (hop.transport, now + wait)
        });
        let settled = Arc::new(Settled {
            row,
            attempt,
            transport: self.name.clone(),
            outcome: name,
            state,
            now,
            next,
            bound,
            references,
            error: why,
        });
        self.persist(stop, |worker| {
            let (settled, config) = (Arc::clone(&settled), Arc::clone(&worker.config));
            worker.store.write(move |writing| {
                messages::settle(writing.connection(), &settled)?;
                if settled.state == State::Queued {
                    writing.queued();
                }
                // Its receipt may have come before the answer.
                conclude(writing, &config, settled.row, settled.now)
            })
        })
        .await;
    }

    /// Counts the outcome for the breaker: an answer about the message shows that the transport works.
    fn judge_transport(&self, outcome: &Outcome) {
        let works = matches!(outcome, Outcome::Accepted { .. } | Outcome::Rejected { .. });
        let mut gate = self.gate();
        let was = gate.is_broken();
        if works {
            gate.worked();
        } else {
            gate.failed(Instant::now());
        }
        let is = gate.is_broken();
        drop(gate);
        match (was, is) {
            (false, true) => {
                error!(transport = self.name, "transport is left alone after failures")
            }
            (true, false) => info!(transport = self.name, "transport works again"),
            _ => {}
        }
        self.metrics.broken(&self.name, is);
    }

    /// Counts and logs an attempt.
    fn tell(
        &self,
        state: State,
        message: &Message,
        attempt: u32,
        references: &[String],
        why: Option<&str>,
    ) {
        let (outcome, told) = match state {
            State::Queued => (DeliveryOutcome::Retried, "message not accepted, will try again"),
            State::Accepted => (DeliveryOutcome::Accepted, "message accepted"),
            State::Failed => (DeliveryOutcome::Failed, "message failed"),
            State::InDoubt => (DeliveryOutcome::InDoubt, "message in doubt"),
        };
        self.metrics.delivery(&self.name, outcome);
        let (id, contact, transport) = (&message.id, &message.contact, &self.name);
        match state {
            State::Accepted => info!(id, contact, transport, attempt, ?references, "{told}"),
            State::Queued => warn!(id, contact, transport, attempt, why, "{told}"),
            State::Failed | State::InDoubt => {
                error!(id, contact, transport, attempt, why, "{told}");
            }
        }
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

fn until(due: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or_default()
}

async fn pause(length: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(length) => {}
        () = stop.cancelled() => {}
    }
}
