//! Reads a cloud again and again in the background, each tier at its own pace.
//!
//! Promises: a tier is never read twice at once; what it read is swapped in whole; a collector that fails leaves
//! the others and its own last rows alone; rows too old are forgotten. No call is made because of a scrape.

mod collector;
mod counting;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use exporter_kit::Ready;
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::client::lenient::Text;
use crate::client::{Answer, Call, Client, Error, Listing, Record, Rights};
use crate::events::Events;
use crate::road::Road;
use crate::snapshot::{Outcome, Part, Snapshot};
use crate::store::Store;
use collector::Way;
pub use collector::{Collector, Tier};

/// Rows in an answer without pages at most (`default.page.size`): as many may have been cut.
const CUT: usize = 500;

/// Follows one cloud.
#[derive(Debug)]
pub(crate) struct Follower {
    pub(crate) client: Client,
    pub(crate) store: Arc<Store>,
    pub(crate) pace: Pace,
    pub(crate) events: Events,
    pub(crate) road: Mutex<Road>,
    pub(crate) rights: OnceCell<Rights>,
    /// Tiers that have not been read once.
    pub(crate) unread: AtomicUsize,
    pub(crate) ready: Ready,
}

/// How often a cloud is read, and how much of it.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Time between two readings of the tiers, in the order of [`Tier::ALL`].
    pub every: [Duration; 4],
    /// How long rows are shown after they were read.
    pub keep: Duration,
    /// Whether statistics of virtual machines are read.
    pub statistics: bool,
    /// Whether the states of volumes are counted in each zone.
    pub volumes_by_zone: bool,
}

/// Puts what a collector has read into a snapshot.
type Update = Box<dyn FnOnce(&mut Snapshot) + Send>;

impl Follower {
    /// Reads all tiers until `shutdown`.
    pub(crate) async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let tiers = Tier::ALL.map(|tier| Arc::clone(&self).follow(tier));
        shutdown.run_until_cancelled(join_all(tiers)).await;
    }

    async fn follow(self: Arc<Self>, tier: Tier) {
        let every = self.pace.every[tier as usize];
        let mut first = true;
        loop {
            self.read(tier).await;
            if std::mem::take(&mut first) && self.unread.fetch_sub(1, Ordering::AcqRel) == 1 {
                self.first_snapshot();
            }
            sleep(jittered(every)).await;
        }
    }

    fn first_snapshot(&self) {
        let snapshot = self.store.snapshot(self.client.name());
        let read = snapshot
            .readings()
            .filter(|(_, reading)| reading.is_some_and(|reading| reading.outcome == Outcome::Read));
        let collectors = read.count();
        info!(cloud = self.client.name(), collectors, "the first snapshot is there");
        self.ready.yes();
    }

    async fn read(&self, tier: Tier) {
        let mine = || Collector::ALL.iter().copied().filter(|collector| collector.tier() == tier);
        let updates: Vec<Update> = match self.rights.get_or_try_init(|| self.client.rights()).await
        {
            Ok(rights) => join_all(mine().map(|collector| self.collect(collector, rights))).await,
            Err(error) => {
                warn!(cloud = self.client.name(), %error, "the cloud does not answer");
                mine().map(failed).collect()
            }
        };
        let limit = Timestamp::now() - self.pace.keep;
        self.store.change(self.client.name(), |snapshot| {
            let before = alert_ids(snapshot);
            updates.into_iter().for_each(|update| update(snapshot));
            let forgotten = snapshot.forget(limit);
            // Alerts are read often and change seldom: what is encoded stays good meanwhile.
            tier != Tier::Alerts || forgotten || before != alert_ids(snapshot)
        });
    }

    async fn collect(&self, collector: Collector, rights: &Rights) -> Update {
        match collector {
            Collector::Alerts => self.alerts(collector, rights).await,
            Collector::Events => self.events(collector, rights).await,
            Collector::Zones => self.rows(collector, rights, |s| &mut s.zones).await,
            Collector::Capacities => self.rows(collector, rights, |s| &mut s.capacities).await,
            Collector::Pods => self.rows(collector, rights, |s| &mut s.pods).await,
            Collector::Clusters => self.rows(collector, rights, |s| &mut s.clusters).await,
            Collector::Hosts => self.rows(collector, rights, |s| &mut s.hosts).await,
            Collector::DedicatedHosts => {
                self.rows(collector, rights, |s| &mut s.dedicated_hosts).await
            }
            Collector::StoragePools => self.rows(collector, rights, |s| &mut s.pools).await,
            Collector::ImageStores => self.rows(collector, rights, |s| &mut s.image_stores).await,
            Collector::SystemVms => self.rows(collector, rights, |s| &mut s.system_vms).await,
            Collector::Routers => self.rows(collector, rights, |s| &mut s.routers).await,
            Collector::ManagementServers => {
                self.rows(collector, rights, |s| &mut s.management_servers).await
            }
            Collector::Database => self.rows(collector, rights, |s| &mut s.databases).await,
            Collector::UsageServer => self.rows(collector, rights, |s| &mut s.usage_servers).await,
            Collector::Jobs => self.rows(collector, rights, |s| &mut s.jobs).await,
            Collector::VirtualMachines => self.rows(collector, rights, |s| &mut s.machines).await,
            Collector::Networks => self.rows(collector, rights, |s| &mut s.networks).await,
            Collector::Vpcs => self.rows(collector, rights, |s| &mut s.vpcs).await,
            Collector::Vlans => self.rows(collector, rights, |s| &mut s.vlans).await,
            Collector::Domains => self.rows(collector, rights, |s| &mut s.domains).await,
            Collector::Accounts => self.rows(collector, rights, |s| &mut s.accounts).await,
            Collector::Projects => self.rows(collector, rights, |s| &mut s.projects).await,
            Collector::Volumes => self.volumes(collector, rights).await,
            Collector::Snapshots => self.count(collector, rights, |s| &mut s.snapshots).await,
            Collector::Backups => self.count(collector, rights, |s| &mut s.backups).await,
            Collector::Templates => self.count(collector, rights, |s| &mut s.templates).await,
        }
    }

    async fn rows<T: Record>(
        &self,
        collector: Collector,
        rights: &Rights,
        part: fn(&mut Snapshot) -> &mut Part<T>,
    ) -> Update {
        let begin = Instant::now();
        let listing = self.listing(collector, rights).await;
        self.outcome(collector, listing, begin, part)
    }

    async fn listing<T: Record>(
        &self,
        collector: Collector,
        rights: &Rights,
    ) -> Result<Listing<T>, Error> {
        let call = collector.call();
        rights.check(call.command)?;
        let parameters = self.parameters(collector, rights);
        let call = Call { parameters: &parameters, ..call };
        if collector.way() == Way::Pages {
            return self.client.list(call).await;
        }
        let Answer { rows, .. } = self.client.call(call).await?;
        Ok(Listing { partial: rows.len() >= CUT, rows })
    }

    /// The call's parameters, without those that this server is too old for.
    fn parameters(
        &self,
        collector: Collector,
        rights: &Rights,
    ) -> Vec<(&'static str, &'static str)> {
        let Call { command, parameters, .. } = collector.call();
        let with_statistics = |(name, value)| match collector {
            Collector::VirtualMachines if name == "details" && self.pace.statistics => {
                (name, "min,servoff,stats")
            }
            _ => (name, value),
        };
        let known = parameters.iter().copied().filter(|(name, _)| rights.knows(command, name));
        known.map(with_statistics).collect()
    }

    async fn alerts(&self, collector: Collector, rights: &Rights) -> Update {
        let begin = Instant::now();
        let followed = match self.listing(collector, rights).await {
            Ok(listing) => {
                let mut road = self.road.lock().await;
                Ok(road.follow(listing.rows, listing.partial).await)
            }
            Err(error) => Err(error),
        };
        self.outcome(collector, followed, begin, |snapshot| &mut snapshot.alerts)
    }

    async fn events(&self, collector: Collector, rights: &Rights) -> Update {
        let begin = Instant::now();
        let listing = self.listing(collector, rights).await;
        let counted = listing.map(|listing| Listing {
            partial: self.events.count(self.client.name(), &listing.rows),
            rows: Vec::new(),
        });
        self.outcome(collector, counted, begin, |snapshot| &mut snapshot.events)
    }

    /// What becomes of an attempt. A change from well to ill or back is logged.
    fn outcome<T: Send + Sync + 'static>(
        &self,
        collector: Collector,
        listing: Result<Listing<T>, Error>,
        begin: Instant,
        part: fn(&mut Snapshot) -> &mut Part<T>,
    ) -> Update {
        let took = begin.elapsed();
        let cloud = self.client.name();
        let mut before = Snapshot::clone(&self.store.snapshot(cloud));
        let before = part(&mut before).reading.as_ref().map(|reading| reading.outcome);
        let collector = collector.name();
        let outcome = match &listing {
            Ok(_) => Outcome::Read,
            Err(Error::Right { .. }) => Outcome::Unavailable,
            Err(_) => Outcome::Failed,
        };
        match &listing {
            Ok(Listing { rows, partial }) => {
                if before.is_some_and(|before| before != Outcome::Read) {
                    info!(cloud, collector, rows = rows.len(), partial, "reads again");
                }
            }
            Err(error) if before != Some(outcome) => {
                warn!(cloud, collector, %error, "cannot be read")
            }
            Err(_) => {}
        }
        Box::new(move |snapshot| match listing {
            Ok(Listing { rows, partial }) => part(snapshot).succeed(rows, partial, took),
            Err(_) => part(snapshot).fail(outcome, took),
        })
    }
}

fn alert_ids(snapshot: &Snapshot) -> Vec<Text> {
    snapshot.alerts.rows().iter().map(|alert| alert.id.clone()).collect()
}

/// The cloud did not say what it can do, so nothing was tried.
fn failed(collector: Collector) -> Update {
    Box::new(move |snapshot| snapshot.fail(collector))
}

/// A tenth more or less, so that tiers and clouds do not keep step.
fn jittered(every: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    every.mul_f64(0.9 + 0.2 * (random % 1024) as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_a_tenth_at_most() {
        for _ in 0..1000 {
            let jittered = jittered(Duration::from_secs(100)).as_secs_f64();
            assert!((90.0..=110.0).contains(&jittered), "{jittered}");
        }
    }
}
