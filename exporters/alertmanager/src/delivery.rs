//! Carries one address' steps out: the only part of the keeper that does I/O.
//!
//! Promises: retries for ever, with pauses that grow from 0.2 to 5 seconds and vary; after every failure the
//! address is read anew before anything is sent, because a call that failed may still have had its effects.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::{join_all, try_join};
use jiff::Timestamp;
use reqwest::StatusCode;
use tokio::{
    sync::watch,
    time::{sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::{
    AddressStats, Client, Error, Generation, LabelSet, Settings,
    book::{Batch, Book, Cover, Moment, Reading, Step, own_silence},
    wish::Wish,
};

const SHORTEST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The task of one address.
#[derive(Debug)]
pub(crate) struct Delivery {
    client: Client,
    settings: Arc<Settings>,
    book: Book,
    wish: watch::Sender<Arc<Wish>>,
    changes: watch::Receiver<Arc<Wish>>,
    accepted: watch::Sender<Generation>,
    stats: Arc<Mutex<AddressStats>>,
    pause: Duration,
}

impl Delivery {
    /// `accepted` is raised to each generation whose effects this address has accepted.
    pub(crate) fn new(
        client: Client,
        settings: Arc<Settings>,
        wish: watch::Sender<Arc<Wish>>,
        accepted: watch::Sender<Generation>,
        stats: Arc<Mutex<AddressStats>>,
    ) -> Self {
        let book = Book::new(Arc::clone(&settings));
        let changes = wish.subscribe();
        let pause = SHORTEST_PAUSE;
        Self { client, settings, book, wish, changes, accepted, stats, pause }
    }

    /// Runs until `shutdown`, which it obeys at once: what is active stays active at Alertmanager.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            never = self.keep() => match never {},
        }
    }

    async fn keep(&mut self) -> Infallible {
        loop {
            let error = match self.serve().await {
                Ok(never) => match never {},
                Err(error) => error,
            };
            let was_up = self.record(|stats| {
                stats.failures += 1;
                std::mem::replace(&mut stats.up, false)
            });
            if was_up || self.book.instance().is_none() && self.pause == SHORTEST_PAUSE {
                warn!(%error, "Alertmanager cannot be told; trying again until it can");
            } else {
                debug!(%error, "Alertmanager still cannot be told");
            }
            self.back_off().await;
        }
    }

    /// Reads the address, then keeps it in agreement with the wish until a call fails.
    async fn serve(&mut self) -> Result<Infallible, Error> {
        self.read().await?;
        let mut probe = Instant::now() + self.settings.probe;
        loop {
            let wish = Arc::clone(&self.changes.borrow_and_update());
            match self.book.next(&wish, self.now()) {
                Step::Post(batch) => self.post(batch).await?,
                Step::Lift(silences) => self.lift(silences).await?,
                Step::Cover(covers) => self.cover(covers).await?,
                Step::Rest(until) => {
                    if !self.record(|stats| stats.up) {
                        self.succeeded();
                    }
                    self.account(&wish);
                    tokio::select! {
                        _ = self.changes.changed() => {}
                        () = sleep_until(until.min(probe).into()) => {}
                    }
                    if Instant::now() >= probe {
                        self.probe().await?;
                        probe = Instant::now() + self.settings.probe;
                    }
                    continue;
                }
            }
            self.succeeded();
        }
    }

    /// Takes in what the address holds of ours.
    async fn read(&mut self) -> Result<(), Error> {
        let ours = &self.settings.ours;
        let instance = self.client.started().await?;
        let covering = ours.only(&self.settings.identity);
        let (alerts, silences) =
            try_join(self.client.alerts(ours), self.client.silences(&covering)).await?;
        let comments: BTreeMap<LabelSet, String> = silences
            .iter()
            .filter_map(|silence| {
                Some((own_silence(silence, &self.settings)?, silence.comment.clone()))
            })
            .collect();
        self.wish
            .send_if_modified(|wish| Arc::make_mut(wish).adopt(&alerts, &comments, &self.settings));
        let wish = Arc::clone(&self.changes.borrow_and_update());
        self.book.arrive(Reading { instance, alerts, silences }, &wish, Instant::now());
        Ok(())
    }

    /// A restart between two calls goes unnoticed otherwise, and leaves the new process without alerts.
    async fn probe(&mut self) -> Result<(), Error> {
        let instance = self.client.started().await?;
        self.succeeded();
        if self.book.instance() != Some(&instance) {
            info!(address = %self.client.address(), "Alertmanager was restarted");
            self.read().await?;
        }
        Ok(())
    }

    async fn post(&mut self, batch: Batch) -> Result<(), Error> {
        match self.client.post_alerts(&batch.postings).await {
            Ok(()) => {
                self.book.posted(&batch, Instant::now());
                self.record(|stats| stats.sent += batch.postings.len() as u64);
            }
            Err(error) if error.blames_content() => {
                self.record(|stats| stats.failures += 1);
                if self.book.refused(&batch, Instant::now()) {
                    self.record(|stats| stats.refused += 1);
                    let labels = batch.postings.first().map(|posting| &posting.alert.labels);
                    warn!(%error, ?labels, "Alertmanager finds an alert invalid");
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn lift(&mut self, silences: Vec<LabelSet>) -> Result<(), Error> {
        let done = join_all(silences.iter().map(|labels| self.lift_one(labels))).await;
        let mut outcome = Ok(());
        for (labels, result) in silences.iter().zip(done) {
            match result {
                Ok(()) => self.book.lifted(labels),
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    /// Ends every silence of ours with these labels: in a cluster its peers made one each, and gossip may
    /// bring the news of their end too late for the end of the alert.
    async fn lift_one(&self, labels: &LabelSet) -> Result<(), Error> {
        for silence in self.client.silences(labels).await? {
            if own_silence(&silence, &self.settings).as_ref() == Some(labels) {
                self.client.delete_silence(&silence.id).await?;
            }
        }
        Ok(())
    }

    async fn cover(&mut self, covers: Vec<Cover>) -> Result<(), Error> {
        let done = join_all(covers.iter().map(|cover| self.cover_one(cover))).await;
        let mut outcome = Ok(());
        for (cover, result) in covers.into_iter().zip(done) {
            match result {
                Ok(standing) => self.book.covered(cover, standing, Instant::now()),
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    /// Id and start of the silence as it stands now, `None` when the one to prolong is unknown there.
    async fn cover_one(&self, cover: &Cover) -> Result<Option<(String, Timestamp)>, Error> {
        let request = &cover.request;
        let id = match self.client.put_silence(request).await {
            Ok(id) => id,
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) && request.id.is_some() => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if request.id.as_ref() == Some(&id) {
            return Ok(Some((id, request.starts_at)));
        }
        let made = self.client.silence(&id).await?;
        Ok(Some((id, made.map_or(request.starts_at, |silence| silence.starts_at))))
    }

    /// Waits before the next try, and meanwhile accepts generations that change nothing.
    async fn back_off(&mut self) {
        let random = RandomState::new().hash_one(()) as f64 / u64::MAX as f64;
        let timer = sleep(self.pause.mul_f64(0.75 + 0.5 * random));
        tokio::pin!(timer);
        loop {
            let wish = Arc::clone(&self.changes.borrow_and_update());
            self.account(&wish);
            tokio::select! {
                () = &mut timer => break,
                _ = self.changes.changed() => {}
            }
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// Reports how far this address is. Before it was read nobody knows what it holds.
    fn account(&mut self, wish: &Wish) {
        let owed = self.book.owed(wish, Instant::now());
        if owed == 0 && self.book.instance().is_some() {
            self.accepted.send_if_modified(|accepted| {
                std::mem::replace(accepted, wish.generation.max(*accepted)) < wish.generation
            });
        }
        let (active, silences) = (self.book.active(), self.book.silences());
        self.record(|stats| {
            (stats.pending, stats.active, stats.silences) = (owed, active, silences)
        });
    }

    /// Something was accepted, or there was nothing to tell: reading alone is no proof that it listens.
    fn succeeded(&mut self) {
        self.pause = SHORTEST_PAUSE;
        let was_up = self.record(|stats| {
            stats.last_success = Some(Timestamp::now());
            std::mem::replace(&mut stats.up, true)
        });
        if !was_up {
            info!(address = %self.client.address(), "Alertmanager listens");
        }
    }

    fn record<T>(&self, change: impl FnOnce(&mut AddressStats) -> T) -> T {
        change(&mut self.stats.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now(&self) -> Moment {
        Moment { tick: Instant::now(), wall: self.client.now() }
    }
}
