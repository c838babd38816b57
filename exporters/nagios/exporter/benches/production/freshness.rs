//! How long an event of Nagios takes to its value on nagios-exporter's page, with 50,000 services under load.
//!
//! An event is there when Nagios writes it into its log, which it does right before it tells the module. The
//! value is there when a whole page with it has been read, so that the making of the page is part of the time.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::{Duration, Instant};

use crate::cost::{HOSTS, RESULTS_A_SECOND, fill, large_site};
use crate::daemon::Nagios;
use crate::load::{Load, Way};
use crate::{PATIENCE, percentile};

const EVENTS: usize = 40;

pub(crate) fn measure() {
    let (nagios, exporter) = large_site();
    fill(&nagios);
    let load = Load::new(&nagios, HOSTS).start(Way::CommandFileAndSpool, RESULTS_A_SECOND);
    let series = "nagios_service_state{host=\"web\",service=\"probe\"}";
    let times = (0..EVENTS).map(|number| {
        let state = if number.is_multiple_of(2) { 2 } else { 1 };
        let event = happens(&nagios, state);
        while exporter.metric("/metrics", series) != Some(f64::from(state)) {
            assert!(event.elapsed() < PATIENCE, "the page does not show the event");
        }
        event.elapsed().as_secs_f64()
    });
    let mut times: Vec<f64> = times.collect();
    load.stop();
    eprintln!(
        "event to metric: median {:.3} s; the exporter held {:.0} MB",
        percentile(&mut times, 50),
        exporter.resident_megabytes()
    );
    println!("nagios_event_to_metric_p99_seconds {:.3}", percentile(&mut times, 99));
}

/// Gives a result that changes the state of `probe`, and says when Nagios took it.
pub(crate) fn happens(nagios: &Nagios, state: u8) -> Instant {
    let mut log = std::fs::File::open(nagios.file("nagios.log")).unwrap();
    log.seek(SeekFrom::End(0)).unwrap();
    nagios.result("probe", state, "another state");
    let (begin, mut text) = (Instant::now(), String::new());
    while !text.contains("SERVICE ALERT: web;probe;") {
        assert!(begin.elapsed() < PATIENCE, "Nagios does not take a result");
        std::thread::sleep(Duration::from_millis(1));
        log.read_to_string(&mut text).unwrap();
    }
    Instant::now()
}
