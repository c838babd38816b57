//! The pool itself, and updates that were applied to it.

use uuid::Uuid;

use super::record;
use crate::Ref;

record! {
    /// The pool.
    Pool("pool") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// Its name, often empty.
        name_label: Box<str> = "/name_label",
        /// Its description.
        name_description: Box<str> = "/name_description",
        /// The host that is the master.
        master: Ref = "/master",
        /// The default SR.
        default_sr: Ref = "/default_SR",
        /// Whether high availability is on.
        ha_enabled: bool = "/ha_enabled",
        /// How many failures of hosts high availability is to bear.
        ha_host_failures_to_tolerate: i64 = "/ha_host_failures_to_tolerate",
        /// For how many failures there is a plan.
        ha_plan_exists_for: i64 = "/ha_plan_exists_for",
        /// Whether more VMs are protected than can be.
        ha_overcommitted: bool = "/ha_overcommitted",
        /// Tags.
        tags: Box<[Box<str>]> = "/tags",
        /// Alarm settings, XML, from `other_config:perfmon`.
        perfmon: Option<Box<str>> = "/other_config/perfmon",
    }
}

record! {
    /// An update of the pool, since XenServer 7.1.
    PoolUpdate("pool_update") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// Its name.
        name_label: Box<str> = "/name_label",
        /// Its version.
        version: Box<str> = "/version",
        /// The hosts that have it.
        hosts: Box<[Ref]> = "/hosts",
        /// What must be restarted after it.
        after_apply_guidance: Box<[Box<str>]> = "/after_apply_guidance",
    }
}

record! {
    /// An update of the pool, before XenServer 7.1.
    PoolPatch("pool_patch") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// Its name.
        name_label: Box<str> = "/name_label",
        /// Its version.
        version: Box<str> = "/version",
        /// Whether all hosts have it.
        pool_applied: bool = "/pool_applied",
        /// Its application to hosts.
        host_patches: Box<[Ref]> = "/host_patches",
        /// What must be restarted after it.
        after_apply_guidance: Box<[Box<str>]> = "/after_apply_guidance",
    }
}
