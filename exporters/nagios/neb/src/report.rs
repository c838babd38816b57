//! Events on their way into the ring: numbered, encoded in place, and without what says nothing new.
//!
//! Runs inside Nagios' callbacks: no allocation, no lock, no system call, no clock of its own.
//!
//! Nagios announces a status after every check and at every touch of an object. Each object's last told
//! state is kept as a fingerprint, and a status that would tell the same again takes no number.

use std::sync::Arc;

use nagios_event::{Acknowledgement, AcknowledgementStep, Body, Check, Flags, State, encode_event};

use crate::abi::layout::Kind;
use crate::abi::objects::ObjectId;
use crate::ring::Writer;
use crate::shared::Shared;

/// Room for the longest event: three long texts, two names, and numbers.
const LONGEST: usize = nagios_event::MAX_OUTPUT
    + nagios_event::MAX_LONG_OUTPUT
    + nagios_event::MAX_PERFDATA
    + 4 * 1024;

/// The writing end of the road to nagios-exporter.
pub(crate) struct Report {
    ring: Writer,
    shared: Arc<Shared>,
    epoch: u64,
    seq: u64,
    lost: bool,
    hosts: Vec<Told>,
    services: Vec<Told>,
    frame: Box<[u8; LONGEST]>,
}

impl Report {
    pub(crate) fn new(ring: Writer, shared: Arc<Shared>, epoch: u64) -> Report {
        Report {
            ring,
            shared,
            epoch,
            seq: 0,
            lost: false,
            hosts: Vec::new(),
            services: Vec::new(),
            frame: Box::new([0; LONGEST]),
        }
    }

    /// The number of the newest event.
    pub(crate) fn last_seq(&self) -> u64 {
        self.seq
    }

    /// Whether an event was lost since the last call.
    pub(crate) fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.lost)
    }

    /// All states are about to be told anew, by inventory.
    pub(crate) fn forget_states(&mut self) {
        self.hosts.clear();
        self.services.clear();
    }

    /// Notes a state that the reader gets by inventory. Allocates: not for the callback of an event.
    pub(crate) fn remember(&mut self, id: ObjectId, state: &State<&[u8]>) {
        let told = self.of_kind(id.kind);
        if told.len() <= id.index {
            told.resize(id.index + 1, Told::default());
        }
        told[id.index] = Told::of(state);
    }

    /// A check always tells something: that it ran.
    pub(crate) fn check(&mut self, at_us: i64, id: ObjectId, check: Check<&[u8]>) {
        panic_on_request(&check.state);
        self.note(at_us, id, &check.state);
        self.tell(at_us, Some(id), &Body::Check(check));
    }

    /// Tells a status that differs from what was told last.
    pub(crate) fn status(&mut self, at_us: i64, id: ObjectId, state: State<&[u8]>) {
        if self.note(at_us, id, &state) {
            self.tell(at_us, Some(id), &Body::Status(state));
        }
    }

    /// Notes a state that is about to be told, and whether it differs from what was told last. Nagios
    /// announces no end of an acknowledgement: it is seen here.
    fn note(&mut self, at_us: i64, id: ObjectId, state: &State<&[u8]>) -> bool {
        let new = Told::of(state);
        let Some(told) = self.of_kind(id.kind).get_mut(id.index) else { return true };
        let before = std::mem::replace(told, new);
        if before.acknowledged && !new.acknowledged {
            let removed = Acknowledgement {
                step: AcknowledgementStep::Removed,
                host: state.host,
                service: state.service,
                state: state.state,
                ..Acknowledgement::default()
            };
            self.event(at_us, &Body::Acknowledgement(removed));
        }
        before != new
    }

    /// Tells of something that is no state.
    pub(crate) fn event(&mut self, at_us: i64, body: &Body<&[u8]>) {
        self.tell(at_us, None, body);
    }

    /// A lost event keeps its number, so that the reader sees the gap.
    fn tell(&mut self, at_us: i64, object: Option<ObjectId>, body: &Body<&[u8]>) {
        let word = object.map_or(0, ObjectId::to_word);
        self.seq += 1;
        self.shared.set_last_seq(self.seq);
        let pushed = encode_event(&mut *self.frame, self.epoch, self.seq, at_us, body)
            .and_then(|size| self.frame.get(..size))
            .is_some_and(|frame| match body {
                // Checks leave room for events that nothing makes up for.
                Body::Check(_) | Body::Program(_) => self.ring.push_modestly(word, frame),
                _ => self.ring.push(word, frame),
            });
        if !pushed {
            self.shared.count_dropped(1);
            self.lost = true;
        }
    }

    fn of_kind(&mut self, kind: Kind) -> &mut Vec<Told> {
        match kind {
            Kind::Host => &mut self.hosts,
            Kind::Service => &mut self.services,
        }
    }
}

/// What of a state is worth a status event: not the times and durations of checks, which the next check
/// tells, and no text, which only checks change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Told {
    fingerprint: u64,
    acknowledged: bool,
}

impl Told {
    #[inline]
    fn of(state: &State<&[u8]>) -> Told {
        let acknowledged = state.flags.has(Flags::ACKNOWLEDGED);
        Told { fingerprint: fingerprint(state), acknowledged }
    }
}

#[inline]
fn fingerprint(state: &State<&[u8]>) -> u64 {
    {
        let State {
            state,
            flags: Flags(flags),
            attempt,
            max_attempts,
            downtime_depth,
            notification_number,
            last_state_change,
            last_hard_state_change,
            host: _,
            service: _,
            last_check: _,
            next_check: _,
            last_notification: _,
            latency: _,
            execution_time: _,
            percent_state_change: _,
            output: _,
            long_output: _,
            perfdata: _,
        } = *state;
        let parts = [
            u64::from(state) << 32 | u64::from(flags),
            u64::from(attempt) << 32 | u64::from(max_attempts) << 16 | u64::from(downtime_depth),
            notification_number.into(),
            last_state_change.cast_unsigned(),
            last_hard_state_change.cast_unsigned(),
        ];
        // FNV-1a over words, with a rotation because a multiplication only carries upwards.
        parts.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, part| {
            (hash ^ part).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29)
        })
    }
}

#[cfg(feature = "panic-on-request")]
fn panic_on_request(state: &State<&[u8]>) {
    const REQUEST: &[u8] = b"wm-panic-now";
    assert!(!state.output.windows(REQUEST.len()).any(|part| part == REQUEST), "as requested");
}

#[cfg(not(feature = "panic-on-request"))]
fn panic_on_request(_: &State<&[u8]>) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::{Reader, ring};
    use nagios_event::{Event, Frame, Split, split};

    const WEB: ObjectId = ObjectId { kind: Kind::Service, index: 3 };

    fn report(ring_bytes: usize) -> (Report, Arc<Shared>) {
        let (writer, reader) = ring(ring_bytes);
        let shared = Arc::new(Shared::new(reader));
        (Report::new(writer, Arc::clone(&shared), 7), shared)
    }

    fn state(attempt: u16, output: &[u8]) -> State<&[u8]> {
        State { host: b"web", service: b"http", attempt, output, ..State::default() }
    }

    fn check(state: State<&[u8]>) -> Check<&[u8]> {
        Check { state, ..Check::default() }
    }

    fn next(ring: &mut Reader) -> Option<Event> {
        let mut frame = Vec::new();
        ring.pop(&mut frame)?;
        match split(&frame) {
            Ok(Split::Frame(Ok(Frame::Event(event)), size)) if size == frame.len() => Some(event),
            other => panic!("not an event: {other:?}"),
        }
    }

    #[test]
    fn a_status_is_told_only_when_it_differs_from_what_was_told() {
        let (mut report, shared) = report(1 << 16);
        report.remember(WEB, &state(1, b"inventory"));
        report.status(10, WEB, state(1, b"same as the inventory"));
        report.check(20, WEB, check(state(2, b"a check")));
        report.status(30, WEB, state(2, b"same as the check"));
        report.status(40, WEB, State { downtime_depth: 1, ..state(2, b"downtime") });
        report.status(50, WEB, State { next_check: 99, downtime_depth: 1, ..state(2, b"later") });
        report.check(60, WEB, check(State { downtime_depth: 1, ..state(2, b"the same again") }));

        let mut ring = shared.reader();
        let told: Vec<_> = std::iter::from_fn(|| next(&mut ring))
            .map(|event| match event.body {
                Body::Check(check) => (event.seq, event.at_us, "check", check.state.output),
                Body::Status(state) => (event.seq, event.at_us, "status", state.output),
                other => panic!("{other:?}"),
            })
            .collect();
        let expected = [
            (1, 20, "check", "a check"),
            (2, 40, "status", "downtime"),
            (3, 60, "check", "the same again"),
        ];
        assert_eq!(told, expected.map(|(seq, at, kind, text)| (seq, at, kind, text.to_owned())));
    }

    #[test]
    fn the_end_of_an_acknowledgement_is_seen_in_a_check_or_a_status() {
        let (mut report, shared) = report(1 << 16);
        let acknowledged = State { flags: Flags::ACKNOWLEDGED, state: 2, ..state(1, b"") };
        report.remember(WEB, &acknowledged);
        report.status(10, WEB, acknowledged.clone());
        report.check(20, WEB, check(state(1, b"well again")));
        report.status(30, WEB, acknowledged.clone());
        report.status(40, WEB, State { state: 2, ..state(1, b"") });
        let mut ring = shared.reader();
        let told: Vec<_> = std::iter::from_fn(|| next(&mut ring))
            .map(|event| match event.body {
                Body::Check(_) => (event.at_us, "check", 0),
                Body::Status(_) => (event.at_us, "status", 0),
                Body::Acknowledgement(Acknowledgement { step, state, service, .. }) => {
                    assert_eq!((step, &*service), (AcknowledgementStep::Removed, "http"));
                    (event.at_us, "removed", state)
                }
                other => panic!("{other:?}"),
            })
            .collect();
        let expected = [
            (20, "removed", 0),
            (20, "check", 0),
            (30, "status", 0),
            (40, "removed", 2),
            (40, "status", 0),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn after_a_reload_states_are_told_anew() {
        let (mut report, shared) = report(1 << 16);
        report.remember(WEB, &state(1, b""));
        report.forget_states();
        report.status(10, WEB, state(1, b""));
        assert!(next(&mut shared.reader()).is_some());
    }

    #[test]
    fn a_full_ring_costs_an_event_and_its_number_and_is_known() {
        let (mut report, shared) = report(256);
        for at in 0..3 {
            report.check(at, WEB, check(state(1, b"an output of some length")));
        }
        assert!(report.take_lost());
        assert!(!report.take_lost(), "it is asked once");
        let mut ring = shared.reader();
        let mut arrived = 0;
        while next(&mut ring).is_some() {
            arrived += 1;
        }
        assert_eq!((arrived + shared.dropped(), shared.last_seq()), (3, 3));
        report.check(9, WEB, check(state(1, b"room again")));
        assert_eq!(next(&mut ring).unwrap().seq, 4);
    }

    #[test]
    fn the_longest_texts_fit() {
        let (mut report, shared) = report(1 << 20);
        let long = vec![b'x'; 100_000];
        let state = State {
            host: &long[..],
            service: &long,
            output: &long,
            long_output: &long,
            perfdata: &long,
            ..State::default()
        };
        report.check(1, WEB, check(state));
        let Body::Check(Check { state: read, .. }) = next(&mut shared.reader()).unwrap().body
        else {
            panic!("not a check")
        };
        assert_eq!(read.perfdata.len(), nagios_event::MAX_PERFDATA);
        assert!(read.flags.has(Flags::TRUNCATED));
    }
}
