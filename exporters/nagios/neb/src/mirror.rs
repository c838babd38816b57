//! The thread's own copy of what Nagios knows: objects as of the last inventory, states as of the last event.
//!
//! Promises: an event older than the inventory changes nothing; a snapshot is consistent as of one sequence
//! number. Its size is bounded by Nagios' configuration: an event about an object that the inventory does
//! not hold is passed by. What comes often, the state in a check, is copied as it was encoded.

use std::collections::BTreeMap;

use nagios_event::{
    Body, Cargo, Downtime, DowntimeChange, DowntimeStep, Event, Frame, Glance, MAX_FRAME, Program,
    SnapshotBegin, Split, Timeperiod, encode, split,
};

use crate::abi::objects::ObjectId;
use crate::inventory::Inventory;
use crate::states::States;

/// The newest of everything.
#[derive(Default)]
pub(crate) struct Mirror {
    begin: SnapshotBegin,
    objects: Vec<Frame>,
    timeperiods: BTreeMap<String, bool>,
    downtimes: BTreeMap<u64, Downtime<String>>,
    program: Option<Program>,
    states: States,
}

impl Mirror {
    pub(crate) fn new(inventory: Inventory) -> Mirror {
        let Inventory { seq, number, loop_start, objects, timeperiods, downtimes, program, states } =
            inventory;
        Mirror {
            begin: SnapshotBegin { seq, inventory: number, loop_start },
            objects,
            timeperiods: timeperiods
                .into_iter()
                .map(|period| (period.name, period.inside))
                .collect(),
            downtimes: downtimes.into_iter().map(|downtime| (downtime.id, downtime)).collect(),
            program,
            states,
        }
    }

    /// The number of the inventory in which an event's object has its place, or that of a former one.
    pub(crate) fn inventory_of(&self, seq: u64) -> u32 {
        self.begin.inventory.wrapping_sub((seq <= self.begin.seq).into())
    }

    /// Takes an event in, unless the inventory is newer. `object` is what a check or status is about.
    pub(crate) fn apply(&mut self, glance: Glance<'_>, object: Option<ObjectId>, frame: &[u8]) {
        if glance.seq <= self.begin.seq {
            return;
        }
        self.begin.seq = glance.seq;
        match glance.cargo {
            Cargo::Check(state) | Cargo::Status(state) => {
                if let Some(known) = object.and_then(|object| self.states.frame(object)) {
                    state.write_frame(known);
                }
            }
            Cargo::Program | Cargo::Other => {
                if let Ok(Split::Frame(Ok(Frame::Event(event)), _)) = split(frame) {
                    self.read(event);
                }
            }
        }
    }

    /// Appends the whole snapshot to `out`. Returns how many frames were too long to be sent.
    pub(crate) fn write_snapshot(&self, out: &mut Vec<u8>) -> u64 {
        let mut frame = vec![0; MAX_FRAME];
        let mut too_long = 0;
        let mut write = |out: &mut Vec<u8>, what: &Frame| match encode(&mut frame, what) {
            Some(size) => out.extend_from_slice(&frame[..size]),
            None => too_long += 1,
        };
        write(out, &Frame::SnapshotBegin(self.begin));
        for object in &self.objects {
            write(out, object);
        }
        for (name, &inside) in &self.timeperiods {
            write(out, &Frame::Timeperiod(Timeperiod { name: name.clone(), inside }));
        }
        for downtime in self.downtimes.values() {
            write(out, &Frame::Downtime(downtime.clone()));
        }
        if let Some(program) = self.program {
            write(out, &Frame::Program(program));
        }
        for state in self.states.frames() {
            out.extend_from_slice(state);
        }
        write(out, &Frame::SnapshotEnd);
        too_long
    }

    /// Takes in what comes seldom.
    fn read(&mut self, event: Event) {
        match event.body {
            Body::Downtime(change) => self.change_downtime(change),
            Body::Program(program) => self.program = Some(program),
            Body::Timeperiod(Timeperiod { name, inside }) => {
                if let Some(known) = self.timeperiods.get_mut(&name) {
                    *known = inside;
                }
            }
            Body::Check(_)
            | Body::Status(_)
            | Body::StateChange(_)
            | Body::Notification(_)
            | Body::ContactNotification(_)
            | Body::Acknowledgement(_)
            | Body::Flapping(_)
            | Body::Comment(_)
            | Body::Unknown(_) => {}
        }
    }

    fn change_downtime(&mut self, DowntimeChange { step, downtime }: DowntimeChange<String>) {
        match step {
            DowntimeStep::Scheduled | DowntimeStep::Started => {
                self.downtimes.insert(downtime.id, downtime);
            }
            DowntimeStep::Ended | DowntimeStep::Cancelled | DowntimeStep::Deleted => {
                self.downtimes.remove(&downtime.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::layout::Kind;
    use nagios_event::{Check, Host, Service, State, encode_state};

    const WEB: ObjectId = ObjectId { kind: Kind::Host, index: 0 };
    const HTTP: ObjectId = ObjectId { kind: Kind::Service, index: 0 };

    fn state(service: &str, state: u8) -> State<String> {
        State { host: "web".into(), service: service.into(), state, ..State::default() }
    }

    fn inventory() -> Inventory {
        Inventory {
            seq: 10,
            number: 2,
            loop_start: 5,
            objects: vec![
                Frame::Host(Host { name: "web".into(), ..Host::default() }),
                Frame::Service(Service {
                    host: "web".into(),
                    name: "http".into(),
                    ..Service::default()
                }),
            ],
            timeperiods: vec![Timeperiod { name: "night".into(), inside: false }],
            downtimes: Vec::new(),
            program: None,
            states: states([(WEB, state("", 0)), (HTTP, state("http", 0))]),
        }
    }

    fn states<const N: usize>(known: [(ObjectId, State<String>); N]) -> States {
        let mut states = States::of(1, 1);
        for (id, state) in known {
            let frame = states.frame(id).unwrap();
            frame.resize(MAX_FRAME, 0);
            let size = encode_state(frame, &state).unwrap();
            frame.truncate(size);
        }
        states
    }

    fn apply(mirror: &mut Mirror, seq: u64, object: Option<ObjectId>, body: Body<String>) {
        let mut frame = vec![0; MAX_FRAME];
        let event = Frame::Event(Event { epoch: 1, seq, at_us: 0, body });
        let size = encode(&mut frame, &event).unwrap();
        mirror.apply(Glance::of(&frame[..size]).unwrap(), object, &frame[..size]);
    }

    fn check(state: State<String>) -> Body<String> {
        Body::Check(Check { state, ..Check::default() })
    }

    fn snapshot(mirror: &Mirror) -> Vec<Frame> {
        let mut bytes = Vec::new();
        assert_eq!(mirror.write_snapshot(&mut bytes), 0);
        let mut rest = &bytes[..];
        let mut frames = Vec::new();
        while let Split::Frame(frame, size) = split(rest).unwrap() {
            frames.push(frame.unwrap());
            rest = &rest[size..];
        }
        assert!(rest.is_empty());
        frames
    }

    #[test]
    fn a_snapshot_holds_the_newest_of_everything_between_its_ends() {
        let mut mirror = Mirror::new(inventory());
        apply(&mut mirror, 11, Some(HTTP), check(state("http", 2)));
        apply(&mut mirror, 12, Some(WEB), Body::Status(state("", 1)));
        let night = Timeperiod { name: "night".into(), inside: true };
        apply(&mut mirror, 13, None, Body::Timeperiod(night.clone()));

        let frames = snapshot(&mirror);
        let begin = SnapshotBegin { seq: 13, inventory: 2, loop_start: 5 };
        assert_eq!(frames.first(), Some(&Frame::SnapshotBegin(begin)));
        assert_eq!(frames.last(), Some(&Frame::SnapshotEnd));
        for expected in
            [Frame::State(state("http", 2)), Frame::State(state("", 1)), Frame::Timeperiod(night)]
        {
            assert!(frames.contains(&expected), "{expected:?} is missing");
        }
        assert_eq!(frames.len(), 7);
    }

    #[test]
    fn an_event_older_than_the_inventory_changes_nothing() {
        let mut mirror = Mirror::new(inventory());
        apply(&mut mirror, 10, Some(HTTP), check(state("http", 2)));
        assert!(snapshot(&mirror).contains(&Frame::State(state("http", 0))));
        assert_eq!(mirror.begin.seq, 10);
    }

    #[test]
    fn an_unknown_object_takes_no_room() {
        let mut mirror = Mirror::new(inventory());
        apply(&mut mirror, 11, Some(ObjectId { index: 1, ..HTTP }), check(state("gone", 2)));
        assert_eq!(snapshot(&mirror).len(), 7);
    }

    #[test]
    fn downtimes_come_and_go_and_the_program_is_replaced() {
        let downtime = |id| Downtime { id, host: "web".to_owned(), ..Downtime::default() };
        let downtimes = vec![downtime(1), downtime(2)];
        let mut mirror = Mirror::new(Inventory { downtimes, ..inventory() });
        let change = |step, id| Body::Downtime(DowntimeChange { step, downtime: downtime(id) });
        apply(&mut mirror, 11, None, change(DowntimeStep::Cancelled, 1));
        apply(&mut mirror, 12, None, change(DowntimeStep::Deleted, 1));
        apply(&mut mirror, 13, None, change(DowntimeStep::Scheduled, 3));
        let program = Program { pid: 7, ..Program::default() };
        apply(&mut mirror, 14, None, Body::Program(program));
        let frames = snapshot(&mirror);
        let ids = frames.iter().filter_map(|frame| match frame {
            Frame::Downtime(downtime) => Some(downtime.id),
            _ => None,
        });
        assert_eq!(ids.collect::<Vec<_>>(), [2, 3]);
        assert!(frames.contains(&Frame::Program(program)));
    }

    #[test]
    fn without_a_known_layout_states_come_with_checks_only() {
        let mut mirror = Mirror::new(Inventory { states: states([]), ..inventory() });
        assert_eq!(snapshot(&mirror).len(), 5);
        apply(&mut mirror, 11, Some(HTTP), check(state("http", 1)));
        assert!(snapshot(&mirror).contains(&Frame::State(state("http", 1))));
    }
}
