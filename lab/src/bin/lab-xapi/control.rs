//! The control interface, over HTTP.
//!
//! - `GET /faults` answers the list of faults, JSON: `name`, `description`, `scope`, `present` (where it is).
//! - `PUT /faults/NAME?pool=&host=&vm=&seconds=` begins one, `DELETE` ends it; without a pool or host it is for all.
//! - `GET /pools` answers what there is, JSON.
//! - `GET /counts` answers a line `POOL ADDRESS METHOD COUNT` for each method that was called. `connections`,
//!   `rrd_updates`, `console` and refused logins are counted as methods.
//! - `POST /vms/start|stop|crash|migrate?pool=&vm=&host=&seconds=` does that with a VM.
//! - `POST /alarms?pool=&vm=&variable=&value=` writes an ALARM message about a VM.
//! - `POST /life?pool=&steps=` lets so many things happen at once.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::alarm;
use crate::fault::apply::{self, Target};
use crate::fault::{Fault, Faults, Scope};
use crate::lab::Lab;
use crate::life;
use crate::pool::Pool;

type Answer = Result<StatusCode, (StatusCode, String)>;

/// The interface to all pools.
pub(crate) fn server(lab: Arc<Lab>) -> Router {
    Router::new()
        .route("/faults", get(faults))
        .route("/faults/{fault}", put(begin).delete(end))
        .route("/pools", get(pools))
        .route("/counts", get(counts))
        .route("/vms/{deed}", post(vm))
        .route("/alarms", post(write_alarm))
        .route("/life", post(live))
        .with_state(lab)
}

#[derive(Serialize)]
struct FaultLine {
    name: Fault,
    description: &'static str,
    scope: Scope,
    present: Vec<String>,
}

async fn faults(State(lab): State<Arc<Lab>>) -> Json<Vec<FaultLine>> {
    let line = |name: Fault| {
        let at =
            |faults: &Faults, place: &dyn ToString| faults.has(name).then(|| place.to_string());
        let places = lab.pools.iter().flat_map(|pool| {
            let hosts = pool.hosts.iter().map(|host| at(&host.faults, &host.address));
            std::iter::once(at(&pool.faults, &pool.name)).chain(hosts)
        });
        let present = places.flatten().collect();
        FaultLine { name, description: name.description(), scope: name.scope(), present }
    };
    Json(Fault::ALL.into_iter().map(line).collect())
}

async fn begin(
    State(lab): State<Arc<Lab>>,
    Path(fault): Path<Fault>,
    Query(target): Query<Target>,
) -> Answer {
    done(apply::begin(&lab, fault, &target))
}

async fn end(
    State(lab): State<Arc<Lab>>,
    Path(fault): Path<Fault>,
    Query(target): Query<Target>,
) -> Answer {
    done(apply::end(&lab, fault, &target))
}

#[derive(Serialize)]
struct PoolLine {
    name: String,
    master: Option<String>,
    sessions: usize,
    running: usize,
    halted: usize,
    hosts: Vec<HostLine>,
}

#[derive(Serialize)]
struct HostLine {
    address: String,
    fingerprint: String,
    up: bool,
    consoles: usize,
}

async fn pools(State(lab): State<Arc<Lab>>) -> Json<Vec<PoolLine>> {
    let line = |pool: &Arc<Pool>| {
        let master = pool.master().map(|master| master.address.to_string());
        let hosts = pool.hosts.iter().map(|host| HostLine {
            address: host.address.to_string(),
            fingerprint: host.certificate.shown().fingerprint.clone(),
            up: *host.up.borrow(),
            consoles: host.open_consoles(),
        });
        let (name, hosts) = (pool.name.clone(), hosts.collect());
        pool.with(|state| PoolLine {
            name,
            master,
            sessions: state.sessions.count(),
            running: state.vms("Running").len(),
            halted: state.vms("Halted").len(),
            hosts,
        })
    };
    Json(lab.pools.iter().map(line).collect())
}

async fn counts(State(lab): State<Arc<Lab>>) -> String {
    let mut lines = String::new();
    for pool in &lab.pools {
        for host in &pool.hosts {
            for (method, count) in host.counts() {
                let _ = writeln!(lines, "{} {} {method} {count}", pool.name, host.address);
            }
        }
    }
    lines
}

/// What can be done with a VM.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deed {
    Start,
    Stop,
    Crash,
    Migrate,
}

async fn vm(
    State(lab): State<Arc<Lab>>,
    Path(deed): Path<Deed>,
    Query(target): Query<Target>,
) -> Answer {
    done(act(&lab, deed, &target))
}

fn act(lab: &Lab, deed: Deed, target: &Target) -> Result<(), String> {
    let pool = *lab.pools_of(target)?.first().ok_or("there is no pool")?;
    let power_state = if matches!(deed, Deed::Start) { "Halted" } else { "Running" };
    let vm = pool.vm(target.vm.as_deref(), power_state)?;
    if !pool.with(|state| state.vms(power_state).contains(&vm)) {
        return Err(format!("vm: it is not {power_state}"));
    }
    let home = pool.with(|state| state.resident_on(&vm));
    let mut others = life::up(pool).into_iter().filter(|host| host.reference != home);
    let host = match target.host.as_deref() {
        Some(name) => others.find(|host| pool.is_named(host, name)),
        None => others.next(),
    };
    let host = host.ok_or("host: there is no other that is up");
    match deed {
        Deed::Start => pool.start(&vm, &*host?),
        Deed::Stop => pool.stop(&vm),
        Deed::Crash => pool.crash(&vm),
        Deed::Migrate => {
            let lasting = target.seconds.map(Duration::try_from_secs_f64).transpose();
            let lasting = lasting.map_err(|error| format!("seconds: {error}"))?;
            life::migrate(pool, vm, host?, lasting.unwrap_or(life::MOVE));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alarm {
    pool: Option<String>,
    vm: Option<String>,
    variable: String,
    value: f64,
}

async fn write_alarm(State(lab): State<Arc<Lab>>, Query(alarm): Query<Alarm>) -> Answer {
    let Alarm { pool, vm, variable, value } = alarm;
    let write = || {
        let target = Target { pool, ..Target::default() };
        let pool = *lab.pools_of(&target)?.first().ok_or("there is no pool")?;
        let vm = pool.vm(vm.as_deref(), "Running")?;
        pool.with(|state| alarm::write(state, &vm, &variable, value));
        Ok(())
    };
    done(write())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Life {
    pool: Option<String>,
    steps: u32,
}

async fn live(State(lab): State<Arc<Lab>>, Query(Life { pool, steps }): Query<Life>) -> Answer {
    let target = Target { pool, ..Target::default() };
    let pools = lab.pools_of(&target);
    done(pools.map(|pools| {
        for pool in pools {
            (0..steps).for_each(|_| life::step(pool));
        }
    }))
}

fn done(result: Result<(), String>) -> Answer {
    match result {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(text) => Err((StatusCode::BAD_REQUEST, format!("{text}\n"))),
    }
}
