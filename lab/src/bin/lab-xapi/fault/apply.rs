//! Begins and ends faults.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::{Fault, Present, Scope};
use crate::alarm;
use crate::database::Ref;
use crate::host::Host;
use crate::lab::Lab;
use crate::pool::Pool;
use crate::tls::Validity;
use crate::value::Value;

/// What a fault is meant for. What is not named is all there is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// Name of a pool.
    pub(crate) pool: Option<String>,
    /// Name or address of a host, or `master`.
    pub(crate) host: Option<String>,
    /// Name or uuid of a VM, for the faults of a VM; without one the first that fits is taken.
    pub(crate) vm: Option<String>,
    /// The number that a fault's description has in parentheses.
    pub(crate) seconds: Option<f64>,
}

/// Begins a fault. The error says what there is not.
pub(crate) fn begin(lab: &Lab, fault: Fault, target: &Target) -> Result<(), String> {
    let seconds = target.seconds.unwrap_or(fault.default_seconds());
    if !(0.0..=1e9).contains(&seconds) {
        return Err(format!("seconds: {seconds}, expected 0 to 1e9"));
    }
    for pool in lab.pools_of(target)? {
        match fault.scope() {
            Scope::Host => {
                for host in hosts_of(pool, target)? {
                    begin_host(lab, &host, fault, seconds)?;
                }
            }
            Scope::Pool => begin_pool(pool, fault, target, seconds)?,
        }
    }
    Ok(())
}

/// Ends a fault, where it is.
pub(crate) fn end(lab: &Lab, fault: Fault, target: &Target) -> Result<(), String> {
    for pool in lab.pools_of(target)? {
        match fault.scope() {
            Scope::Host => {
                for host in hosts_of(pool, target)? {
                    if host.faults.end(fault).is_some() {
                        end_host(&host, fault);
                    }
                }
            }
            Scope::Pool => {
                if let Some(present) = pool.faults.end(fault) {
                    end_pool(pool, &present);
                }
            }
        }
    }
    Ok(())
}

fn begin_host(lab: &Lab, host: &Host, fault: Fault, seconds: f64) -> Result<(), String> {
    host.faults.set(Present { fault, seconds, object: None });
    let validity = match fault {
        Fault::ExpiredCertificate => Validity::Expired,
        Fault::OtherCertificate => Validity::Good,
        _ => {
            match fault {
                Fault::Down => raise(host, false),
                Fault::OldTls => end_connections(host),
                Fault::RrdGap => host.gap(true),
                _ => {}
            }
            return Ok(());
        }
    };
    let identity = lab.authority.identity(host.address.ip(), validity);
    host.certificate.show(Some(identity.map_err(|error| format!("{error:#}"))?));
    end_connections(host);
    Ok(())
}

fn end_host(host: &Host, fault: Fault) {
    match fault {
        Fault::ExpiredCertificate | Fault::OtherCertificate => {
            host.certificate.show(None);
            end_connections(host);
        }
        Fault::Down => raise(host, true),
        Fault::OldTls => end_connections(host),
        Fault::RrdGap => host.gap(false),
        _ => {}
    }
}

/// Lets a host accept connections or not; those that there are end.
fn raise(host: &Host, up: bool) {
    host.up.send_replace(up);
}

fn end_connections(host: &Host) {
    host.up.send_modify(|_| {});
}

fn begin_pool(pool: &Arc<Pool>, fault: Fault, target: &Target, seconds: f64) -> Result<(), String> {
    let mut object = None;
    match fault {
        Fault::RevokedSessions => pool.with(|state| state.sessions.revoke_all()),
        Fault::LostEvents => pool.with(|state| state.database.forget()),
        Fault::MasterDead => {
            let master = pool.master().ok_or("there is no master")?;
            raise(&master, false);
            tokio::spawn(take_over(Arc::clone(pool), Duration::from_secs_f64(seconds)));
            object = Some((master.reference.to_string(), None));
        }
        Fault::BusyVm => {
            let vm = pool.vm(target.vm.as_deref(), "Running")?;
            pool.with(|state| {
                state.charts.busy(&vm, true);
                alarm::write(state, &vm, "cpu_usage", 0.97);
            });
            object = Some((vm.to_string(), None));
        }
        Fault::CrashedVm => {
            let vm = pool.vm(target.vm.as_deref(), "Running")?;
            pool.crash(&vm);
            object = Some((vm.to_string(), None));
        }
        Fault::FullStorage => object = Some(fill(pool).ok_or("there is no storage")?),
        _ => {}
    }
    pool.faults.set(Present { fault, seconds, object });
    Ok(())
}

fn end_pool(pool: &Pool, present: &Present) {
    let Some((object, before)) = &present.object else { return };
    match present.fault {
        Fault::MasterDead => {
            if let Some(host) = pool.host(object) {
                raise(host, true);
            }
        }
        Fault::BusyVm => pool.with(|state| state.charts.busy(object, false)),
        Fault::CrashedVm => {
            if let Some(host) = pool.hosts.iter().find(|host| *host.up.borrow()) {
                pool.start(object, host);
            }
        }
        Fault::FullStorage => {
            if let Some(before) = before {
                pool.with(|state| {
                    state.database.set("SR", object, "physical_utilisation", before.clone());
                });
            }
        }
        _ => {}
    }
}

/// Makes another host the master after a while, unless the old one has come back.
async fn take_over(pool: Arc<Pool>, after: Duration) {
    tokio::time::sleep(after).await;
    if pool.faults.has(Fault::MasterDead)
        && let Some(next) = pool.hosts.iter().find(|host| *host.up.borrow())
    {
        pool.promote(next);
    }
}

/// Fills the largest storage repository, and says what it held before.
fn fill(pool: &Pool) -> Option<(String, Option<Value>)> {
    pool.with(|state| {
        let all = state.database.all("SR");
        let (storage, fields) = all.max_by_key(|(_, sr)| sr.int("physical_size"))?;
        let (storage, size) = (Ref::clone(storage), fields.int("physical_size"));
        let before = fields.get("physical_utilisation").cloned();
        let full = Value::Int(size / 100 * 97);
        state.database.set("SR", &storage, "physical_utilisation", full);
        Some((storage.to_string(), before))
    })
}

/// The hosts of a pool that are meant.
fn hosts_of(pool: &Pool, target: &Target) -> Result<Vec<Arc<Host>>, String> {
    let Some(name) = target.host.as_deref() else { return Ok(pool.hosts.clone()) };
    let found: Vec<_> = match name {
        "master" => pool.master().into_iter().collect(),
        name => pool.hosts.iter().filter(|host| pool.is_named(host, name)).cloned().collect(),
    };
    match found.is_empty() && target.pool.is_some() {
        true => Err(format!("host: {name:?} is none of {}", pool.name)),
        false => Ok(found),
    }
}
