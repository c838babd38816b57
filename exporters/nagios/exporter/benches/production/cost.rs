//! Nagios' CPU time with the module to that without, and how long its main loop makes others wait.
//!
//! Two Nagios with the same 50,000 services run at once, one of them with the module and an exporter that reads.
//! Both get the same results at the same time, so that whatever else the machine does meets both.

use std::time::{Duration, Instant, SystemTime};

use crate::daemon::Nagios;
use crate::exporter::Exporter;
use crate::freshness::happens;
use crate::load::{Load, MODULE_THREAD, Running, Way, processor_time, thread_time};
use crate::pulse::{Pulse, echo, query_socket};
use crate::{exporter, percentile, site};

/// Hosts of the large site: 50,000 services.
pub(crate) const HOSTS: usize = 2500;

/// Passive results in a second: as often as Nagios checks the other half.
pub(crate) const RESULTS_A_SECOND: usize = HOSTS * site::PASSIVE_EACH / site::CHECK_INTERVAL;

/// Turns are counted for so long. One goes from one writing of Nagios' status file, which is a good part of its
/// work, to the next: each has exactly one.
const LENGTH: Duration = Duration::from_secs(150);

const LOOK: Duration = Duration::from_millis(20);

pub(crate) fn measure() {
    let (with, exporter) = large_site();
    let mut without = Side::new(site::setup(HOSTS).start_with_broker(""));
    let mut with = Side::new(with);
    let end = Instant::now() + LENGTH;
    while Instant::now() < end {
        std::thread::sleep(LOOK);
        without.look();
        with.look();
    }
    drop(exporter);
    let (cpu, loop_p99) = with.figures("with the module");
    let (cpu_without, loop_p99_without) = without.figures("without the module");
    println!("nagios_cpu_ratio {:.3}", cpu / cpu_without);
    println!("nagios_loop_p99_ms {loop_p99:.1}");
    println!("nagios_loop_without_module_p99_ms {loop_p99_without:.1}");
}

/// The large site with the module, and an exporter that has read all of it.
pub(crate) fn large_site() -> (Nagios, Exporter) {
    let setup = site::setup(HOSTS);
    let exporter = Exporter::listen(&setup.socket(), "", &[]);
    let nagios = setup.start();
    exporter.wait_until_ready();
    (nagios, exporter)
}

/// Gives each service a first result, and waits until all are taken.
pub(crate) fn fill(nagios: &Nagios) {
    let results = site::services(HOSTS).map(|(host, service)| {
        format!("PROCESS_SERVICE_CHECK_RESULT;{host};{service};0;OK - the first|time=0.5s size=7B")
    });
    nagios.commands(&results.collect::<Vec<_>>());
    happens(nagios, 1);
}

/// One of the two, and what was seen of it.
struct Side {
    nagios: Nagios,
    load: Running,
    pulse: Pulse,
    /// When the status file was written last.
    written: Option<SystemTime>,
    /// CPU time at that writing: of all, and of the module's thread.
    before: Option<[Duration; 2]>,
    /// Seconds of CPU time in each turn.
    processor: Vec<f64>,
    module: Vec<f64>,
}

impl Side {
    fn new(nagios: Nagios) -> Side {
        exporter::until("Nagios", || echo(&query_socket(&nagios)).is_ok());
        fill(&nagios);
        let load = Load::new(&nagios, HOSTS).start(Way::CommandFileAndSpool, RESULTS_A_SECOND);
        let (pulse, written) = (Pulse::take(&nagios), status_written(&nagios));
        let (processor, module) = (Vec::new(), Vec::new());
        Side { nagios, load, pulse, written, before: None, processor, module }
    }

    /// Ends a turn when the status file has been written anew.
    fn look(&mut self) {
        let written = status_written(&self.nagios);
        if written.is_none() || written == self.written {
            return;
        }
        self.written = written;
        let now = [processor_time(&self.nagios), thread_time(&self.nagios, MODULE_THREAD)];
        if let Some(before) = self.before.replace(now) {
            self.processor.push((now[0] - before[0]).as_secs_f64());
            self.module.push((now[1] - before[1]).as_secs_f64());
        }
    }

    /// The median of the turns' CPU time, and what 99 of 100 answers did not exceed.
    fn figures(mut self, name: &str) -> (f64, f64) {
        let processor = percentile(&mut self.processor, 50);
        let module = percentile(&mut self.module, 50);
        self.load.stop();
        let mut answers = self.pulse.stop();
        let (p50, p99) = (percentile(&mut answers, 50), percentile(&mut answers, 99));
        eprintln!(
            "{name}: CPU {processor:.3} s a turn ({:.3?}), the module's thread {module:.3} s of it, main loop p50 \
             {p50:.2} ms, p99 {p99:.2} ms",
            self.processor
        );
        (processor, p99)
    }
}

/// None for the moment in which there is none.
fn status_written(nagios: &Nagios) -> Option<SystemTime> {
    std::fs::metadata(nagios.file("status.dat")).and_then(|file| file.modified()).ok()
}
