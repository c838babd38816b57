//! What a large pool costs: the program with a simulated pool of 64 hosts and 5,000 VMs that is asked every five seconds.
//!
//! Prints one `name value` a line; limits are the project's own.
//! - The default set, scraped every 15 seconds: the share of a core that it takes above the parse of the hosts' answers,
//!   which is printed apart, the age of what a page shows, and the program's memory.
//! - Then many scrapes: their time, against the same bytes out of the same server's memory, and the calls that they
//!   cause. The same with all metrics that can be chosen.
//! - Then what happens: alarms until a real Alertmanager has them, and the death of the master.
//!
//! `WISEMONITOR_BENCH=small` takes 4 hosts and 100 VMs, to see that it works.

#![expect(clippy::unwrap_used, reason = "what must hold here fails by panicking")]

mod costs;
mod happenings;
mod http;
mod lab;
mod page;
mod parse;
mod program;
mod scrapes;
mod still;

use lab::Lab;
use program::Program;

/// Everything that can be chosen.
const ALL: &str = "metrics: [disk_detail, network_detail, vm_cpu, vm_memory, runstate, cpu_state, storage_detail, vdi, \
                   devices, xapi]";

/// How large the pool is, and how many series its pages must have at least.
#[derive(Debug, Clone, Copy)]
struct Scale {
    hosts: usize,
    vms: usize,
    series: [usize; 2],
}

fn main() {
    let scale = match std::env::var("WISEMONITOR_BENCH").as_deref() {
        Ok("small") => Scale { hosts: 4, vms: 100, series: [1_000, 2_000] },
        _ => Scale { hosts: 64, vms: 5_000, series: [80_000, 200_000] },
    };
    let lab = Lab::start(scale);
    let alertmanager = happenings::Alertmanager::start();
    let told = format!("alertmanagers: [{{url: 'http://{}'}}]", alertmanager.address);
    let program = Program::start(&lab, &told);
    program.wait_until_measured(scale);
    costs::print(&lab, &program);
    scrapes::print("xen_scrape_80k_p99_ms", &program, scale.series[0]);
    scrapes::print_ratio(&program);
    scrapes::print_calls(&lab, &program);
    happenings::print_alarms(&lab, &alertmanager);
    happenings::print_failover(&lab, &program, scale);
    // With pages that were not compressed, and an inventory that was read anew while the old one was shown.
    println!("xen_rss_failover_mb {:.0}", program.peak_megabytes());
    drop(program);

    let program = Program::start(&lab, ALL);
    program.wait_until_measured(scale);
    scrapes::print("xen_scrape_200k_p99_ms", &program, scale.series[1]);
    println!("xen_rss_200k_mb {:.0}", program.peak_megabytes());
}
