//! Processes that are measured.

use std::process::{Child, Command};

/// What Linux counts a second of processor time in (`USER_HZ`, the same on every machine).
const TICKS_PER_SECOND: f64 = 100.0;

/// A process that dies with its owner.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let spawned = command.spawn();
        Self(spawned.unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program())))
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Processor time until now, of the program and of the system for it, in seconds: proc(5), `stat`.
    pub(crate) fn processor_seconds(&self) -> f64 {
        let stat = self.read("stat");
        let (_, after_name) = stat.rsplit_once(')').unwrap();
        let ticks = after_name.split_whitespace().skip(11).take(2);
        ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / TICKS_PER_SECOND
    }

    /// Memory in megabytes that it has now.
    pub(crate) fn memory(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// Memory in megabytes that it had when it had most.
    pub(crate) fn most_memory(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, key: &str) -> f64 {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        let kibibytes: f64 = line.trim_end_matches("kB").trim().parse().unwrap();
        kibibytes * 1024.0 / 1e6
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
