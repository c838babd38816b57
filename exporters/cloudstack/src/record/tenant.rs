//! Domains, accounts and projects: what they use and may use.

use serde::Deserialize;

use crate::client::lenient::{Number, Text};

use super::Record;

/// `listDomains`, `listAccounts` or `listProjects`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Tenant {
    /// `id` of the API.
    pub id: Text,
    /// `name` of the API.
    pub name: Text,
    /// `state` of the API.
    pub state: Text,
    /// Path of a domain (`path`), or the name of an account's or project's domain (`domainpath`, `domain`).
    pub path: Text,
    /// `domainpath` of the API.
    pub domainpath: Text,
    /// `domain` of the API.
    pub domain: Text,
    /// `domainid` of the API.
    pub domainid: Text,
    /// `level` of the API: 0 is the root domain.
    pub level: Number,
    /// `vmrunning` of the API.
    pub vmrunning: Number,
    /// `vmstopped` of the API.
    pub vmstopped: Number,
    /// `accounttype` of the API: 0 user, 1 admin, 2 domain admin.
    pub accounttype: Number,
    /// Use of each resource, and its limit.
    #[serde(flatten)]
    pub quotas: Quotas,
}

impl Record for Tenant {
    fn id(&self) -> &Text {
        &self.id
    }
}

/// A resource that tenants have limits of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resource {
    /// Value of the label `resource`.
    pub name: &'static str,
    /// What the API's numbers are multiples of: bytes for memory and storage, else 1.
    pub unit: f64,
}

/// What a tenant uses of a resource, and how much it may; in the API's units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Quota {
    /// `...total`.
    pub used: Number,
    /// `...limit`; infinite when it is unlimited.
    pub limit: Number,
}

macro_rules! quotas {
    ($($name:literal, $unit:expr, $used:ident, $limit:ident;)*) => {
        /// The resources, in the order of [`Quotas::all`].
        pub const RESOURCES: &[Resource] = &[$(Resource { name: $name, unit: $unit }),*];

        /// Use and limits of a tenant.
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(default)]
        pub struct Quotas { $(pub $used: Number, pub $limit: Number,)* }

        impl Quotas {
            /// All of them, in the order of [`RESOURCES`].
            #[must_use]
            pub fn all(&self) -> Vec<Quota> {
                vec![$(Quota { used: self.$used, limit: unlimited(self.$limit) }),*]
            }
        }
    };
}

quotas! {
    "vm", 1.0, vmtotal, vmlimit;
    "cpu", 1.0, cputotal, cpulimit;
    "memory", 1024.0 * 1024.0, memorytotal, memorylimit;
    "primary_storage", 1024.0 * 1024.0 * 1024.0, primarystoragetotal, primarystoragelimit;
    "secondary_storage", 1024.0 * 1024.0 * 1024.0, secondarystoragetotal, secondarystoragelimit;
    "volume", 1.0, volumetotal, volumelimit;
    "snapshot", 1.0, snapshottotal, snapshotlimit;
    "template", 1.0, templatetotal, templatelimit;
    "network", 1.0, networktotal, networklimit;
    "vpc", 1.0, vpctotal, vpclimit;
    "public_ip", 1.0, iptotal, iplimit;
    "project", 1.0, projecttotal, projectlimit;
    "gpu", 1.0, gputotal, gpulimit;
}

/// -1 stands for no limit as well.
fn unlimited(limit: Number) -> Number {
    Number(limit.0.map(|limit| if limit < 0.0 { f64::INFINITY } else { limit }))
}
