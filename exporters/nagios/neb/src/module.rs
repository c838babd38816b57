//! The module's life on Nagios' main thread: loaded, told of the loop's start, ticking, reloaded, unloaded.
//!
//! Whatever may have made the thread's copy of the states wrong (a full ring, a panic, a program-wide
//! switch) is healed the same way: a new inventory, at the next tick.

use std::ffi::CString;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, UNIX_EPOCH};

use nagios_event::{Body, Check, Program, State, Timeperiod};

use crate::abi;
use crate::abi::nagios::{Nagios, log};
use crate::abi::objects::ObjectId;
use crate::abi::system::with_signals_blocked;
use crate::arguments::Arguments;
use crate::drain;
use crate::inventory::Inventory;
use crate::report::Report;
use crate::ring::ring;
use crate::shared::{Handover, Shared, Start};
use crate::spill::newest_epoch;

/// How long Nagios' end may wait for the thread to send what it has.
const FAREWELL: Duration = Duration::from_secs(1);

/// The thread needs little; without a size the standard library would read the environment.
const STACK: usize = 512 * 1024;

/// What Nagios tells us, its strings still in Nagios' memory.
pub(crate) enum Heard<'a> {
    /// Objects and retained states are all there.
    LoopStart { at_us: i64 },
    /// Nagios' sign of life: about every 6 seconds, and at each program-wide switch.
    Tick { at_us: i64, program: Program },
    /// A check result was processed.
    Check { at_us: i64, id: ObjectId, check: Check<&'a [u8]> },
    /// The state may have changed.
    Status { at_us: i64, id: ObjectId, state: State<&'a [u8]> },
    /// Something else happened, which the record tells by itself.
    Event { at_us: i64, body: Body<&'a [u8]> },
    /// Nagios is about to end.
    Shutdown,
}

/// The module in this Nagios process; lives through reloads.
pub(crate) struct Module {
    nagios: Nagios,
    arguments: Arguments,
    shared: Arc<Shared>,
    start: Start,
    report: Report,
    thread: Option<JoinHandle<()>>,
    periods: Vec<Period>,
    /// Starts of the event loop.
    loops: u32,
    loop_start: i64,
    program: Option<Program>,
    /// Between the loop's start and the unload; outside it objects are half made.
    in_loop: bool,
    shutting_down: bool,
    /// What the last inventory was taken under.
    taken_with: Conditions,
}

/// A time period that some object has as its notification period.
struct Period {
    name: CString,
    inside: bool,
}

/// A change of these makes the thread's copy of the states wrong.
#[derive(Default, PartialEq)]
struct Conditions {
    notifications: bool,
    panics: u64,
}

impl Module {
    pub(crate) fn new(arguments: Arguments, nagios: Nagios) -> Module {
        let start = Start { epoch: epoch(&arguments), pid: std::process::id() };
        broker_options_warning(&nagios).inspect(|warning| log(warning));
        let (writer, reader) = ring(arguments.ring);
        let shared = Arc::new(Shared::new(reader));
        Module {
            nagios,
            arguments,
            report: Report::new(writer, Arc::clone(&shared), start.epoch),
            shared,
            start,
            thread: None,
            periods: Vec::new(),
            loops: 0,
            loop_start: 0,
            program: None,
            in_loop: false,
            shutting_down: false,
            taken_with: Conditions::default(),
        }
    }

    pub(crate) fn nagios(&self) -> &Nagios {
        &self.nagios
    }

    /// Nagios has read its configuration anew, in the same process.
    pub(crate) fn reload(&mut self, arguments: Arguments, nagios: Nagios) {
        if arguments.ring != self.arguments.ring || arguments.spill != self.arguments.spill {
            log(
                "new settings of ring and spill are used after a restart of Nagios, not after a reload",
            );
        }
        broker_options_warning(&nagios).inspect(|warning| log(warning));
        self.arguments = arguments;
        self.nagios = nagios;
        self.shared.count_reload();
    }

    pub(crate) fn hear(&mut self, heard: Heard<'_>) {
        match heard {
            Heard::LoopStart { at_us } => self.loop_start(at_us),
            Heard::Shutdown => self.shutting_down = true,
            Heard::Tick { at_us, program } => self.tick(at_us, program),
            _ if !self.in_loop => {}
            Heard::Check { at_us, id, check } => self.report.check(at_us, id, check),
            Heard::Status { at_us, id, state } => self.report.status(at_us, id, state),
            Heard::Event { at_us, body } => self.report.event(at_us, &body),
        }
    }

    /// Nagios is about to unload the module: for a reload, or to end. A failed reload says "reload" and
    /// ends all the same; it is known by the shutdown that was announced.
    pub(crate) fn unload(&mut self) {
        self.in_loop = false;
        self.periods.clear();
        if !self.shutting_down {
            self.shared.detach();
        } else if self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            self.shared.stop(FAREWELL);
        }
    }

    fn loop_start(&mut self, at_us: i64) {
        self.nagios.check_layout();
        self.loops += 1;
        self.loop_start = at_us / 1_000_000;
        self.in_loop = true;
        layout_warning(&self.nagios).inspect(|warning| log(warning));
        self.take_inventory(at_us);
        self.keep_thread();
    }

    fn tick(&mut self, at_us: i64, program: Program) {
        self.program = Some(program);
        if !self.in_loop {
            return;
        }
        self.report.event(at_us, &Body::Program(program));
        let restarted = self.keep_thread();
        if restarted || self.report.take_lost() || self.conditions() != self.taken_with {
            self.take_inventory(at_us);
            return;
        }
        for period in &mut self.periods {
            let inside = holds(&self.nagios, period, at_us);
            if inside != period.inside {
                period.inside = inside;
                let name = period.name.as_bytes();
                self.report.event(at_us, &Body::Timeperiod(Timeperiod { name, inside }));
            }
        }
    }

    fn take_inventory(&mut self, at_us: i64) {
        self.taken_with = self.conditions();
        self.report.forget_states();
        let mut inventory =
            Inventory::take(&self.nagios, &self.arguments.variables, |id, state| {
                self.report.remember(id, state);
            });
        self.periods = inventory
            .period_names()
            .into_iter()
            .map(|name| {
                let mut period = Period { name, inside: true };
                period.inside = holds(&self.nagios, &period, at_us);
                period
            })
            .collect();
        inventory.timeperiods = self
            .periods
            .iter()
            .map(|Period { name, inside }| Timeperiod {
                name: name.to_string_lossy().into_owned(),
                inside: *inside,
            })
            .collect();
        inventory.seq = self.report.last_seq();
        inventory.number = self.loops;
        inventory.program = self.program;
        inventory.loop_start = self.loop_start;
        self.shared.hand_over(Handover {
            inventory,
            socket: self.arguments.socket.clone(),
            queue: self.arguments.queue,
            spill: self.arguments.spill.clone(),
            nagios_version: self.nagios.version().to_owned(),
            instance: self.arguments.instance.clone().unwrap_or_else(machine_name),
            warnings: broker_options_warning(&self.nagios)
                .into_iter()
                .chain(layout_warning(&self.nagios))
                .collect(),
        });
    }

    /// Starts the thread if none runs; whether it did. Nagios forks its command-file worker before the loop,
    /// so nothing of the thread is inherited there.
    fn keep_thread(&mut self) -> bool {
        if self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return false;
        }
        let shared = Arc::clone(&self.shared);
        let start = self.start;
        let spawned = with_signals_blocked(|| {
            std::thread::Builder::new()
                .name("wm-nagios-neb".to_owned())
                .stack_size(STACK)
                .spawn(move || _ = abi::guarded(|| drain::run(&shared, start)))
        });
        self.thread = spawned.inspect_err(|error| log(&format!("no thread: {error}"))).ok();
        true
    }

    fn conditions(&self) -> Conditions {
        Conditions { notifications: self.nagios.notifications_enabled(), panics: abi::panics() }
    }
}

fn machine_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// Now, in microseconds; later than any that a former process left in the spill, whatever the clock says.
fn epoch(arguments: &Arguments) -> u64 {
    let now = UNIX_EPOCH.elapsed().map_or(1, |now| now.as_micros() as u64);
    let former = arguments.spill.as_ref().and_then(|spill| newest_epoch(&spill.folder));
    now.max(former.map_or(0, |former| former + 1))
}

/// Bits of Nagios' `event_broker_options` that we need, and what is unseen without each.
const BROKER_OPTIONS: [(i32, &str); 10] = [
    (1, "its start (nothing works without)"),
    (1 << 2, "service checks"),
    (1 << 3, "host checks"),
    (1 << 6, "notifications"),
    (1 << 7, "flapping"),
    (1 << 8, "comments"),
    (1 << 9, "downtimes"),
    (1 << 12, "switches, time periods and its own state"),
    (1 << 16, "acknowledgements"),
    (1 << 17, "state changes"),
];

fn broker_options_warning(nagios: &Nagios) -> Option<String> {
    let options = nagios.broker_options();
    let unseen: Vec<_> = BROKER_OPTIONS
        .iter()
        .filter(|(bit, _)| options & bit == 0)
        .map(|(_, what)| *what)
        .collect();
    (!unseen.is_empty()).then(|| {
        format!(
            "event_broker_options is {options}, expected -1: Nagios does not tell {}",
            unseen.join(", ")
        )
    })
}

fn layout_warning(nagios: &Nagios) -> Option<String> {
    nagios.layout().is_none().then(|| {
        format!(
            "the object layout of Nagios {} is not known, expected 4.2 to 4.5: downtime, \
             acknowledgement, flapping and retained states are not told",
            nagios.version()
        )
    })
}

/// A period that Nagios does not find is no limit, as in Nagios itself.
fn holds(nagios: &Nagios, period: &Period, at_us: i64) -> bool {
    nagios.period_holds(&period.name, at_us / 1_000_000).unwrap_or(true)
}
