//! A fleet: 1,000 devices, each scraped every 30 seconds, their scrapes spread over the time as Prometheus does it.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until, timeout};

use crate::agents::Lab;
use crate::exporter::{Exporter, Whose};
use crate::figure;

const DEVICES: usize = 1_000;
const INTERFACES: usize = 64;
const INTERVAL: Duration = Duration::from_secs(30);

pub(crate) async fn measure() {
    let seconds = match std::env::var("FLEET_SECONDS") {
        Ok(seconds) => seconds.parse().unwrap_or_else(|_| {
            panic!("FLEET_SECONDS is {seconds:?}, expected a number of seconds")
        }),
        Err(_) => 600,
    };
    let rounds = seconds / INTERVAL.as_secs();
    if rounds == 0 {
        eprintln!("FLEET_SECONDS: less than a round, the fleet is left out");
        return;
    }
    let lab = Lab::start(DEVICES, INTERFACES);
    let exporter = Exporter::start(Whose::Ours).await;
    let start = Instant::now();
    let devices = lab.agents.iter().enumerate().map(|(number, device)| {
        scrape(&exporter, device, start + INTERVAL * number as u32 / DEVICES as u32, rounds)
    });
    let memory_at_start = async {
        // Every device has been scraped twice: all that is remembered of them is there.
        sleep_until(start + 2 * INTERVAL.min(Duration::from_secs(seconds) / 2)).await;
        exporter.process.memory()
    };
    let (missed, at_start) = tokio::join!(join_all(devices), memory_at_start);
    let processor = exporter.process.processor_seconds() / start.elapsed().as_secs_f64();
    eprintln!(
        "{DEVICES} devices for {seconds} s: {processor:.3} of a processor, at most {:.1} MB",
        exporter.process.most_memory()
    );
    figure("snmp_fleet_missed_scrapes", missed.into_iter().sum::<u64>() as f64);
    figure("snmp_fleet_rss_mb_start", at_start);
    figure("snmp_fleet_rss_mb_end", exporter.process.memory());
}

/// Scrapes a device so many times, and counts what did not come whole before the next one was due.
async fn scrape(exporter: &Exporter, device: &str, first: Instant, rounds: u64) -> u64 {
    let mut missed = 0;
    for round in 0..rounds {
        sleep_until(first + INTERVAL * round as u32).await;
        let page = timeout(INTERVAL, exporter.try_scrape(device, "if_mib", "ifInOctets{")).await;
        missed += u64::from(!matches!(page, Ok(Ok((_, INTERFACES)))));
    }
    missed
}
