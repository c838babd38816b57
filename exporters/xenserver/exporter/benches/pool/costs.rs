//! What the default set costs over a minute: scraped every 15 seconds, hosts asked every five.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::http::{pause, scrape};
use crate::lab::Lab;
use crate::page::values;
use crate::parse;
use crate::program::Program;

const SCRAPES: u32 = 4;
const EVERY: Duration = Duration::from_secs(15);

pub(crate) fn print(lab: &Lab, program: &Program) {
    // A page must have been asked for in this format to be encoded ahead.
    scrape(program.address, "/metrics");
    pause(EVERY);
    let (begin, used) = (Instant::now(), program.cpu_seconds());
    let mut oldest = 0.0_f64;
    for _ in 0..SCRAPES {
        pause(EVERY);
        scrape(program.address, "/metrics");
    }
    let share = (program.cpu_seconds() - used) / begin.elapsed().as_secs_f64();
    println!("xen_rss_mb {:.0}", program.peak_megabytes());
    let parse = parse::core_ratio(lab);
    println!("xen_parse_core_ratio {parse:.3}");
    println!("xen_cpu_core_ratio {:.3}", (share - parse).max(0.0));
    for _ in 0..20 {
        let page = program.page();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let ages = values(&page, "xen_host_sample_timestamp_seconds").map(|ended| now - ended);
        oldest = ages.fold(oldest, f64::max);
        pause(Duration::from_millis(770));
    }
    println!("xen_sample_age_seconds {oldest:.1}");
}
