//! What is known of one pool at one moment: plain typed data for the metrics.

pub(crate) mod measure;
pub(crate) mod sample;

use std::collections::HashMap;
use std::sync::Arc;

use xenapi::record::{Host, PowerState, Vm};
use xenapi::{Inventory, Ref, Uuid};

use sample::Sample;

/// What is known of one pool.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// The `pool` label.
    pub(crate) pool: Arc<str>,
    /// What it consists of; empty when nothing is known, or nothing any more.
    pub(crate) inventory: Arc<Inventory>,
    /// What hosts measured last, by their UUIDs; without those that are silent for too long.
    pub(crate) samples: HashMap<Uuid, Arc<Sample>>,
}

impl Snapshot {
    /// The measurements of each VM: those of the host it runs on, or, on its way to another, the newest.
    pub(crate) fn measured(&self) -> HashMap<Uuid, &Sample> {
        let mut found: HashMap<Uuid, &Sample> = HashMap::with_capacity(self.inventory.vms.len());
        for sample in self.samples.values() {
            for subject in sample.subjects() {
                let known = found.entry(subject).or_insert(sample);
                if known.received() < sample.received() {
                    *known = sample;
                }
            }
        }
        for (vm, host) in self.resident() {
            if let Some(sample) = self.samples.get(&host.uuid)
                && sample.subjects_contain(&vm.uuid)
            {
                found.insert(vm.uuid, sample);
            }
        }
        found
    }

    /// VMs that run, each with the host it runs on; dom0s too.
    pub(crate) fn resident(&self) -> impl Iterator<Item = (&Vm, &Host)> {
        self.inventory.vms.values().filter_map(|vm| {
            let host = self.inventory.hosts.get(&vm.resident_on)?;
            let runs = matches!(vm.power_state, PowerState::Running | PowerState::Paused);
            runs.then_some((&**vm, &**host))
        })
    }

    /// The VMs, without dom0s and driver domains.
    pub(crate) fn vms(&self) -> impl Iterator<Item = &Vm> {
        self.inventory.vms.values().map(|vm| &**vm).filter(|vm| !vm.is_control_domain)
    }

    /// The host that is the master.
    pub(crate) fn master(&self) -> Option<&Ref> {
        self.inventory.pool().map(|pool| &pool.master)
    }
}
