//! The fast road of one pool: keeps Alertmanager in agreement with its messages, and tells the history.
//!
//! Promises: nothing is told to Alertmanager before the pool's messages and measurements are known, so that neither
//! a restart nor a pool that is away ends an alert; every message is told to the history once, whatever restarts.

use std::sync::Arc;
use std::time::Duration;

use alertmanager::{Keeper, Settings};
use history::{Event, Historian, Kind, Severity};
use jiff::Timestamp;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use xenapi::record::Message;
use xenapi::{MessageEvent, Pool, State};

use crate::ABOUT;
use crate::alerts::{self, Alerts, IDENTITY, Rules};
use crate::config::Config;
use crate::store::{Connection, Store};

/// How often values are looked at.
const TICK: Duration = Duration::from_secs(1);

/// How many looks the measurements may take to come after the first inventory.
const PATIENCE: u32 = 15;

/// The road of one pool.
pub(crate) struct Road {
    pool: Pool,
    store: Arc<Store>,
    alerts: Alerts,
    keeper: Option<Keeper>,
    historian: Option<Historian>,
    looks: u32,
}

impl Road {
    /// Starts to talk to the configured Alertmanagers.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub(crate) fn start(
        config: &Config,
        pool: Pool,
        store: Arc<Store>,
        historian: Option<Historian>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let keeper = match config.alertmanagers.is_empty() {
            true => None,
            false => {
                let settings = Settings::new(ABOUT.name, &IDENTITY, alerts::ours(&store.pool)?);
                Some(Keeper::start(config.alertmanagers.clone(), settings, shutdown)?)
            }
        };
        let rules = Rules { priority: config.alert_priority, hold: config.alert_hold };
        Ok(Road { pool, store, alerts: Alerts::new(rules), keeper, historian, looks: 0 })
    }

    /// Until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut messages = self.pool.messages();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = messages.recv() => match event {
                    Ok(event) => self.chronicle(&event),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                },
                _ = ticks.tick() => self.looks += 1,
                () = stop.cancelled() => break,
            }
            self.follow();
        }
    }

    /// Tells Alertmanager what should be active.
    fn follow(&mut self) {
        let Some(keeper) = &self.keeper else { return };
        let state = Arc::clone(&self.pool.watch().borrow());
        let State::Connected(connected) = &*state else { return };
        let mut snapshot = self.store.snapshot();
        let known = matches!(self.store.connection().0, Connection::Up(_))
            && snapshot.samples.len() >= snapshot.inventory.hosts.len();
        if self.looks < PATIENCE && !known {
            return;
        }
        self.looks = PATIENCE;
        // A message may be known here a moment before the store has it.
        snapshot.inventory = Arc::clone(&connected.inventory);
        keeper.set(self.alerts.wanted(&snapshot, Timestamp::now()));
    }

    /// Tells the history. A message's UUID makes the event known when it comes again.
    fn chronicle(&self, event: &MessageEvent) {
        let Some(historian) = &self.historian else { return };
        let (message, sequence) = match event {
            MessageEvent::Raised(_, message) => (message, 1),
            MessageEvent::Ended(_, message) => (message, 2),
        };
        let Message { uuid, name, class, object, priority, timestamp, body, .. } = &**message;
        let thing = alerts::Thing::find(&self.store.snapshot(), class, *object);
        let severity = match (sequence, priority) {
            (2, _) => Severity::Ok,
            (_, 1 | 2) => Severity::Critical,
            (_, 3) => Severity::Warning,
            _ => Severity::Info,
        };
        let details = [("name", &**name), ("class", class), ("object", &object.to_string())];
        historian.record(&Event {
            source: "xenserver",
            instance: &self.store.pool,
            epoch: &uuid.hyphenated().to_string(),
            sequence,
            at: timestamp.filter(|_| sequence == 1).unwrap_or_else(Timestamp::now),
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
