//! Everything a pool consists of, at one moment.
//!
//! An inventory is cheap to copy and to change: a class that did not change is shared between copies, and so is
//! each record.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;

use crate::{
    Ref,
    record::{
        Bond, Certificate, Console, Host, HostCpu, HostMetrics, HostPatch, Message, Network, Pbd,
        Pif, PifMetrics, Pool, PoolPatch, PoolUpdate, Record, Sr, Vbd, Vdi, Vif, Vm,
        VmGuestMetrics, VmMetrics,
    },
};

/// The records of one class.
#[derive(Debug, Clone, PartialEq)]
pub struct Table<T>(Arc<HashMap<Ref, Arc<T>>>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Table<T> {
    /// The record of an object.
    #[must_use]
    pub fn get(&self, reference: &Ref) -> Option<&Arc<T>> {
        self.0.get(reference)
    }

    /// All objects, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Ref, &Arc<T>)> {
        self.0.iter()
    }

    /// All records, in no order.
    pub fn values(&self) -> impl Iterator<Item = &Arc<T>> {
        self.0.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether nothing of this class differs, found without comparing records.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T: Record> Table<T> {
    fn put(&mut self, reference: Ref, record: &Value) -> bool {
        let record = T::read(record);
        if !record.is_kept() {
            return self.remove(&reference);
        }
        if self.get(&reference).is_some_and(|known| **known == record) {
            return false;
        }
        Arc::make_mut(&mut self.0).insert(reference, Arc::new(record));
        true
    }

    fn remove(&mut self, reference: &Ref) -> bool {
        self.0.contains_key(reference) && Arc::make_mut(&mut self.0).remove(reference).is_some()
    }
}

/// Declares the classes once: fields, names and how events reach them.
macro_rules! inventory {
    ($($(#[$doc:meta])* $field:ident: $record:ty,)*) => {
        /// Everything a pool consists of.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Inventory {
            $($(#[$doc])* pub $field: Table<$record>,)*
        }

        /// XAPI's names of the classes that are kept.
        pub(crate) const CLASSES: &[&str] = &[$(<$record>::CLASS,)*];

        impl Inventory {
            /// Takes in a record. Whether anything changed. A class that is not kept changes nothing.
            pub(crate) fn put(&mut self, class: &str, reference: Ref, record: &Value) -> bool {
                $(if class.eq_ignore_ascii_case(<$record>::CLASS) {
                    return self.$field.put(reference, record);
                })*
                false
            }

            /// Drops an object. Whether there was one.
            pub(crate) fn remove(&mut self, class: &str, reference: &Ref) -> bool {
                $(if class.eq_ignore_ascii_case(<$record>::CLASS) {
                    return self.$field.remove(reference);
                })*
                false
            }

            /// Takes the classes that another inventory has.
            pub(crate) fn absorb(&mut self, other: Self) {
                $(if !other.$field.is_empty() { self.$field = other.$field; })*
            }
        }
    };
}

inventory! {
    /// The pool, one.
    pools: Pool,
    /// Hosts.
    hosts: Host,
    /// What XAPI measures of hosts.
    host_metrics: HostMetrics,
    /// Processors of hosts.
    host_cpus: HostCpu,
    /// Interfaces of hosts.
    pifs: Pif,
    /// What XAPI measures of them.
    pif_metrics: PifMetrics,
    /// Bonds of interfaces.
    bonds: Bond,
    /// Networks.
    networks: Network,
    /// VMs and dom0s, without templates and snapshots.
    vms: Vm,
    /// What XAPI measures of VMs, those of templates included.
    vm_metrics: VmMetrics,
    /// What guest tools tell.
    vm_guest_metrics: VmGuestMetrics,
    /// Interfaces of VMs, templates and snapshots.
    vifs: Vif,
    /// Disks in VMs, templates and snapshots.
    vbds: Vbd,
    /// Disks.
    vdis: Vdi,
    /// Storage repositories.
    srs: Sr,
    /// How hosts reach repositories.
    pbds: Pbd,
    /// Consoles.
    consoles: Console,
    /// Messages that XAPI keeps.
    messages: Message,
    /// Updates, since XenServer 7.1.
    pool_updates: PoolUpdate,
    /// Updates, before.
    pool_patches: PoolPatch,
    /// Updates on hosts, before.
    host_patches: HostPatch,
    /// Certificates, since XenServer 8.
    certificates: Certificate,
}

impl Inventory {
    /// The pool's own record. Every pool has one.
    #[must_use]
    pub fn pool(&self) -> Option<&Arc<Pool>> {
        self.pools.values().next()
    }

    /// The host that is the master.
    #[must_use]
    pub fn master(&self) -> Option<&Arc<Host>> {
        self.hosts.get(&self.pool()?.master)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_a_change_and_copies_share_the_rest() {
        let mut inventory = Inventory::default();
        let reference = Ref::new("OpaqueRef:1");
        assert!(inventory.put("VM", reference.clone(), &json!({"name_label": "a"})));
        assert!(inventory.put("host", reference.clone(), &json!({"name_label": "h"})));
        let before = inventory.clone();
        assert!(!inventory.put("vm", reference.clone(), &json!({"name_label": "a", "order": "1"})));
        assert!(inventory.vms.is_same(&before.vms));
        assert!(inventory.put("vm", reference.clone(), &json!({"name_label": "b"})));
        assert!(!inventory.vms.is_same(&before.vms) && inventory.hosts.is_same(&before.hosts));
        assert_eq!(&*before.vms.get(&reference).unwrap().name_label, "a");
        assert!(inventory.put("vm", reference.clone(), &json!({"is_a_template": true})));
        assert!(inventory.vms.is_empty() && !inventory.remove("vm", &reference));
        assert!(!inventory.put("task", reference, &json!({})), "a class that is not kept");
    }

    #[test]
    fn the_master_is_the_host_that_the_pool_names() {
        let mut inventory = Inventory::default();
        assert!(inventory.master().is_none());
        inventory.put("pool", Ref::new("OpaqueRef:p"), &json!({"master": "OpaqueRef:h"}));
        inventory.put("host", Ref::new("OpaqueRef:h"), &json!({"name_label": "one"}));
        assert_eq!(&*inventory.master().unwrap().name_label, "one");
    }
}
