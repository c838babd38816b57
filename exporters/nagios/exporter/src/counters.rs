//! What the exporter itself has counted since it started. Every outcome is there from 0.

use std::sync::atomic::{AtomicU64, Ordering};

use nagios_event::{Body, Check, Flags, State};

use crate::perfdata::Faults;

/// Why a frame or event was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skipped {
    /// A kind of frame that this version does not know.
    UnknownFrame,
    /// A kind of event that this version does not know.
    UnknownEvent,
    /// Bytes that are no frame.
    Undecodable,
    /// A state that Nagios does not define.
    InvalidState,
    /// A state of an object that the inventory does not have.
    UnknownObject,
    /// A frame that does not belong where it came.
    OutOfPlace,
    /// An event that had come before.
    Duplicate,
}

/// Why a connection was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The peer's user is not allowed.
    User,
    /// Its version of the protocol is another.
    Protocol,
    /// It did not introduce itself in time, or not in our protocol.
    Hello,
    /// Another Nagios is connected.
    Occupied,
    /// Too many others are introducing themselves.
    Crowded,
}

/// The counters.
#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) checks: Tally<2>,
    pub(crate) state_changes: Tally<2>,
    pub(crate) notifications: Tally<2>,
    pub(crate) perfdata_errors: Tally<1>,
    pub(crate) perfdata_unknown_units: AtomicU64,
    pub(crate) frames_skipped: Tally<1>,
    pub(crate) connections_refused: Tally<1>,
    pub(crate) snapshots: AtomicU64,
}

/// A counter with a closed set of labels.
#[derive(Debug)]
pub(crate) struct Tally<const N: usize>(Vec<(Labels<N>, AtomicU64)>);

/// Names and values.
pub(crate) type Labels<const N: usize> = [(&'static str, &'static str); N];

const OBJECTS: [&str; 2] = ["host", "service"];

/// Nagios' notification reasons by number (`NOTIFICATION_*`).
const NOTIFICATION_TYPES: [&str; 9] = [
    "normal",
    "acknowledgement",
    "flapping_start",
    "flapping_stop",
    "flapping_disabled",
    "downtime_start",
    "downtime_end",
    "downtime_cancelled",
    "custom",
];

/// A reason that no number above stands for.
const OTHER: &str = "other";

impl Skipped {
    const ALL: [Skipped; 7] = [
        Skipped::UnknownFrame,
        Skipped::UnknownEvent,
        Skipped::Undecodable,
        Skipped::InvalidState,
        Skipped::UnknownObject,
        Skipped::OutOfPlace,
        Skipped::Duplicate,
    ];

    /// As a label's value.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Skipped::UnknownFrame => "unknown_frame",
            Skipped::UnknownEvent => "unknown_event",
            Skipped::Undecodable => "undecodable",
            Skipped::InvalidState => "invalid_state",
            Skipped::UnknownObject => "unknown_object",
            Skipped::OutOfPlace => "out_of_place",
            Skipped::Duplicate => "duplicate",
        }
    }
}

impl Refused {
    const ALL: [Refused; 5] =
        [Refused::User, Refused::Protocol, Refused::Hello, Refused::Occupied, Refused::Crowded];

    /// As a label's value.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Refused::User => "user",
            Refused::Protocol => "protocol",
            Refused::Hello => "hello",
            Refused::Occupied => "occupied",
            Refused::Crowded => "crowded",
        }
    }
}

impl Default for Counters {
    fn default() -> Self {
        let by_object = |name: &'static str, values: &[&'static str]| {
            let pairs =
                OBJECTS.into_iter().flat_map(|object| values.iter().map(move |v| (object, *v)));
            Tally::new(pairs.map(|(object, value)| [("object", object), (name, value)]))
        };
        let by_reason = |reasons: &[&'static str]| {
            Tally::new(reasons.iter().map(|reason| [("reason", *reason)]))
        };
        let notification_types = [&NOTIFICATION_TYPES[..], &[OTHER]].concat();
        Counters {
            checks: by_object("kind", &["active", "passive"]),
            state_changes: by_object("kind", &["hard", "soft"]),
            notifications: by_object("type", &notification_types),
            perfdata_errors: by_reason(&["syntax", "duplicate", "bound"]),
            perfdata_unknown_units: AtomicU64::new(0),
            frames_skipped: by_reason(&Skipped::ALL.map(Skipped::as_str)),
            connections_refused: by_reason(&Refused::ALL.map(Refused::as_str)),
            snapshots: AtomicU64::new(0),
        }
    }
}

impl Counters {
    /// Counts an event that is new.
    pub(crate) fn event(&self, body: &Body<String>) {
        match body {
            Body::Check(Check { state: State { service, flags, .. }, .. }) => {
                let kind = if flags.has(Flags::PASSIVE_RESULT) { "passive" } else { "active" };
                self.checks.add([("object", object(service)), ("kind", kind)], 1);
            }
            Body::StateChange(change) => {
                let kind = if change.hard { "hard" } else { "soft" };
                self.state_changes.add([("object", object(&change.service)), ("kind", kind)], 1);
            }
            Body::Notification(notification) => {
                let kind = notification_type(notification.reason);
                let object = object(&notification.service);
                self.notifications.add([("object", object), ("type", kind)], 1);
            }
            Body::Status(_)
            | Body::ContactNotification(_)
            | Body::Downtime(_)
            | Body::Acknowledgement(_)
            | Body::Flapping(_)
            | Body::Comment(_)
            | Body::Timeperiod(_)
            | Body::Program(_)
            | Body::Unknown(_) => {}
        }
    }

    /// Counts what was wrong in performance data.
    pub(crate) fn perfdata(&self, Faults { broken, duplicates, bounds, unknown_units }: Faults) {
        self.perfdata_errors.add([("reason", "syntax")], broken);
        self.perfdata_errors.add([("reason", "duplicate")], duplicates);
        self.perfdata_errors.add([("reason", "bound")], bounds);
        self.perfdata_unknown_units.fetch_add(unknown_units, Ordering::Relaxed);
    }

    /// Counts a frame or event that was left out.
    pub(crate) fn skipped(&self, reason: Skipped) {
        self.frames_skipped.add([("reason", reason.as_str())], 1);
    }

    /// Counts a connection that was refused.
    pub(crate) fn refused(&self, reason: Refused) {
        self.connections_refused.add([("reason", reason.as_str())], 1);
    }
}

impl<const N: usize> Tally<N> {
    fn new(labels: impl IntoIterator<Item = Labels<N>>) -> Self {
        Tally(labels.into_iter().map(|labels| (labels, AtomicU64::new(0))).collect())
    }

    /// Adds to the counter with these labels, which is one of those given at the start.
    pub(crate) fn add(&self, labels: Labels<N>, count: u64) {
        let found = self.0.iter().find(|(known, _)| *known == labels);
        debug_assert!(found.is_some(), "{labels:?} is no label of this counter");
        if let Some((_, counter)) = found {
            counter.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Labels and value of every series.
    pub(crate) fn series(&self) -> impl Iterator<Item = (Labels<N>, u64)> {
        self.0.iter().map(|(labels, counter)| (*labels, counter.load(Ordering::Relaxed)))
    }
}

/// The name of a notification's reason.
pub(crate) fn notification_type(reason: u8) -> &'static str {
    NOTIFICATION_TYPES.get(usize::from(reason)).copied().unwrap_or(OTHER)
}

fn object(service: &str) -> &'static str {
    let [host, named] = OBJECTS;
    if service.is_empty() { host } else { named }
}
