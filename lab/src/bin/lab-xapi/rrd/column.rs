//! The columns of hosts and VMs, and the value of each at any time.

use std::f64::consts::TAU;
use std::ops::Range;

use crate::database::Database;
use crate::value::Fields;
use lab::dice::Dice;

/// A host or a VM: its columns, and the waves that they are made of.
pub(super) struct Subject {
    /// `host:UUID:` or `vm:UUID:`.
    pub(super) prefix: String,
    pub(super) columns: Vec<Column>,
    waves: Vec<Wave>,
    /// Before this time there are no values.
    pub(super) since: f64,
}

/// One column: a sum of waves, times a factor.
#[derive(Clone)]
pub(super) struct Column {
    pub(super) name: String,
    waves: Range<usize>,
    factor: f64,
    /// Whether it is a share of the processors.
    processor: bool,
}

/// A value that moves smoothly about a middle.
#[derive(Clone)]
struct Wave {
    middle: f64,
    swing: f64,
    /// Seconds.
    period: f64,
    phase: f64,
}

impl Subject {
    /// The value of a column at a time. A busy subject uses all of its processors.
    pub(super) fn value(&self, column: &Column, time: f64, busy: bool) -> f64 {
        if time < self.since {
            return f64::NAN;
        }
        if busy && column.processor {
            return 0.97;
        }
        let waves = &self.waves[column.waves.clone()];
        waves.iter().map(|wave| wave.at(time)).sum::<f64>() * column.factor
    }

    /// Its columns in the legend, of XML, for averages.
    pub(super) fn legend(&self) -> String {
        self.columns.iter().fold(String::new(), |mut legend, Column { name, .. }| {
            for part in ["<entry>AVERAGE:", &self.prefix, name, "</entry>"] {
                legend.push_str(part);
            }
            legend
        })
    }

    /// The columns with some names.
    pub(super) fn only(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let columns = self.columns.iter().filter(|column| wanted(&column.name)).cloned().collect();
        let (prefix, waves) = (self.prefix.clone(), self.waves.clone());
        Self { prefix, columns, waves, since: self.since }
    }

    pub(super) fn vm(database: &Database, vm: &Fields, since: f64) -> Self {
        let mut subject = Draft::new("vm", vm.text("uuid"));
        subject.processors(vm.int("VCPUs_max").max(1) as usize, "cpu_usage");
        let memory = vm.int("memory_dynamic_max") as f64;
        subject.constant("memory", memory);
        subject.constant("memory_target", memory);
        subject.wave("memory_internal_free", memory / 1024.0 * 0.2, memory / 1024.0 * 0.6);
        for vif in vm.references("VIFs").filter_map(|vif| database.get("VIF", vif)) {
            for direction in ["rx", "tx"] {
                subject.wave(&format!("vif_{}_{direction}", vif.text("device")), 1e3, 2e6);
            }
        }
        for vbd in vm.references("VBDs").filter_map(|vbd| database.get("VBD", vbd)) {
            if vbd.text("type") != "CD" {
                subject.disk(vbd.text("device"));
            }
        }
        subject.finish(since)
    }

    pub(super) fn host(database: &Database, host: &Fields, residents: usize) -> Self {
        let mut subject = Draft::new("host", host.text("uuid"));
        subject.constant("memory_reclaimed_max", 0.0);
        subject.constant("memory_reclaimed", 0.0);
        let processors = host.references("host_CPUs").count().max(1);
        subject.processors(processors, "cpu_avg");
        for processor in 0..processors {
            subject.wave(&format!("cpu{processor}-C1"), 0.3, 0.8);
        }
        subject.wave("loadavg", 0.1, 2.0);
        subject.constant("running_vcpus", residents as f64 * 2.0);
        subject.constant("running_domains", residents as f64);
        let metrics = database.get("host_metrics", host.text("metrics"));
        let memory = |field| metrics.map_or(0.0, |metrics| metrics.int(field) as f64 / 1024.0);
        subject.constant("memory_total_kib", memory("memory_total"));
        subject.wave("memory_free_kib", memory("memory_free") * 0.95, memory("memory_free"));
        subject.wave("DCMI-power-reading", 120.0, 340.0);
        for direction in ["rx", "tx"] {
            let first = subject.waves.len();
            for pif in host.references("PIFs").filter_map(|pif| database.get("PIF", pif)) {
                let name = format!("pif_{}_{direction}", pif.text("device"));
                if pif.is("physical") && !subject.columns.iter().any(|c| c.name == name) {
                    subject.wave(&name, 1e4, 2e7);
                }
            }
            let all = first..subject.waves.len();
            subject.column(&format!("pif_aggr_{direction}"), all, 1.0);
        }
        for (name, value) in [
            ("xapi_open_fds", 62.0),
            ("pool_task_count", 0.0),
            ("pool_session_count", 7.0),
            ("xapi_memory_usage_kib", 18_004.0),
            ("xapi_free_memory_kib", 13_904.0),
            ("xapi_live_memory_kib", 4_099.0),
        ] {
            subject.constant(name, value);
        }
        for pbd in host.references("PBDs").filter_map(|pbd| database.get("PBD", pbd)) {
            let storage = database.get("SR", pbd.text("SR")).map_or("", |sr| sr.text("uuid"));
            if let Some(short) = storage.get(..8).filter(|_| pbd.is("currently_attached")) {
                subject.storage(short);
            }
        }
        subject.finish(0.0)
    }
}

impl Wave {
    fn at(&self, time: f64) -> f64 {
        let turn = (time / self.period + self.phase).fract() * TAU;
        self.middle + self.swing * turn.sin()
    }
}

/// A subject that is being put together.
struct Draft {
    prefix: String,
    columns: Vec<Column>,
    waves: Vec<Wave>,
    dice: Dice,
}

impl Draft {
    fn new(kind: &str, uuid: &str) -> Self {
        let prefix = format!("{kind}:{uuid}:");
        Self { columns: Vec::new(), waves: Vec::new(), dice: Dice::of(uuid), prefix }
    }

    fn finish(self, since: f64) -> Subject {
        let Self { prefix, columns, waves, .. } = self;
        Subject { prefix, columns, waves, since }
    }

    fn column(&mut self, name: &str, waves: Range<usize>, factor: f64) {
        self.columns.push(Column { name: name.to_owned(), waves, factor, processor: false });
    }

    fn constant(&mut self, name: &str, value: f64) {
        self.waves.push(Wave { middle: value, swing: 0.0, period: 1.0, phase: 0.0 });
        self.column(name, self.waves.len() - 1..self.waves.len(), 1.0);
    }

    /// A column that moves between two values.
    fn wave(&mut self, name: &str, low: f64, high: f64) {
        let middle = self.dice.between(low * 0.7 + high * 0.3, low * 0.4 + high * 0.6);
        let swing = (middle - low).min(high - middle) * self.dice.between(0.3, 1.0);
        let (period, phase) = (self.dice.between(300.0, 3600.0), self.dice.between(0.0, 1.0));
        self.waves.push(Wave { middle, swing, period, phase });
        self.column(name, self.waves.len() - 1..self.waves.len(), 1.0);
    }

    /// `cpu0`, `cpu1`.. and their mean.
    fn processors(&mut self, number: usize, mean: &str) {
        let first = self.waves.len();
        let load = self.dice.between(0.1, 0.9);
        for processor in 0..number {
            self.wave(&format!("cpu{processor}"), 0.0, load);
        }
        self.column(mean, first..first + number, 1.0 / number as f64);
        for column in &mut self.columns {
            column.processor |= column.name.starts_with("cpu");
        }
    }

    /// The columns of a VM's disk. Throughput in MiB/s and traffic in bytes a second are the same.
    fn disk(&mut self, device: &str) {
        self.traffic(|name| format!("vbd_{device}_{name}"), 1.0);
        self.gauges(|name| format!("vbd_{device}_{name}"));
    }

    /// The columns of a storage repository on a host, by the first letters of its uuid.
    fn storage(&mut self, short: &str) {
        self.traffic(|name| format!("{name}_{short}"), 20.0);
        self.gauges(|name| format!("{name}_{short}"));
    }

    fn traffic(&mut self, name: impl Fn(&str) -> String, scale: f64) {
        let first = self.waves.len();
        self.wave(&name("io_throughput_read"), 0.0, 4.0 * scale);
        self.wave(&name("io_throughput_write"), 0.0, 2.0 * scale);
        self.column(&name("io_throughput_total"), first..first + 2, 1.0);
        self.column(&name("read"), first..first + 1, 1_048_576.0);
        self.column(&name("write"), first + 1..first + 2, 1_048_576.0);
        // Requests of 32 KiB.
        self.column(&name("iops_read"), first..first + 1, 32.0);
        self.column(&name("iops_write"), first + 1..first + 2, 32.0);
        self.column(&name("iops_total"), first..first + 2, 32.0);
    }

    fn gauges(&mut self, name: impl Fn(&str) -> String) {
        self.wave(&name("iowait"), 0.0, 0.2);
        self.wave(&name("inflight"), 0.0, 4.0);
        self.wave(&name("avgqu_sz"), 0.0, 3.0);
        let first = self.waves.len();
        self.wave(&name("read_latency"), 100.0, 4000.0);
        self.wave(&name("write_latency"), 100.0, 4000.0);
        self.column(&name("latency"), first..first + 2, 0.5);
    }
}
