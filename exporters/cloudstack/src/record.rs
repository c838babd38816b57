//! What CloudStack lists, as far as metrics need it. The fields have the API's names and units.
//!
//! Promises: every field may be absent or of another type than documented; then it is empty and the rest of the
//! object is kept. Refuses to know metrics.

mod control;
mod guest;
mod infrastructure;
mod tenant;

use crate::client::lenient::Text;

pub use crate::client::Record;
pub use control::{Alert, Database, Event, Job, ManagementServer, UsageServer};
pub use guest::{Machine, Network, VlanRange, Vpc};
pub use infrastructure::{
    Capacity, Cluster, DedicatedHost, Health, Host, ImageStore, Pod, Pool, Router, SystemVm, Zone,
};
pub use tenant::{Quota, RESOURCES, Resource, Tenant};

/// Declares records: structs of texts, numbers, flags and lists, each absent by default.
macro_rules! records {
    ($($(#[$doc:meta])* $name:ident by $id:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $($(#[$attribute])* #[doc = concat!("`", stringify!($field), "` of the API.")] pub $field: $type,)*
        }

        impl $crate::client::Record for $name {
            fn id(&self) -> &$crate::client::lenient::Text {
                &self.$id
            }
        }
    )*};
}
use records;

/// Number of virtual machines, volumes and the like of which nothing but their number is read.
#[derive(Debug, Clone)]
pub struct Count {
    /// The zone they are in, empty where they are in none.
    pub zone_id: Text,
    /// Their state, empty for all.
    pub state: &'static str,
    /// How many.
    pub count: u64,
}
