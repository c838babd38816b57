//! The fields of each record, in the order in which they stand in a frame.
//!
//! One list serves both ways. A field missing from a list does not compile.

use crate::record::*;
use crate::wire::{Code, DecodeError, Reader, Writer};
use crate::{MAX_COMMENT, MAX_LONG_OUTPUT, MAX_NAME, MAX_OUTPUT, MAX_PERFDATA};

/// A record that can be written.
pub(super) trait Fields {
    /// Appends the fields.
    fn write(&self, w: &mut Writer<'_>);

    /// Appends a kind and the fields.
    #[inline]
    fn put(&self, w: &mut Writer<'_>, kind: u8) {
        w.u8(&kind);
        self.write(w);
    }
}

/// A record that can be read.
pub(super) trait Read: Sized {
    /// Takes the fields off the front.
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// Names each field with the kind of its bytes, which is the name of a method here or in [`crate::wire`].
macro_rules! record {
    ($record:ident { $($field:ident: $kind:ident),* $(,)? }) => {
        impl Fields for $record {
            record!(@write $record { $($field: $kind,)* });
        }
        impl Read for $record {
            record!(@read $record { $($field: $kind,)* });
        }
    };
    ($record:ident<S> { $($field:ident: $kind:ident),* $(,)? }) => {
        impl<S: AsRef<[u8]>> Fields for $record<S> {
            record!(@write $record { $($field: $kind,)* });
        }
        impl Read for $record<String> {
            record!(@read $record { $($field: $kind,)* });
        }
    };
    (@write $record:ident { $($field:ident: $kind:ident),* $(,)? }) => {
        #[inline]
        fn write(&self, w: &mut Writer<'_>) {
            let $record { $($field,)* } = self;
            $(w.$kind($field);)*
        }
    };
    (@read $record:ident { $($field:ident: $kind:ident),* $(,)? }) => {
        fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
            Ok($record { $($field: r.$kind(stringify!($field))?,)* })
        }
    };
}

record!(Hello {
    protocol: u16,
    epoch: u64,
    pid: u32,
    instance: name,
    module_version: name,
    nagios_version: name,
    warnings: texts,
});

record!(Stats {
    last_seq: u64,
    dropped: u64,
    coalesced: u64,
    truncated: u64,
    panics: u64,
    reloads: u64,
    spilled: u64,
    recovered: u64,
    spill_errors: u64,
    ring_bytes: u64,
    ring_high_bytes: u64,
    ring_limit_bytes: u64,
    queue_bytes: u64,
    queue_limit_bytes: u64,
    spill_bytes: u64,
    spill_limit_bytes: u64,
});

record!(SnapshotBegin { seq: u64, inventory: u32, loop_start: i64 });

record!(Ack { epoch: u64, seq: u64 });

record!(Host<S> {
    name: name,
    display_name: name,
    alias: name,
    address: name,
    check_command: name,
    notification_period: name,
    parents: names,
    settings: record,
});

record!(Service<S> {
    host: name,
    name: name,
    display_name: name,
    check_command: name,
    notification_period: name,
    settings: record,
});

record!(Settings<S> {
    check_period: name,
    check_interval: f64,
    retry_interval: f64,
    max_attempts: u16,
    freshness_threshold: u32,
    notification_interval: f64,
    first_notification_delay: f64,
    contacts: names,
    contact_groups: names,
    variables: pairs,
});

record!(Group<S> { kind: code, name: name, alias: name, members: pairs, });

record!(Contact<S> { name: name, alias: name, });

record!(Timeperiod<S> { name: name, inside: bool, });

record!(Downtime<S> {
    id: u64,
    host: name,
    service: name,
    author: name,
    comment: comment,
    entered: i64,
    start: i64,
    end: i64,
    fixed: bool,
    duration: u64,
    triggered_by: u64,
    in_effect: bool,
});

// The flags come last: they tell whether a text before them was cut.
record!(State<S> {
    host: name,
    service: name,
    state: u8,
    attempt: u16,
    max_attempts: u16,
    downtime_depth: u16,
    notification_number: u32,
    last_check: i64,
    next_check: i64,
    last_state_change: i64,
    last_hard_state_change: i64,
    last_notification: i64,
    latency: f64,
    execution_time: f64,
    percent_state_change: f64,
    output: output,
    long_output: long_output,
    perfdata: perfdata,
    flags: flags,
});

record!(Program {
    start: i64,
    last_log_rotation: i64,
    pid: u32,
    daemon: bool,
    modes: modes,
    running_host_checks: u32,
    running_service_checks: u32,
});

record!(Check<S> {
    state: record,
    return_code: i32,
    timed_out: bool,
    started_us: i64,
    ended_us: i64,
});

record!(StateChange<S> {
    host: name,
    service: name,
    state: u8,
    hard: bool,
    attempt: u16,
    max_attempts: u16,
    output: output,
    long_output: long_output,
});

record!(Notification<S> {
    host: name,
    service: name,
    reason: u8,
    state: u8,
    contacts: u32,
    number: u32,
    escalated: bool,
    output: output,
    author: name,
    comment: comment,
});

record!(ContactNotification<S> {
    host: name,
    service: name,
    contact: name,
    method: name,
    reason: u8,
    state: u8,
    number: u32,
    escalated: bool,
    author: name,
    comment: comment,
});

record!(DowntimeChange<S> { step: code, downtime: record, });

record!(Acknowledgement<S> {
    step: code,
    host: name,
    service: name,
    state: u8,
    author: name,
    comment: comment,
    sticky: bool,
    persistent: bool,
    notify: bool,
});

record!(Flapping<S> {
    step: code,
    host: name,
    service: name,
    percent_state_change: f64,
    high_threshold: f64,
    low_threshold: f64,
});

record!(Comment<S> {
    step: code,
    kind: code,
    id: u64,
    host: name,
    service: name,
    author: name,
    text: comment,
    entered: i64,
    expires: i64,
    persistent: bool,
});

/// Numbers each variant of a closed set.
macro_rules! codes {
    ($set:ident { $($variant:ident = $code:literal),* $(,)? } expected $expected:literal) => {
        impl Code for $set {
            const EXPECTED: &'static str = $expected;

            fn code(self) -> u8 {
                match self { $($set::$variant => $code,)* }
            }

            fn of_code(code: u8) -> Option<Self> {
                match code { $($code => Some($set::$variant),)* _ => None }
            }
        }
    };
}

codes!(GroupKind { Host = 0, Service = 1, Contact = 2, } expected "0 to 2");
codes!(DowntimeStep {
    Scheduled = 0,
    Started = 1,
    Ended = 2,
    Cancelled = 3,
    Deleted = 4,
} expected "0 to 4");
codes!(AcknowledgementStep { Set = 0, Removed = 1, } expected "0 or 1");
codes!(FlappingStep { Started = 0, Stopped = 1, Disabled = 2, } expected "0 to 2");
codes!(CommentStep { Added = 0, Deleted = 1, } expected "0 or 1");
codes!(CommentKind {
    User = 1,
    Downtime = 2,
    Flapping = 3,
    Acknowledgement = 4,
} expected "1 to 4");

impl Writer<'_> {
    #[inline]
    fn record(&mut self, record: &impl Fields) {
        record.write(self);
    }

    #[inline]
    fn name(&mut self, name: &impl AsRef<[u8]>) {
        self.bytes(name.as_ref(), MAX_NAME);
    }

    #[inline]
    fn output(&mut self, output: &impl AsRef<[u8]>) {
        self.bytes(output.as_ref(), MAX_OUTPUT);
    }

    #[inline]
    fn long_output(&mut self, output: &impl AsRef<[u8]>) {
        self.bytes(output.as_ref(), MAX_LONG_OUTPUT);
    }

    #[inline]
    fn perfdata(&mut self, perfdata: &impl AsRef<[u8]>) {
        self.bytes(perfdata.as_ref(), MAX_PERFDATA);
    }

    #[inline]
    fn comment(&mut self, comment: &impl AsRef<[u8]>) {
        self.bytes(comment.as_ref(), MAX_COMMENT);
    }

    #[inline]
    fn flags(&mut self, flags: &Flags) {
        let Flags(bits) = flags.with(Flags::TRUNCATED, self.has_cut());
        self.u32(&bits);
    }

    fn modes(&mut self, Modes(bits): &Modes) {
        self.u32(bits);
    }

    fn names<S: AsRef<[u8]>>(&mut self, names: &[S]) {
        self.count(names.len());
        names.iter().for_each(|name| self.name(name));
    }

    fn texts<S: AsRef<[u8]>>(&mut self, texts: &[S]) {
        self.count(texts.len());
        texts.iter().for_each(|text| self.output(text));
    }

    fn pairs<S: AsRef<[u8]>>(&mut self, pairs: &[(S, S)]) {
        self.count(pairs.len());
        for (first, second) in pairs {
            self.name(first);
            self.name(second);
        }
    }
}

impl Reader<'_> {
    fn record<T: Read>(&mut self, _field: &'static str) -> Result<T, DecodeError> {
        T::read(self)
    }

    fn name(&mut self, field: &'static str) -> Result<String, DecodeError> {
        self.string(field)
    }

    fn output(&mut self, field: &'static str) -> Result<String, DecodeError> {
        self.string(field)
    }

    fn long_output(&mut self, field: &'static str) -> Result<String, DecodeError> {
        self.string(field)
    }

    fn perfdata(&mut self, field: &'static str) -> Result<String, DecodeError> {
        self.string(field)
    }

    fn comment(&mut self, field: &'static str) -> Result<String, DecodeError> {
        self.string(field)
    }

    fn flags(&mut self, field: &'static str) -> Result<Flags, DecodeError> {
        self.u32(field).map(Flags)
    }

    fn modes(&mut self, field: &'static str) -> Result<Modes, DecodeError> {
        self.u32(field).map(Modes)
    }

    fn names(&mut self, field: &'static str) -> Result<Vec<String>, DecodeError> {
        self.list(field, |r| r.string(field))
    }

    fn texts(&mut self, field: &'static str) -> Result<Vec<String>, DecodeError> {
        self.list(field, |r| r.string(field))
    }

    fn pairs(&mut self, field: &'static str) -> Result<Vec<(String, String)>, DecodeError> {
        self.list(field, |r| Ok((r.string(field)?, r.string(field)?)))
    }
}
