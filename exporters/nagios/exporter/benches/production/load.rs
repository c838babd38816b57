//! Passive results at a pace, by the two ways that Nagios has for them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::daemon::{Nagios, give, now};
use crate::site;

/// How often results are given in a second.
const TICKS: usize = 10;

/// Where results are put, and how many have been.
pub(crate) struct Load {
    pipe: PathBuf,
    results: PathBuf,
    hosts: usize,
    /// Results given so far. Each tells its number, from 0, in its output.
    given: usize,
}

/// The way of a result into Nagios.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    CommandFile,
    /// Half by the command file, half by files of results.
    CommandFileAndSpool,
}

impl Load {
    pub(crate) fn new(nagios: &Nagios, hosts: usize) -> Load {
        let (pipe, results) = (nagios.file("nagios.cmd"), nagios.file("results"));
        Load { pipe, results, hosts, given: 0 }
    }

    /// Gives so many results a second in the background.
    pub(crate) fn start(mut self, way: Way, a_second: usize) -> Running {
        let stopped = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let stopped = Arc::clone(&stopped);
            move || {
                let begin = Instant::now();
                for tick in 1.. {
                    if stopped.load(Ordering::Relaxed) {
                        break;
                    }
                    self.give(way, a_second / TICKS);
                    let next = Duration::from_secs(1) * tick / TICKS as u32;
                    std::thread::sleep(next.saturating_sub(begin.elapsed()));
                }
                self.given
            }
        });
        Running { stopped, thread: Some(thread) }
    }

    fn give(&mut self, way: Way, count: usize) {
        let first = self.given;
        self.given += count;
        let spooled = match way {
            Way::CommandFile => 0,
            Way::CommandFileAndSpool => count / 2,
        };
        let commands: Vec<String> = (first + spooled..self.given)
            .map(|number| {
                let (host, service) = site::passive(self.hosts, number);
                format!("PROCESS_SERVICE_CHECK_RESULT;{host};{service};0;{}", output(number))
            })
            .collect();
        give(&self.pipe, &commands);
        if spooled > 0 {
            self.spool(first..first + spooled);
        }
    }

    /// Writes results as a program does that leaves a file for Nagios: the file, then one that says it is whole.
    fn spool(&self, numbers: std::ops::Range<usize>) {
        let mut text = format!("file_time={}\n\n", now());
        // Nagios takes names of seven characters.
        let name = format!("c{:06}", numbers.start % 1_000_000);
        for number in numbers {
            let (host, service) = site::passive(self.hosts, number);
            let (now, output) = (now(), output(number));
            write!(
                text,
                "host_name={host}\nservice_description={service}\ncheck_type=1\nstart_time={now}.0\n\
                 finish_time={now}.0\nexited_ok=1\nreturn_code=0\noutput={output}\n\n"
            )
            .unwrap();
        }
        let file = self.results.join(name);
        std::fs::write(&file, text).unwrap();
        std::fs::write(file.with_extension("ok"), "").unwrap();
    }
}

/// A load in the background. Stops when dropped.
pub(crate) struct Running {
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<usize>>,
}

impl Running {
    /// Ends it, and says how many results were given.
    pub(crate) fn stop(mut self) -> usize {
        self.stopped.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// The number that a result tells.
pub(crate) fn number(output: &str) -> Option<usize> {
    output.strip_prefix("OK - answer ")?.split(' ').next()?.parse().ok()
}

fn output(number: usize) -> String {
    format!(
        "OK - answer {number} came from the application|time=0.{:06}s;5;10;0 size={number}B;;;0",
        number % 1_000_000
    )
}

/// CPU time of Nagios' own processes so far: itself with the module's thread, and its workers, but not what
/// plugins take.
pub(crate) fn processor_time(nagios: &Nagios) -> Duration {
    let main = format!("/proc/{0}/task/{0}/children", nagios.pid());
    let workers = std::fs::read_to_string(main).unwrap();
    let own = nagios.pid().to_string();
    let processes = workers.split_whitespace().chain([own.as_str()]);
    processes.map(|pid| threads_time(&Path::new("/proc").join(pid).join("task"), |_| true)).sum()
}

/// The module's thread in Nagios.
pub(crate) const MODULE_THREAD: &str = "wm-nagios-neb";

/// CPU time so far of Nagios' own threads with this name.
pub(crate) fn thread_time(nagios: &Nagios, name: &str) -> Duration {
    let tasks = Path::new("/proc").join(nagios.pid().to_string()).join("task");
    let is_named = |task: &Path| {
        std::fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim_end() == name)
    };
    threads_time(&tasks, is_named)
}

fn threads_time(tasks: &Path, is_meant: impl Fn(&Path) -> bool) -> Duration {
    let tasks = std::fs::read_dir(tasks).into_iter().flatten().flatten().map(|task| task.path());
    let nanoseconds = tasks.filter(|task| is_meant(task)).filter_map(|task| {
        let text = std::fs::read_to_string(task.join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}
