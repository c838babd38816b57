//! The task of a pool: logs in, follows the pool, and begins anew when that ends.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Report, Seat, Shared, State, following::Following};
use crate::{Address, Error, Inventory, Pauses, Session, session};

/// A session that lived as long forgives the failures before it.
const STABLE: Duration = Duration::from_secs(30);

/// Runs until `stop` is cancelled, and then ends the session.
pub(super) async fn run(
    shared: Arc<Shared>,
    mut reports: mpsc::Receiver<Report>,
    stop: CancellationToken,
) {
    let _told_when_done = shared.stopped.clone().drop_guard();
    let mut following = Following::new(shared.clone());
    let (mut number, mut failures) = (0, 0);
    while !stop.is_cancelled() {
        number += 1;
        let members = members(&shared.settings.addresses, following.inventory(), number);
        let login = session::login(&shared.transport, &shared.settings, &members, number);
        let logged_in = tokio::select! {
            logged_in = login => Some(logged_in),
            () = stop.cancelled() => None,
        };
        let error = match logged_in {
            None => break,
            Some(Err(error)) => {
                tell_failure(&shared, &error);
                error
            }
            Some(Ok(session)) => {
                let session = Arc::new(session);
                shared.seat.send_replace(Seat::Open(session.clone()));
                let began = Instant::now();
                let ended = tokio::select! {
                    ended = following.follow(&session) => Some(ended),
                    ended = look_at_reports(&shared, &session, &mut reports) => Some(ended),
                    () = stop.cancelled() => None,
                };
                shared.seat.send_replace(Seat::Waiting);
                let Some(error) = ended else {
                    session::logout(&shared.transport, &session).await;
                    break;
                };
                tracing::info!(master = %session.address(), %error, "session over");
                if began.elapsed() >= STABLE {
                    failures = 0;
                }
                if failures == 0 {
                    failures = 1;
                    continue; // The first time at once: the pool may have another master already.
                }
                tell_failure(&shared, &error);
                error
            }
        };
        failures += 1;
        let pause = pause(&shared.settings.pauses, &error, failures);
        if !wait(pause, &mut reports, &stop).await {
            break;
        }
    }
    shared.seat.send_replace(Seat::Failed(Arc::new(Error::Stopped)));
}

/// Whom to ask: the master as it was last known, then who was configured, then the other members. With each
/// round another of them comes first after the master, so that all are asked at last.
fn members(configured: &[Address], inventory: &Inventory, round: u64) -> Vec<Address> {
    let port = configured.first().map_or(443, Address::port);
    let address = |host: &str| Address::parse(host, port).ok();
    let master = inventory.master().and_then(|host| address(&host.address));
    let learnt = inventory.hosts.values().filter_map(|host| address(&host.address));
    let mut learnt: Vec<_> = learnt.filter(|address| !configured.contains(address)).collect();
    learnt.sort();
    let mut others: Vec<_> = configured.iter().cloned().chain(learnt).collect();
    if !others.is_empty() {
        let turns = usize::try_from(round.saturating_sub(1)).unwrap_or_default() % others.len();
        others.rotate_left(turns);
    }
    master.into_iter().chain(others).collect()
}

/// Who watches the pool tells people, once and with the pool's name.
fn tell_failure(shared: &Shared, error: &Error) {
    tracing::debug!(%error, "no session");
    let error = Arc::new(error.clone());
    shared.seat.send_replace(Seat::Failed(error.clone()));
    shared.state.send_modify(|state| {
        let since = match &**state {
            State::Failed { since, .. } => *since,
            _ => Timestamp::now(),
        };
        *state = Arc::new(State::Failed { error, since });
    });
}

/// How long nothing is tried after an error, the `failures`th in a row.
fn pause(pauses: &Pauses, error: &Error, failures: u32) -> Duration {
    match error {
        Error::Credentials { .. } => pauses.refused,
        Error::Certificate { .. } | Error::TlsVersion { .. } => pauses.untrusted,
        _ => {
            let factor = 2_u32.saturating_pow(failures.saturating_sub(2).min(16));
            pauses.retry.saturating_mul(factor).min(pauses.retry_most)
        }
    }
}

/// Waits, and meanwhile lets go whoever reports a lost session. Whether to go on afterwards.
async fn wait(
    pause: Duration,
    reports: &mut mpsc::Receiver<Report>,
    stop: &CancellationToken,
) -> bool {
    let let_go = async {
        while reports.recv().await.is_some() {}
        std::future::pending().await
    };
    tokio::select! {
        () = tokio::time::sleep(pause) => true,
        () = let_go => true,
        () = stop.cancelled() => false,
    }
}

/// Looks at reports that the session was refused somewhere, and returns when the master agrees. A member that
/// alone does not know it, as one that has lost the master, is no reason to log in.
async fn look_at_reports(
    shared: &Shared,
    session: &Session,
    reports: &mut mpsc::Receiver<Report>,
) -> Error {
    let deadline = shared.settings.deadlines.call;
    while let Some(report) = reports.recv().await {
        if report.number < session.number() {
            continue;
        }
        let parameters = [session.parameter()];
        let asked =
            shared.transport.call(session.endpoint(), "pool.get_all", &parameters, deadline);
        if let Err(error) = asked.await
            && error.blames_session()
        {
            shared.seat.send_replace(Seat::Waiting); // Before the report is dropped, which tells the caller.
            return error;
        }
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Ref;

    fn address(text: &str) -> Address {
        Address::parse(text, 8443).unwrap()
    }

    #[test]
    fn the_known_master_is_asked_first_and_everyone_in_turn() {
        let configured = [address("10.0.0.1"), address("10.0.0.2")];
        let mut inventory = Inventory::default();
        assert_eq!(members(&configured, &inventory, 1), configured);
        inventory.put("pool", Ref::new("OpaqueRef:p"), &json!({"master": "OpaqueRef:3"}));
        for host in 1..=3 {
            let record = json!({"address": format!("10.0.0.{host}")});
            inventory.put("host", Ref::new(&format!("OpaqueRef:{host}")), &record);
        }
        let hosts = |round| -> Vec<_> {
            let members = members(&configured, &inventory, round);
            members.iter().map(|address| address.to_string().replace(":8443", "")).collect()
        };
        assert_eq!(hosts(1), ["10.0.0.3", "10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        assert_eq!(hosts(2), ["10.0.0.3", "10.0.0.2", "10.0.0.3", "10.0.0.1"]);
    }

    #[test]
    fn a_wrong_password_pauses_long_and_an_absent_host_shortly() {
        let pauses = Pauses::default();
        let wrong = Error::Credentials { address: address("a"), code: String::new() };
        let absent = Error::NoMaster { chain: String::new() };
        assert_eq!(pause(&pauses, &wrong, 2), pauses.refused);
        let found: Vec<_> = (2..7).map(|failures| pause(&pauses, &absent, failures)).collect();
        let milliseconds: Vec<_> = found.iter().map(Duration::as_millis).collect();
        assert_eq!(milliseconds, [500, 1000, 2000, 2000, 2000]);
        assert_eq!(pause(&pauses, &absent, u32::MAX), pauses.retry_most);
    }
}
