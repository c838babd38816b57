//! A hundred reloads under load: crashes, panics, and what the module adds to the time of a reload.

use std::time::Instant;

use nix::sys::signal::Signal;

use crate::daemon::Nagios;
use crate::exporter::{Exporter, until};
use crate::freshness::happens;
use crate::load::{Load, Way};
use crate::pulse::{echo, query_socket};
use crate::{percentile, site};

const RELOADS: usize = 100;

/// Reloads of the Nagios without the module, for comparison.
const RELOADS_WITHOUT: usize = 20;

const HOSTS: usize = 100;
const RESULTS_A_SECOND: usize = 1000;

pub(crate) fn measure() {
    let without = site::setup(HOSTS).start_with_broker("");
    let (_, _, mut times_without) = reload(without, RELOADS_WITHOUT);
    let setup = site::setup(HOSTS);
    let exporter = Exporter::listen(&setup.socket(), "", &[]);
    let nagios = setup.start();
    exporter.wait_until_ready();
    let (_nagios, crashes, mut times) = reload(nagios, RELOADS);
    let seen = |series: &str| exporter.metric("/metrics", series).unwrap_or(f64::NAN);
    // After a crash another process counts anew.
    if crashes == 0 {
        until("the last reload", || seen("nagios_module_reloads_total") == RELOADS as f64);
    }
    assert_eq!(seen("nagios_module_panics_total"), 0.0);
    assert_eq!(seen("nagios_module_events_lost_total"), 0.0);
    println!("nagios_reload_crashes {crashes}");
    println!("nagios_reload_p50_ms {:.0}", percentile(&mut times, 50));
    println!("nagios_reload_without_module_p50_ms {:.0}", percentile(&mut times_without, 50));
}

/// Reloads under load. Says how often Nagios ended, and how long it took each time until the main loop answered
/// again, in milliseconds.
fn reload(mut nagios: Nagios, count: usize) -> (Nagios, usize, Vec<f64>) {
    let (mut crashes, mut times) = (0, Vec::new());
    let socket = query_socket(&nagios);
    until("Nagios", || echo(&socket).is_ok());
    let load = Load::new(&nagios, HOSTS).start(Way::CommandFileAndSpool, RESULTS_A_SECOND);
    for number in 0..count {
        // Nagios answers questions a little before its loop runs, and would miss a signal then.
        happens(&nagios, if number.is_multiple_of(2) { 1 } else { 0 });
        let starts_before = starts(&nagios);
        let begin = Instant::now();
        nagios.signal(Signal::SIGHUP);
        until("the reload", || {
            !nagios.is_running() || (starts(&nagios) > starts_before && echo(&socket).is_ok())
        });
        times.push(begin.elapsed().as_secs_f64() * 1e3);
        if !nagios.is_running() {
            crashes += 1;
            nagios.start_again();
            until("Nagios again", || echo(&socket).is_ok());
        }
    }
    load.stop();
    (nagios, crashes, times)
}

/// How often Nagios has started, reloads included.
fn starts(nagios: &Nagios) -> usize {
    nagios.log().matches(" starting... (PID=").count()
}
