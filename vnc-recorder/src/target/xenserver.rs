//! The consoles of a XenServer pool: its VMs and control domains as its inventory has them now, reached by CONNECT
//! at the host where the VM runs, with the pool's own trust.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;
use xenapi::record::{Console, ConsoleProtocol, Vm};
use xenapi::{Address, Inventory, Pool, Ref, Session, State};

use super::{Target, TargetId};
use crate::config::PoolConfig;
use crate::rfb::upstream::{Connection, Failure};

/// Bytes of the head of an answer to CONNECT at most.
const LONGEST_HEAD: usize = 8 << 10;

/// A host must accept a connection within this.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A pool that is followed.
#[derive(Debug)]
pub(super) struct XenServer {
    name: String,
    pool: Pool,
}

impl XenServer {
    pub(super) fn start(config: &PoolConfig, stop: &CancellationToken) -> anyhow::Result<Self> {
        let PoolConfig { name, settings } = config;
        let pool = Pool::connect(settings.clone(), stop.child_token())
            .with_context(|| format!("pool {name:?}"))?;
        Ok(XenServer { name: name.clone(), pool })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// All VMs; none while the pool cannot be asked.
    pub(super) fn list(&self) -> Vec<Target> {
        let Some(inventory) = self.inventory() else { return Vec::new() };
        let described =
            |(reference, vm): (&Ref, &Arc<Vm>)| self.described(&inventory, reference, vm);
        inventory.vms.iter().map(described).collect()
    }

    /// The VM of this UUID.
    pub(super) fn find(&self, uuid: &str) -> Option<Target> {
        let inventory = self.inventory()?;
        let (reference, vm) = by_uuid(&inventory, uuid)?;
        Some(self.described(&inventory, reference, vm))
    }

    /// Connects to the console of a VM, at whatever host it is on now.
    pub(super) async fn open(&self, uuid: &str) -> Result<Box<dyn Connection>, Failure> {
        let session = self.pool.session().await.map_err(Box::new)?;
        match self.open_with(&session, uuid).await {
            Err(Opening::Session) => {
                let next = self.pool.session_after(&session).await.map_err(Box::new)?;
                self.open_with(&next, uuid).await.map_err(Failure::from)
            }
            other => other.map_err(Failure::from),
        }
    }

    async fn open_with(
        &self,
        session: &Session,
        uuid: &str,
    ) -> Result<Box<dyn Connection>, Opening> {
        let inventory = self.inventory().ok_or(Failure::NotThere)?;
        let (reference, _) = by_uuid(&inventory, uuid).ok_or(Failure::NotThere)?;
        let console = console(&inventory, reference)
            .ok_or_else(|| Failure::NoConsole("the VM is not running".to_owned()))?;
        let unknown = || Failure::NoConsole("its console has no address".to_owned());
        let rest = console.location.strip_prefix("https://").ok_or_else(unknown)?;
        let (host, path) = rest.split_at(rest.find('/').ok_or_else(unknown)?);
        // The pool's own members: their port is the master's where the location has none.
        let address = Address::parse(host, session.address().port()).map_err(|_| unknown())?;
        if path.bytes().any(|byte| byte.is_ascii_control() || byte == b' ') {
            return Err(unknown().into());
        }
        let tls = self.pool.tls();
        let mut stream =
            tls.connect(&address, CONNECT_LIMIT).await.map_err(Box::new).map_err(Failure::from)?;
        let request = format!(
            "CONNECT {path} HTTP/1.0\r\nHost: {}\r\nCookie: session_id={}\r\n\r\n",
            address.host(),
            session.reference().expose()
        );
        stream.write_all(request.as_bytes()).await.map_err(Failure::from)?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() == LONGEST_HEAD {
                return Err(Failure::NoConsole("its host's answer has no end".to_owned()).into());
            }
            head.push(stream.read_u8().await.map_err(Failure::from)?);
        }
        match status(&head) {
            Some(200) => Ok(Box::new(stream)),
            Some(401) => Err(Opening::Session),
            Some(503) => Err(Failure::NoConsole("somebody else has it open".to_owned()).into()),
            other => {
                Err(Failure::NoConsole(format!("its host answers {other:?}, expected 200")).into())
            }
        }
    }

    fn inventory(&self) -> Option<Arc<Inventory>> {
        match &**self.pool.watch().borrow() {
            State::Connected(connected) => Some(Arc::clone(&connected.inventory)),
            State::Connecting | State::Failed { .. } => None,
        }
    }

    fn described(&self, inventory: &Inventory, reference: &Ref, vm: &Vm) -> Target {
        let host = inventory.hosts.get(&vm.resident_on);
        Target {
            id: TargetId { group: self.name.clone(), member: vm.uuid.to_string() },
            name: vm.name_label.to_string(),
            reference: Some(reference.to_string()),
            host: host.map(|host| host.name_label.to_string()),
            available: console(inventory, reference).is_some(),
        }
    }
}

/// Why a console was not opened.
enum Opening {
    /// The session has ended.
    Session,
    Failure(Failure),
}

impl From<Failure> for Opening {
    fn from(failure: Failure) -> Self {
        Opening::Failure(failure)
    }
}

impl From<Opening> for Failure {
    fn from(opening: Opening) -> Self {
        match opening {
            Opening::Session => Failure::NoConsole("its host refuses our session".to_owned()),
            Opening::Failure(failure) => failure,
        }
    }
}

fn by_uuid<'a>(inventory: &'a Inventory, uuid: &str) -> Option<(&'a Ref, &'a Arc<Vm>)> {
    let uuid = uuid.parse::<xenapi::Uuid>().ok()?;
    inventory.vms.iter().find(|(_, vm)| vm.uuid == uuid)
}

/// The console of a VM that speaks VNC.
fn console<'a>(inventory: &'a Inventory, vm: &Ref) -> Option<&'a Arc<Console>> {
    inventory
        .consoles
        .values()
        .find(|console| console.vm == *vm && console.protocol == ConsoleProtocol::Rfb)
}

/// The status of an HTTP answer.
fn status(head: &[u8]) -> Option<u16> {
    let line = str::from_utf8(head).ok()?.lines().next()?;
    line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()
}
