//! Nagios reads its configuration again: same process, and the road is open afterwards.

use nix::sys::signal::Signal;

use crate::observe::road_trip;
use crate::suite::Suite;

#[tokio::test]
async fn a_reload_of_nagios_leaves_the_road_open() {
    let mut suite = Suite::start().await;
    let before = suite.pids().await["nagios"];
    for _ in 0..3 {
        let snapshots = suite.exporter_values("nagios_exporter_snapshots_total").await;
        suite.signal("nagios", Signal::SIGHUP).await;
        // Nagios forgets a signal that comes before its event loop; the loop begins with a snapshot.
        let taken =
            async || suite.exporter_values("nagios_exporter_snapshots_total").await > snapshots;
        suite.until("the snapshot of the reload", taken).await;
    }
    road_trip(&suite).await;
    assert_eq!(suite.pids().await["nagios"], before, "Nagios is the same process");
    suite.stop().await;
}
