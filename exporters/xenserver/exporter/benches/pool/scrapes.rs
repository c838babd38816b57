//! Many scrapes, over several rows of measurements: their time, and what they cause at the pool.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::http::{pause, scrape};
use crate::lab::Lab;
use crate::page;
use crate::program::Program;
use crate::still::{PATH, Still};

const SCRAPES: usize = 200;

/// The slowest of them but the worst two.
pub(crate) fn print(name: &str, program: &Program, series: usize) {
    let found = page::count(&program.page());
    assert!(found >= series, "{found} series");
    let times = times(program.address, "/metrics");
    let p99 = times[(SCRAPES * 99).div_ceil(100) - 1];
    eprintln!("{found} series, median {:?}", times[SCRAPES / 2]);
    println!("{name} {:.1}", p99.as_secs_f64() * 1e3);
}

/// The time of a scrape in relation to that of the same bytes at rest.
pub(crate) fn print_ratio(program: &Program) {
    let answer = scrape(program.address, "/metrics").1;
    let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let still = Still::start(answer[head + 4..].to_vec());
    let [scraped, resting] = [times(program.address, "/metrics"), times(still.address, PATH)]
        .map(|times| times[SCRAPES / 2]);
    let ratio = scraped.as_secs_f64() / resting.as_secs_f64();
    println!("xen_scrape_vs_static_ratio {ratio:.2}");
}

/// Calls in a time with scrapes less those in a time without, for each scrape. Both times begin when all hosts have
/// been asked for a row.
pub(crate) fn print_calls(lab: &Lab, program: &Program) {
    let calls_of = |act: &dyn Fn()| {
        wait_for_rest();
        let before = lab.calls();
        act();
        wait_for_rest();
        lab.calls() - before
    };
    let rest = || pause(Duration::from_secs(11));
    let alone = calls_of(&rest);
    let scraped = calls_of(&|| {
        (0..SCRAPES).for_each(|_| drop(scrape(program.address, "/metrics")));
        rest();
    });
    eprintln!("{alone} calls without scrapes, {scraped} with");
    // The wait for events ends every few seconds by itself, in step with nothing.
    let caused = (scraped - alone - 2).max(0) as f64 / SCRAPES as f64;
    println!("xen_calls_per_scrape {caused:.2}");
}

/// Until the last second before the next row.
fn wait_for_rest() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let into = now.as_millis() as u64 % 5_000;
    pause(Duration::from_millis((4_200 + 5_000 - into) % 5_000));
}

fn times(address: SocketAddr, path: &str) -> Vec<Duration> {
    let once = |_| {
        let (taken, _) = scrape(address, path);
        pause(Duration::from_millis(75));
        taken
    };
    let mut times: Vec<_> = (0..SCRAPES).map(once).collect();
    times.sort();
    times
}
