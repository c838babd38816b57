//! One pool: follows its inventory, and has one task for each host that asks for its measurements.
//!
//! Promises: a host that hangs delays no other; hosts that come and go are followed; every task ends with `stop`.

mod poller;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use exporter_kit::Ready;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use xenapi::{Connected, Error, Pool, State, Uuid};

use crate::config::Optional;
use crate::store::Store;
use poller::Poller;
pub(crate) use poller::after_row;

/// Follows one pool.
pub(crate) struct Client {
    pub(crate) pool: Pool,
    pub(crate) store: Arc<Store>,
    pub(crate) groups: Arc<BTreeSet<Optional>>,
    pub(crate) ready: Ready,
}

impl Client {
    /// Until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut states = self.pool.watch();
        let mut pollers = Pollers::default();
        let mut told = None;
        loop {
            let state = Arc::clone(&states.borrow_and_update());
            match &*state {
                State::Connecting => {}
                State::Connected(connected) => {
                    told = None;
                    self.connected(connected, &mut pollers);
                    self.ready.yes();
                }
                State::Failed { error, .. } => {
                    self.failed(error, &mut told);
                    self.ready.yes();
                }
            }
            tokio::select! {
                changed = states.changed() => if changed.is_err() { break },
                () = stop.cancelled() => break,
            }
        }
        pollers.tasks.shutdown().await;
        self.pool.stopped().await;
    }

    fn connected(&self, connected: &Connected, pollers: &mut Pollers) {
        let Connected { inventory, master, since, .. } = connected;
        if self.store.connected(inventory, *since) {
            info!(pool = %self.store.pool, %master, "another host is the master");
        }
        let wanted: HashMap<Uuid, &str> =
            inventory.hosts.values().map(|host| (host.uuid, &*host.address)).collect();
        pollers.by_host.retain(|host, (address, task)| {
            let stays = wanted.get(host).is_some_and(|wanted| **wanted == **address);
            if !stays {
                task.abort();
            }
            stays
        });
        for (host, address) in &wanted {
            if pollers.by_host.contains_key(host) {
                continue;
            }
            let poller = Poller {
                pool: self.pool.clone(),
                store: Arc::clone(&self.store),
                totals: Arc::clone(&pollers.totals),
                groups: Arc::clone(&self.groups),
                host: *host,
                address: (*address).into(),
            };
            let task = pollers.tasks.spawn(poller.run());
            pollers.by_host.insert(*host, ((*address).into(), task));
        }
        while pollers.tasks.try_join_next().is_some() {}
        self.store.polled(|host| wanted.contains_key(host));
        pollers.forget(inventory);
    }

    /// One line for each kind of trouble, not for each attempt.
    fn failed(&self, error: &Error, told: &mut Option<&'static str>) {
        self.store.failed(error);
        let kind = error.kind().name();
        if told.replace(kind) != Some(kind) {
            warn!(pool = %self.store.pool, %error, "the pool cannot be read");
        }
    }
}

/// The tasks that ask hosts.
#[derive(Default)]
struct Pollers {
    tasks: JoinSet<()>,
    by_host: HashMap<Uuid, (Box<str>, AbortHandle)>,
    totals: Arc<Mutex<xenapi::rrd::Totals>>,
    /// How many VMs there were when counters of lost ones were last forgotten.
    vms: usize,
}

impl Pollers {
    /// Forgets counters of what is gone, now and then.
    fn forget(&mut self, inventory: &xenapi::Inventory) {
        if self.vms <= inventory.vms.len() {
            self.vms = inventory.vms.len();
            return;
        }
        self.vms = inventory.vms.len();
        let alive: BTreeSet<Uuid> = inventory
            .vms
            .values()
            .map(|vm| vm.uuid)
            .chain(inventory.hosts.values().map(|host| host.uuid))
            .collect();
        poller::lock(&self.totals).retain(|owner| match owner {
            xenapi::rrd::Owner::Host(uuid) | xenapi::rrd::Owner::Vm(uuid) => alive.contains(&uuid),
            xenapi::rrd::Owner::Sr(_) => false,
        });
    }
}
