//! The fast road: keeps Alertmanager in agreement with the alerts that the snapshot asks for.
//!
//! Promises: nothing is told to Alertmanager before the first whole snapshot came and one Alertmanager has
//! said which of our alerts it holds, so a restart ends no alert by mistake; an event counts as done when an
//! Alertmanager has accepted what it changed; after the first change of a burst, further ones are gathered
//! for a moment. Without Alertmanagers every event is done at once.

mod adoption;
mod ledger;

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alertmanager::{Alert, Generation, Keeper, Settings, Url};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::ABOUT;
use crate::alerts::{Alerts, IDENTITY, Style};
use crate::config::Config;
use crate::snapshot::{Snapshot, Touched};
use ledger::Ledger;

/// Pause between two sets of alerts, and what each alert adds to it: a set costs time for every alert in it.
const PAUSE: Duration = Duration::from_millis(50);
const PAUSE_EACH: Duration = Duration::from_micros(20);

/// The road from the snapshot to Alertmanager.
pub(crate) struct Road {
    own_address: Url,
    alerts: Alerts,
    keeper: Option<Arc<Keeper>>,
    /// Where others see the keeper, for its figures.
    published: watch::Sender<Option<Arc<Keeper>>>,
    accepted: watch::Receiver<Generation>,
    /// Asks what Alertmanager holds; empty when that is known.
    adoption: JoinSet<Vec<Alert>>,
    /// Whether a whole snapshot has been followed.
    followed: bool,
    /// Whether all objects have to be followed once more.
    all_anew: bool,
    /// Whether Alertmanager has to be told something.
    changed: bool,
    next: Instant,
    ledger: Ledger,
    /// Ends the keeper and the adoption that a reload replaces.
    running: CancellationToken,
}

impl Road {
    /// Starts to talk to the configured Alertmanagers.
    pub(crate) fn start(
        config: &Config,
        own_address: Url,
        published: watch::Sender<Option<Arc<Keeper>>>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let mut road = Road {
            alerts: Alerts::new(style(config, &own_address)),
            own_address,
            keeper: None,
            published,
            accepted: watch::channel(Generation(0)).1,
            adoption: JoinSet::new(),
            followed: false,
            all_anew: false,
            changed: true,
            next: Instant::now(),
            ledger: Ledger::default(),
            running: shutdown.child_token(),
        };
        road.connect(config, shutdown)?;
        if let Some(keeper) = &road.keeper {
            info!(alertmanagers = keeper.stats().len(), "hard problems are pushed");
            road.adoption = adoption::ask(config, &style(config, &road.own_address))?;
        }
        Ok(road)
    }

    /// Takes over a new configuration. Alerts go on under it at once.
    pub(crate) fn reconfigure(
        &mut self,
        config: &Config,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<()> {
        let unknown = self.keeper.is_none() || !self.adoption.is_empty();
        self.connect(config, shutdown)?;
        let style = style(config, &self.own_address);
        if unknown {
            self.adoption = adoption::ask(config, &style)?;
        }
        self.alerts.restyle(style);
        self.ledger.flush_again();
        (self.all_anew, self.changed) = (true, true);
        Ok(())
    }

    /// Lets the alerts follow what changed.
    pub(crate) fn follow(&mut self, snapshot: &Snapshot, touched: &[Touched]) {
        if self.keeper.is_none() {
            return;
        }
        let now = Timestamp::now();
        self.followed = true;
        let all = [Touched::Everything];
        let touched = if touched.contains(&Touched::Everything) { &all } else { touched };
        for &touched in touched {
            self.changed |= self.alerts.follow(snapshot, touched, now);
        }
    }

    /// Every event up to `seq` has been followed.
    pub(crate) fn applied(&mut self, seq: u64) {
        self.ledger.applied(seq, self.keeper.is_some() && self.changed);
    }

    /// A new Nagios process speaks, whose sequence numbers start anew.
    pub(crate) fn restart_acknowledging(&mut self) {
        self.ledger = Ledger::default();
    }

    /// The highest sequence number whose effects Alertmanager has accepted.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.ledger.acknowledged()
    }

    /// Waits until [`Road::proceed`] has something to do. May be dropped while it waits.
    pub(crate) async fn wait(&mut self) {
        let due = self.due();
        tokio::select! {
            Ok(()) = self.accepted.changed() => {}
            Some(Ok(found)) = self.adoption.join_next() => {
                info!(alerts = found.len(), "an Alertmanager has told which of our alerts it holds");
                self.alerts.adopt(found);
                (self.adoption, self.all_anew) = (JoinSet::new(), true);
            }
            () = sleep_until(due.unwrap_or_else(Instant::now).into()), if due.is_some() => {}
            () = pending() => {}
        }
    }

    /// Tells Alertmanager what has changed, if it is time, and notes what it has accepted.
    pub(crate) fn proceed(&mut self, snapshot: Option<&Snapshot>) {
        if let (true, Some(snapshot)) = (std::mem::take(&mut self.all_anew), snapshot) {
            self.follow(snapshot, &[Touched::Everything]);
        }
        if let (Some(keeper), Some(due)) = (&self.keeper, self.due())
            && due <= Instant::now()
        {
            let generation = keeper.set(self.alerts.wanted().cloned());
            self.ledger.flushed(generation);
            self.changed = false;
            self.next = Instant::now() + PAUSE + PAUSE_EACH * self.alerts.len() as u32;
        }
        self.ledger.accepted(*self.accepted.borrow_and_update());
    }

    /// When Alertmanager is to be told; `None` while nothing has changed or not all is known.
    fn due(&self) -> Option<Instant> {
        let all_known = self.followed && self.adoption.is_empty();
        (self.changed && all_known && self.keeper.is_some()).then_some(self.next)
    }

    /// Puts a keeper for the configured Alertmanagers in place of the old one, which ends no alert.
    fn connect(&mut self, config: &Config, shutdown: &CancellationToken) -> anyhow::Result<()> {
        let running = shutdown.child_token();
        self.keeper = match config.alertmanagers.as_slice() {
            [] => None,
            addresses => {
                let ours = style(config, &self.own_address).ours()?;
                let settings = Settings::new(ABOUT.name, &IDENTITY, ours);
                Some(Arc::new(Keeper::start(addresses.to_vec(), settings, &running)?))
            }
        };
        std::mem::replace(&mut self.running, running).cancel();
        if let Some(keeper) = &self.keeper {
            self.accepted = keeper.accepted();
        }
        self.published.send_replace(self.keeper.clone());
        Ok(())
    }
}

fn style(config: &Config, own_address: &Url) -> Style {
    Style {
        instance: config.instance.clone(),
        alert_on: config.alert_on,
        page: config.external_url.as_ref().unwrap_or(own_address).clone(),
    }
}
