//! A pool for the time of one command: which VMs it has, and how their settings are changed.
//!
//! Promises: one login, whose session is ended; every wait has a deadline; settings are read right before they are
//! written, and read back afterwards.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use xenapi::{Inventory, Pool, PoolSettings, Ref, State, Uuid};

use super::perfmon::Malformed;
use crate::table;

/// Login and the records of a large pool.
const CONNECTED_WITHIN: Duration = Duration::from_secs(120);
/// Logout.
const CLOSED_WITHIN: Duration = Duration::from_secs(5);
/// Where XAPI keeps the settings.
const KEY: &str = "perfmon";

/// A pool with a session.
pub(super) struct Connection {
    name: String,
    pool: Pool,
    inventory: Arc<Inventory>,
    stop: CancellationToken,
}

/// A VM that was chosen.
#[derive(Debug)]
pub(super) struct VirtualMachine {
    reference: Ref,
    /// Its name, any text.
    pub(super) name: Box<str>,
    /// Its UUID.
    pub(super) uuid: Uuid,
    /// Its settings as they were read last.
    pub(super) perfmon: Option<Box<str>>,
}

impl Connection {
    /// Logs in and reads what the pool consists of.
    ///
    /// # Errors
    /// When the pool refuses or does not answer.
    pub(super) async fn open(name: String, settings: PoolSettings) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let failed = || format!("pool {name:?}");
        let pool = Pool::connect(settings, stop.clone()).with_context(failed)?;
        let mut states = pool.watch();
        let known = states.wait_for(|state| !matches!(**state, State::Connecting));
        let state = timeout(CONNECTED_WITHIN, known)
            .await
            .with_context(|| format!("pool {name:?}: no answer within {CONNECTED_WITHIN:?}"))?
            .map(|state| Arc::clone(&state))
            .with_context(failed)?;
        match &*state {
            State::Connecting => bail!("pool {name:?}: the connection ended"),
            State::Failed { error, .. } => bail!("pool {name:?}: {error}"),
            State::Connected(connected) => {
                let inventory = Arc::clone(&connected.inventory);
                Ok(Self { name, pool, inventory, stop })
            }
        }
    }

    /// Ends the session.
    pub(super) async fn close(self) {
        self.stop.cancel();
        // A pool that does not answer forgets the session by itself.
        drop(timeout(CLOSED_WITHIN, self.pool.stopped()).await);
    }

    /// The VM of this name or UUID.
    ///
    /// # Errors
    /// When there is none, or several: those are listed.
    pub(super) fn one(&self, text: &str) -> anyhow::Result<VirtualMachine> {
        let uuid = Uuid::try_parse(text).ok();
        let mut found = self.all(|vm| Some(vm.uuid) == uuid || &*vm.name_label == text);
        let Some(vm) = found.pop() else {
            bail!(
                "VM: pool {:?} has no {text:?}, expected the name or UUID of one of its {} VMs",
                self.name,
                self.inventory.vms.len()
            );
        };
        if found.is_empty() {
            return Ok(vm);
        }
        found.push(vm);
        let uuids: Vec<_> = found.iter().map(|vm| vm.uuid.to_string()).collect();
        bail!(
            "VM: pool {:?} has {} that are called {text:?}, expected the UUID of one: {}",
            self.name,
            uuids.len(),
            uuids.join(", ")
        )
    }

    /// The VMs with this tag, by their names.
    ///
    /// # Errors
    /// When there is none: the tags that there are are listed.
    pub(super) fn tagged(&self, tag: &str) -> anyhow::Result<Vec<VirtualMachine>> {
        let found = self.all(|vm| vm.tags.iter().any(|known| &**known == tag));
        if found.is_empty() {
            let tags = self.inventory.vms.values().flat_map(|vm| &vm.tags);
            let mut tags: Vec<_> = tags.map(|tag| table::printable(tag)).collect();
            tags.sort();
            tags.dedup();
            ensure!(!tags.is_empty(), "--tag: no VM of pool {:?} has any tag", self.name);
            bail!(
                "--tag: no VM of pool {:?} has {tag:?}, expected one of {}",
                self.name,
                tags.join(", ")
            );
        }
        Ok(found)
    }

    /// Writes what becomes of a VM's settings, unless that is what they are.
    ///
    /// # Errors
    /// When they cannot be read, or the pool refuses.
    pub(super) async fn change(
        &self,
        vm: &mut VirtualMachine,
        change: impl Fn(Option<&str>) -> Result<Option<String>, Malformed>,
    ) -> anyhow::Result<()> {
        let before = self.perfmon(vm).await?;
        let after = change(before.as_deref()).map_err(|error| vm.explain(&error))?;
        if after.as_deref() != before.as_deref() {
            self.pool
                .set_other_config("VM", &vm.reference, KEY, after.as_deref())
                .await
                .with_context(|| {
                    // XAPI can only remove and add: whoever must mend it needs the text.
                    let before = before.as_deref().unwrap_or("not there");
                    format!("{vm}: not written; other_config:{KEY} was {before}")
                })?;
        }
        vm.perfmon = self.perfmon(vm).await?;
        ensure!(
            vm.perfmon.as_deref() == after.as_deref(),
            "{vm}: somebody else has changed other_config:{KEY} at the same time, look at it and set it again"
        );
        Ok(())
    }

    /// The settings as they are now.
    async fn perfmon(&self, vm: &VirtualMachine) -> anyhow::Result<Option<Box<str>>> {
        let parameters = [json!(vm.reference.to_string())];
        let others = self.pool.call("VM.get_other_config", &parameters).await;
        let others = others.with_context(|| format!("{vm}: not read"))?;
        Ok(others.get(KEY).and_then(|text| text.as_str()).map(Box::from))
    }

    fn all(&self, fits: impl Fn(&xenapi::record::Vm) -> bool) -> Vec<VirtualMachine> {
        let fitting = self.inventory.vms.iter().filter(|(_, vm)| fits(vm));
        let mut found: Vec<_> = fitting
            .map(|(reference, vm)| VirtualMachine {
                reference: reference.clone(),
                name: vm.name_label.clone(),
                uuid: vm.uuid,
                perfmon: vm.perfmon.clone(),
            })
            .collect();
        found.sort_by(|a, b| (&a.name, a.uuid).cmp(&(&b.name, b.uuid)));
        found
    }
}

impl VirtualMachine {
    /// Settings that cannot be read, and what can be done.
    pub(super) fn explain(&self, error: &Malformed) -> anyhow::Error {
        let uuid = self.uuid;
        anyhow::anyhow!(
            "{self}: {error}: remove it with `xe vm-param-remove uuid={uuid} param-name=other-config param-key={KEY}`"
        )
    }
}

impl std::fmt::Display for VirtualMachine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", table::printable(&self.name), self.uuid)
    }
}
