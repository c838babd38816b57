//! All that runs in this process.

use std::sync::Arc;

use crate::database::Ref;
use crate::fault::apply::Target;
use crate::host::Host;
use crate::pool::Pool;
use crate::tls::Authority;

/// The pools, and who signs the certificates of their hosts.
pub(crate) struct Lab {
    pub(crate) pools: Vec<Arc<Pool>>,
    pub(crate) authority: Authority,
}

impl Lab {
    /// The pools that are meant. The error says what there is not.
    pub(crate) fn pools_of(&self, target: &Target) -> Result<Vec<&Arc<Pool>>, String> {
        let Some(name) = &target.pool else { return Ok(self.pools.iter().collect()) };
        let found: Vec<_> = self.pools.iter().filter(|pool| pool.name == *name).collect();
        match found.is_empty() {
            true => Err(format!("pool: there is no {name:?}")),
            false => Ok(found),
        }
    }
}

impl Pool {
    /// The VM of a name or uuid, or the first one in a power state.
    pub(crate) fn vm(&self, name: Option<&str>, power_state: &str) -> Result<Ref, String> {
        self.with(|state| {
            let Some(name) = name else {
                let first = state.vms(power_state).into_iter().next();
                return first.ok_or(format!("vm: none is {power_state}"));
            };
            let mut all = state.database.all("VM");
            let named =
                all.find(|(_, vm)| vm.text("name_label") == name || vm.text("uuid") == name);
            named.map(|(vm, _)| Ref::clone(vm)).ok_or(format!("vm: there is no {name:?}"))
        })
    }

    /// Whether a host has a name or an address, with or without the port.
    pub(crate) fn is_named(&self, host: &Host, name: &str) -> bool {
        host.address.to_string() == name
            || host.address.ip().to_string() == name
            || self.with(|state| {
                let fields = state.database.get("host", &host.reference);
                fields.is_some_and(|fields| fields.text("name_label") == name)
            })
    }
}
