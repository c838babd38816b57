//! Keeps the wanted alerts active at several Alertmanagers.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    Address, AddressStats, Client, Error, Settings, Wanted, delivery::Delivery, wish::Wish,
};

/// Counts the sets given to a keeper, from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

/// Keeps the wanted alerts active at every address, one task each.
///
/// Alerts of an earlier life of the owner (by [`Settings::ours`]) are found at the addresses and kept alive
/// until the first [`Keeper::set`], which continues or ends them. An address that answers only later is read
/// then, before anything is sent to it.
///
/// Dropping the keeper stops its tasks and ends no alert.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use alertmanager::{Address, Alert, Auth, Keeper, LabelSet, Settings, Wanted};
///
/// let ours = LabelSet::new([("source", "nagios"), ("road", "fast")])?;
/// let settings = Settings::new("nagios-exporter", &["source", "road", "host", "service"], ours);
/// let addresses = vec![Address::new("http://127.0.0.1:9093", Auth::None)?];
/// let keeper = Keeper::start(addresses, settings, &Default::default())?;
///
/// let labels = [("source", "nagios"), ("road", "fast"), ("host", "web"), ("severity", "critical")];
/// let alert = Alert {
///     labels: LabelSet::new(labels)?,
///     annotations: LabelSet::new([("output", "connection refused")])?,
///     starts_at: "2026-01-31T12:00:00Z".parse()?,
///     generator_url: None,
/// };
/// let generation = keeper.set([Wanted { alert, silenced: None }]);
/// keeper.accepted().wait_for(|accepted| *accepted >= generation).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Keeper {
    settings: Arc<Settings>,
    wish: watch::Sender<Arc<Wish>>,
    accepted: watch::Sender<Generation>,
    stats: Vec<Arc<Mutex<AddressStats>>>,
    tasks: JoinSet<()>,
}

impl Keeper {
    /// Starts a task for each address. Waits for none of them; they run until `shutdown`.
    ///
    /// # Errors
    /// [`Error::Setup`] only: an address that is away is no error.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(
        addresses: Vec<Address>,
        settings: Settings,
        shutdown: &CancellationToken,
    ) -> Result<Self, Error> {
        let settings = Arc::new(settings);
        let wish = watch::Sender::new(Arc::new(Wish::default()));
        let accepted = watch::Sender::new(Generation(0));
        let mut keeper =
            Self { settings, wish, accepted, stats: Vec::new(), tasks: JoinSet::new() };
        for address in addresses {
            let named = AddressStats { address: address.to_string(), ..AddressStats::default() };
            let stats = Arc::new(Mutex::new(named));
            let delivery = Delivery::new(
                Client::new(address, keeper.settings.timeout)?,
                Arc::clone(&keeper.settings),
                keeper.wish.clone(),
                keeper.accepted.clone(),
                Arc::clone(&stats),
            );
            keeper.stats.push(stats);
            keeper.tasks.spawn(delivery.run(shutdown.clone()));
        }
        Ok(keeper)
    }

    /// Exactly these alerts should be active from now on: those that are new are raised, those that changed
    /// are sent anew, those that are missing are ended as of now. Of two with equal labels the later wins.
    ///
    /// An alert keeps the start it was raised with until it ends. Returns at once.
    pub fn set(&self, wanted: impl IntoIterator<Item = Wanted>) -> Generation {
        let mut generation = Generation(0);
        self.wish.send_modify(|wish| {
            generation = Arc::make_mut(wish).set(wanted, Timestamp::now(), &self.settings);
        });
        if self.stats.is_empty() {
            self.accepted.send_replace(generation);
        }
        generation
    }

    /// The highest generation whose effects at least one address has accepted: its alerts and ends by a
    /// POST, its silences made and ended. Later generations include earlier ones. One that changes nothing
    /// is accepted at once when nothing older is pending; without addresses every one is.
    #[must_use]
    pub fn accepted(&self) -> watch::Receiver<Generation> {
        self.accepted.subscribe()
    }

    /// Figures of each address, in the order in which they were given.
    #[must_use]
    pub fn stats(&self) -> Vec<AddressStats> {
        let read = |stats: &Arc<Mutex<AddressStats>>| {
            stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
        };
        self.stats.iter().map(read).collect()
    }

    /// Waits until every task has stopped, which they do at once after `shutdown`.
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
