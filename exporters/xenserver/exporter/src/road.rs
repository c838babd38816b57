//! The fast road of one pool: keeps Alertmanager in agreement with its messages, and tells the history.
//!
//! Promises: Alertmanager is told nothing before the pool's messages are known, and its hosts have told what they
//! measure or had time enough for it, so that neither a restart nor a pool that is away ends an alert. The history
//! is told each message as it comes, and those of the last week again when the pool is seen for the first time or
//! some were missed: it knows them by their UUIDs and keeps each once. The end of a message is told when it is seen:
//! it was destroyed, or the value of an alarm came back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use alertmanager::{Keeper, Settings};
use history::{Event, Historian, Kind, Severity};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use xenapi::record::Message;
use xenapi::{MessageEvent, Pool, State};

use crate::ABOUT;
use crate::alerts::{self, Alerts, IDENTITY, Rules};
use crate::config::Common;
use crate::snapshot::Snapshot;
use crate::store::{Connection, Store};

/// How often values are looked at.
const TICK: Duration = Duration::from_secs(1);

/// How long the measurements may take to come after the first inventory.
const PATIENCE: Duration = Duration::from_secs(15);

/// How far back the history is told messages that it may have missed.
const REACH: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The road of one pool.
pub(crate) struct Road {
    pool: Pool,
    store: Arc<Store>,
    alerts: Alerts,
    keeper: Option<Arc<Keeper>>,
    historian: Option<Historian>,
    /// When the pool was seen for the first time.
    seen: Option<Instant>,
    /// Whether Alertmanager has been told anything.
    begun: bool,
    /// Whether the history has been told all that it may have missed.
    caught_up: bool,
}

/// What happened to a message; its number among the events of that message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Raised = 1,
    Ended = 2,
}

impl Road {
    /// Starts to talk to the configured Alertmanagers.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub(crate) fn start(
        common: &Common,
        pool: Pool,
        store: Arc<Store>,
        historian: Option<Historian>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let keeper = match common.alertmanagers.is_empty() {
            true => None,
            false => {
                let settings = Settings::new(ABOUT.name, &IDENTITY, alerts::ours(&store.pool)?);
                let addresses = common.alertmanagers.clone();
                Some(Arc::new(Keeper::start(addresses, settings, shutdown)?))
            }
        };
        let rules = Rules { priority: common.alert_priority, hold: common.alert_hold };
        Ok(Road {
            pool,
            store,
            alerts: Alerts::new(rules),
            keeper,
            historian,
            seen: None,
            begun: false,
            caught_up: false,
        })
    }

    /// What keeps the Alertmanagers in agreement, for its figures.
    pub(crate) fn keeper(&self) -> Option<Arc<Keeper>> {
        self.keeper.clone()
    }

    /// Until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        if self.keeper.is_none() && self.historian.is_none() {
            return;
        }
        let mut messages = self.pool.messages();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = messages.recv() => match event {
                    Ok(MessageEvent::Raised(_, message)) => {
                        self.chronicle(&self.snapshot(), &message, Deed::Raised);
                    }
                    Ok(MessageEvent::Ended(_, message)) => {
                        self.chronicle(&self.snapshot(), &message, Deed::Ended);
                    }
                    Err(RecvError::Lagged(_)) => self.caught_up = false,
                    Err(RecvError::Closed) => break,
                },
                _ = ticks.tick() => {}
                () = stop.cancelled() => break,
            }
            if matches!(&**self.pool.watch().borrow(), State::Connected(_)) {
                let snapshot = self.snapshot();
                self.catch_up(&snapshot);
                self.follow(&snapshot);
            }
        }
    }

    /// The pool as it is known here, which may be a moment before the store knows it.
    fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.store.snapshot();
        if let State::Connected(connected) = &**self.pool.watch().borrow() {
            snapshot.inventory = Arc::clone(&connected.inventory);
        }
        snapshot
    }

    /// Tells Alertmanager what should be active, and the history which alarms are over.
    fn follow(&mut self, snapshot: &Snapshot) {
        let seen = *self.seen.get_or_insert_with(Instant::now);
        let is_known = matches!(self.store.connection().0, Connection::Up(_))
            && snapshot.samples.len() >= snapshot.inventory.hosts.len();
        self.begun |= is_known || seen.elapsed() >= PATIENCE;
        if !self.begun {
            return;
        }
        let wanted = self.alerts.wanted(snapshot, Timestamp::now());
        if let Some(keeper) = &self.keeper {
            keeper.set(wanted);
        }
        for reference in self.alerts.over() {
            if let Some(message) = snapshot.inventory.messages.get(&reference) {
                self.chronicle(snapshot, message, Deed::Ended);
            }
        }
    }

    /// Tells the history what it may have missed.
    fn catch_up(&mut self, snapshot: &Snapshot) {
        if self.historian.is_none() || std::mem::replace(&mut self.caught_up, true) {
            return;
        }
        let now = Timestamp::now();
        let is_told = |at: Timestamp| now.duration_since(at) < REACH;
        let messages = snapshot.inventory.messages.values();
        let mut messages: Vec<_> =
            messages.filter(|message| message.timestamp.is_some_and(is_told)).collect();
        messages.sort_by_key(|message| message.timestamp);
        for message in messages {
            self.chronicle(snapshot, message, Deed::Raised);
        }
    }

    /// Tells the history. A message's UUID makes the event known when it comes again.
    fn chronicle(&self, snapshot: &Snapshot, message: &Message, deed: Deed) {
        let Some(historian) = &self.historian else { return };
        let Message { uuid, name, class, object, priority, timestamp, body, .. } = message;
        let thing = alerts::Thing::find(snapshot, class, *object);
        let (at, severity) = match deed {
            Deed::Ended => (None, Severity::Ok),
            Deed::Raised => (*timestamp, alerts::severity(*priority)),
        };
        let details = [("name", &**name), ("class", class), ("object", &object.to_string())];
        historian.record(&Event {
            source: "xenserver",
            instance: &snapshot.pool,
            epoch: &uuid.hyphenated().to_string(),
            sequence: deed as u64,
            at: at.unwrap_or_else(Timestamp::now),
            kind: if &**name == "ALARM" { Kind::Alarm } else { Kind::Message },
            host: &thing.host,
            service: "",
            name: &thing.vm,
            severity: Some(severity),
            text: body,
            details: details
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.into()))
                .collect(),
        });
    }
}
