//! The control plane: alerts, jobs, management servers, database and usage server.

use std::collections::BTreeMap;
use std::fmt;

use crate::alerts::Kind;
use crate::record::{Database, ManagementServer, UsageServer};
use crate::time;

use super::Page;
use super::families as f;

/// Values of the label `status` by `jobstatus`.
const JOB_STATUS: [&str; 4] = ["pending", "succeeded", "failed", "cancelled"];

pub(super) fn write(page: &mut Page<'_, '_>) -> fmt::Result {
    page.family(&f::ALERTS, |snapshot, write| {
        let mut alerts = BTreeMap::new();
        for alert in snapshot.alerts.rows() {
            *alerts.entry(Kind::of(alert.kind.0).name()).or_insert(0_u64) += 1;
        }
        alerts.into_iter().try_for_each(|(kind, count)| write([("type", kind)], count as f64))
    })?;
    page.family(&f::JOBS, |snapshot, write| {
        if !snapshot.jobs.known() {
            return Ok(());
        }
        for (number, status) in JOB_STATUS.into_iter().enumerate() {
            let mine = snapshot.jobs.rows().iter();
            let mine = mine.filter(|job| job.jobstatus.0 == Some(number as f64));
            write([("status", status)], mine.count() as f64)?;
        }
        Ok(())
    })?;
    management_servers(page)?;
    database(page)?;
    page.states::<UsageServer>(
        "host",
        |s| &s.usage_servers,
        &[(&f::USAGE_STATE, |usage| &usage.state)],
    )?;
    page.gauges::<UsageServer>(
        "host",
        |s| &s.usage_servers,
        &[
            (&f::USAGE_HEARTBEAT, |usage| time::seconds(&usage.lastheartbeat)),
            (&f::USAGE_SUCCESS, |usage| time::seconds(&usage.lastsuccessfuljob)),
        ],
    )
}

fn management_servers(page: &mut Page<'_, '_>) -> fmt::Result {
    page.infos(
        &f::SERVER_INFO,
        "management_server_id",
        |s| &s.management_servers,
        |server| {
            [
                ("management_server", &server.name),
                ("version", &server.version),
                ("java_version", &server.javaversion),
                ("os", &server.osdistribution),
                ("kernel", &server.kernelversion),
            ]
        },
    )?;
    let id = "management_server_id";
    page.states::<ManagementServer>(
        id,
        |s| &s.management_servers,
        &[(&f::SERVER_STATE, |server| &server.state)],
    )?;
    page.gauges::<ManagementServer>(
        "management_server_id",
        |s| &s.management_servers,
        &[
            (&f::SERVER_PROCESSORS, |server| server.availableprocessors.0),
            (&f::SERVER_AGENTS, |server| server.agentcount.0),
            (&f::SERVER_SESSIONS, |server| server.sessions.0),
            (&f::SERVER_HEAP_USED, |server| server.heapmemoryused.0),
            (&f::SERVER_HEAP, |server| server.heapmemorytotal.0),
            (&f::SERVER_LOAD, |server| server.systemloadaverages.0.first()?.0),
            (&f::SERVER_START, |server| time::seconds(&server.lastserverstart)),
        ],
    )?;
    page.family(&f::SERVER_THREADS, |snapshot, write| {
        for server in snapshot.management_servers.rows() {
            for (state, count) in [
                ("blocked", server.threadsblockedcount),
                ("daemon", server.threadsdaemoncount),
                ("runnable", server.threadsrunnablecount),
                ("terminated", server.threadsteminatedcount),
                ("waiting", server.threadswaitingcount),
                ("all", server.threadstotalcount),
            ] {
                if let Some(count) = count.0 {
                    write([("management_server_id", &server.id), ("state", state)], count)?;
                }
            }
        }
        Ok(())
    })
}

fn database(page: &mut Page<'_, '_>) -> fmt::Result {
    page.infos(
        &f::DATABASE_INFO,
        "host",
        |s| &s.databases,
        |database| [("version", &database.version), ("comment", &database.versioncomment)],
    )?;
    page.gauges::<Database>(
        "host",
        |s| &s.databases,
        &[
            (&f::DATABASE_CONNECTIONS, |database| database.connections.0),
            (&f::DATABASE_QUERIES, |database| database.queries.0),
            (&f::DATABASE_UPTIME, |database| database.uptime.0),
            (&f::DATABASE_LOAD, |database| database.dbloadaverages.0.first()?.0),
        ],
    )
}
