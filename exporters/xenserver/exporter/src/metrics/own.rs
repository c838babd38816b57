//! What changes without a snapshot: connections, what was done, the age of measurements, and how Alertmanagers fare.

use std::fmt;
use std::sync::Arc;

use alertmanager::AddressStats;
use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use tokio::sync::watch;
use xenapi::Stats;

use super::families as f;
use super::{Family, Row, Source, Sources, seconds, text};
use crate::failure::Reason;
use crate::store::{Connection, HostState};

/// Collector over all that is no snapshot.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) sources: watch::Receiver<Sources>,
}

impl Collector for Own {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let e = &mut encoder;
        let sources = Arc::clone(&self.sources.borrow().pools);
        connections(e, &sources)?;
        calls(e, &sources)?;
        hosts(e, &sources)?;
        alertmanagers(e, &sources)
    }
}

fn connections(e: &mut DescriptorEncoder<'_>, sources: &[Source]) -> fmt::Result {
    let all: Vec<_> =
        sources.iter().map(|source| (&*source.store.pool, source.store.connection())).collect();
    let mut family = Family::begin(e, &f::POOL_UP)?;
    for (pool, (connection, _)) in &all {
        family.truth(&[("pool", *pool)], matches!(connection, Connection::Up(_)))?;
    }
    let mut family = Family::begin(e, &f::POOL_FAILURE)?;
    for (pool, (connection, _)) in &all {
        for reason in Reason::ALL {
            let labels = [("pool", *pool), ("reason", reason.name())];
            family.truth(&labels, *connection == Connection::Down(reason))?;
        }
    }
    let mut family = Family::begin(e, &f::POOL_CONNECTED_SINCE)?;
    for (pool, (connection, _)) in &all {
        if let Connection::Up(since) = connection {
            family.gauge(&[("pool", *pool)], seconds(*since))?;
        }
    }
    let mut family = Family::begin(e, &f::MASTER_CHANGES)?;
    for (pool, (_, changes)) in &all {
        family.counter(&[("pool", *pool)], *changes as f64)?;
    }
    Ok(())
}

fn calls(e: &mut DescriptorEncoder<'_>, sources: &[Source]) -> fmt::Result {
    let all: Vec<_> =
        sources.iter().map(|source| (&*source.store.pool, source.pool.stats())).collect();
    let families: [Row<Stats, u64>; 8] = [
        (&f::CALLS, |stats| stats.calls),
        (&f::CALL_FAILURES, |stats| stats.failures),
        (&f::LOGINS, |stats| stats.logins),
        (&f::LOGIN_FAILURES, |stats| stats.login_failures),
        (&f::REDIRECTS, |stats| stats.redirects),
        (&f::INVENTORIES, |stats| stats.snapshots),
        (&f::EVENT_BATCHES, |stats| stats.event_batches),
        (&f::RRD_REQUESTS, |stats| stats.rrd_requests),
    ];
    for (metric, read) in families {
        let mut family = Family::begin(e, metric)?;
        for (pool, stats) in &all {
            family.counter(&[("pool", *pool)], read(stats) as f64)?;
        }
    }
    Ok(())
}

fn hosts(e: &mut DescriptorEncoder<'_>, sources: &[Source]) -> fmt::Result {
    let mut all = Vec::new();
    for Source { store, .. } in sources {
        let hosts = store.hosts();
        all.extend(hosts.into_iter().map(|(host, state)| (&*store.pool, text(host), state)));
    }
    let families: [Row<HostState, Option<f64>>; 4] = [
        (&f::HOST_UP, |state| Some(f64::from(u8::from(state.up)))),
        (&f::HOST_SAMPLE_AGE, |state| Some(state.sample.as_ref()?.age(Timestamp::now()))),
        (&f::HOST_POLLS, |state| Some(state.polls as f64)),
        (&f::HOST_POLL_FAILURES, |state| Some(state.failures as f64)),
    ];
    for (metric, read) in families {
        let mut family = Family::begin(e, metric)?;
        for (pool, host, state) in &all {
            let Some(value) = read(state) else { continue };
            let labels = [("pool", *pool), ("host", host)];
            family.of_kind(metric, &labels, value)?;
        }
    }
    Ok(())
}
fn alertmanagers(e: &mut DescriptorEncoder<'_>, sources: &[Source]) -> fmt::Result {
    let mut all = Vec::new();
    for Source { store, keeper, .. } in sources {
        let stats = keeper.iter().flat_map(|keeper| keeper.stats());
        all.extend(stats.map(|stats| (&*store.pool, stats)));
    }
    let families: [Row<AddressStats, f64>; 4] = [
        (&f::ALERTMANAGER_UP, |stats| f64::from(u8::from(stats.up))),
        (&f::ALERTMANAGER_FAILURES, |stats| stats.failures as f64),
        (&f::ALERTMANAGER_ACTIVE, |stats| stats.active as f64),
        (&f::ALERTMANAGER_PENDING, |stats| stats.pending as f64),
    ];
    for (metric, read) in families {
        let mut family = Family::begin(e, metric)?;
        for (pool, stats) in &all {
            let labels = [("pool", *pool), ("url", &stats.address)];
            family.of_kind(metric, &labels, read(stats))?;
        }
    }
    Ok(())
}
