//! Pools that live: now and then a VM starts, stops, moves or crashes. What happens next is decided by the pool's
//! dice alone.

use std::sync::Arc;
use std::time::Duration;

use crate::database::Ref;
use crate::host::Host;
use crate::pool::Pool;

/// How long a VM is on its way to another host.
pub(crate) const MOVE: Duration = Duration::from_secs(10);

/// Lets something happen again and again.
pub(crate) async fn live(pool: Arc<Pool>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        step(&pool);
    }
}

/// Lets one thing happen.
pub(crate) fn step(pool: &Arc<Pool>) {
    let (dice, up) = (pool.with(|state| state.dice.below(100)), up(pool));
    let power_state = if dice < 30 { "Halted" } else { "Running" };
    let chosen = pool.with(|state| {
        let vms = state.vms(power_state);
        let vm = state.dice.pick(&vms).cloned();
        Some((vm?, Arc::clone(state.dice.pick(&up)?)))
    });
    let Some((vm, host)) = chosen else { return };
    match dice {
        0..30 => pool.start(&vm, &host),
        30..80 => migrate(pool, vm, host, MOVE),
        80..95 => pool.stop(&vm),
        _ => pool.crash(&vm),
    }
}

/// Moves a VM, which takes a while.
pub(crate) fn migrate(pool: &Arc<Pool>, vm: Ref, to: Arc<Host>, lasting: Duration) {
    if pool.with(|state| state.resident_on(&vm)) == to.reference {
        return;
    }
    pool.moving(&vm, &to);
    let pool = Arc::clone(pool);
    tokio::spawn(async move {
        tokio::time::sleep(lasting).await;
        // It may have stopped on its way.
        if pool.with(|state| state.vms("Running").contains(&vm)) {
            pool.moved(&vm, &to);
        }
    });
}

/// The hosts that can run VMs.
pub(crate) fn up(pool: &Pool) -> Vec<Arc<Host>> {
    pool.hosts.iter().filter(|host| *host.up.borrow()).cloned().collect()
}
