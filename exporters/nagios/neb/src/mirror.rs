//! The thread's own copy of what Nagios knows: objects as of the last inventory, states as of the last event.
//!
//! Promises: an event older than the inventory changes nothing; a snapshot is consistent as of one sequence
//! number. Its size is bounded by Nagios' configuration: an event about an object that the inventory does
//! not hold is passed by.

use std::collections::{BTreeMap, HashMap};

use nagios_event::{
    Body, Check, Downtime, DowntimeChange, DowntimeStep, Event, Frame, MAX_FRAME, Program,
    SnapshotBegin, State, Timeperiod, encode,
};

use crate::inventory::Inventory;

/// The newest of everything.
#[derive(Default)]
pub(crate) struct Mirror {
    begin: SnapshotBegin,
    objects: Vec<Frame>,
    timeperiods: BTreeMap<String, bool>,
    downtimes: BTreeMap<u64, Downtime<String>>,
    program: Option<Program>,
    /// By host, then by service; a host's own state stands under the empty service.
    states: HashMap<String, HashMap<String, Option<State<String>>>>,
}

impl Mirror {
    pub(crate) fn new(inventory: Inventory) -> Mirror {
        let Inventory { seq, number, loop_start, objects, timeperiods, downtimes, program, states } =
            inventory;
        let mut by_host: HashMap<String, HashMap<_, _>> = HashMap::new();
        for object in &objects {
            let (host, service) = match object {
                Frame::Host(host) => (&host.name, String::new()),
                Frame::Service(service) => (&service.host, service.name.clone()),
                _ => continue,
            };
            by_host.entry(host.clone()).or_default().insert(service, None);
        }
        let mut mirror = Mirror {
            begin: SnapshotBegin { seq, inventory: number, loop_start },
            objects,
            timeperiods: timeperiods
                .into_iter()
                .map(|period| (period.name, period.inside))
                .collect(),
            downtimes: downtimes.into_iter().map(|downtime| (downtime.id, downtime)).collect(),
            program,
            states: by_host,
        };
        states.into_iter().for_each(|state| mirror.replace(state));
        mirror
    }

    /// Takes an event in, unless the inventory is newer.
    pub(crate) fn apply(&mut self, event: Event) {
        if event.seq <= self.begin.seq {
            return;
        }
        self.begin.seq = event.seq;
        match event.body {
            Body::Check(Check { state, .. }) | Body::Status(state) => self.replace(state),
            Body::Downtime(change) => self.change_downtime(change),
            Body::Program(program) => self.program = Some(program),
            Body::Timeperiod(Timeperiod { name, inside }) => {
                if let Some(known) = self.timeperiods.get_mut(&name) {
                    *known = inside;
                }
            }
            Body::StateChange(_)
            | Body::Notification(_)
            | Body::ContactNotification(_)
            | Body::Acknowledgement(_)
            | Body::Flapping(_)
            | Body::Comment(_)
            | Body::Unknown(_) => {}
        }
    }

    /// Appends the whole snapshot to `out`. Returns how many frames were too long to be sent.
    pub(crate) fn write_snapshot(&self, out: &mut Vec<u8>) -> u64 {
        let mut frame = vec![0; MAX_FRAME];
        let mut too_long = 0;
        let mut write = |what: &Frame| match encode(&mut frame, what) {
            Some(size) => out.extend_from_slice(&frame[..size]),
            None => too_long += 1,
        };
        write(&Frame::SnapshotBegin(self.begin));
        self.objects.iter().for_each(&mut write);
        for (name, &inside) in &self.timeperiods {
            write(&Frame::Timeperiod(Timeperiod { name: name.clone(), inside }));
        }
        for downtime in self.downtimes.values() {
            write(&Frame::Downtime(downtime.clone()));
        }
        if let Some(program) = self.program {
            write(&Frame::Program(program));
        }
        for state in self.states.values().flat_map(HashMap::values).flatten() {
            write(&Frame::State(state.clone()));
        }
        write(&Frame::SnapshotEnd);
        too_long
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

    fn replace(&mut self, state: State<String>) {
        let known = self.states.get_mut(&state.host).and_then(|of| of.get_mut(&state.service));
        if let Some(known) = known {
            *known = Some(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nagios_event::{Host, Service, Split, split};

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
            states: vec![state("", 0), state("http", 0)],
        }
    }

    fn event(seq: u64, body: Body<String>) -> Event {
        Event { epoch: 1, seq, at_us: 0, body }
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
        mirror.apply(event(11, check(state("http", 2))));
        mirror.apply(event(12, Body::Status(state("", 1))));
        let night = Timeperiod { name: "night".into(), inside: true };
        mirror.apply(event(13, Body::Timeperiod(night.clone())));

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
        mirror.apply(event(10, check(state("http", 2))));
        assert!(snapshot(&mirror).contains(&Frame::State(state("http", 0))));
        assert_eq!(mirror.begin.seq, 10);
    }

    #[test]
    fn an_unknown_object_takes_no_room() {
        let mut mirror = Mirror::new(inventory());
        mirror.apply(event(11, check(state("gone", 2))));
        assert_eq!(snapshot(&mirror).len(), 7);
    }

    #[test]
    fn downtimes_come_and_go_and_the_program_is_replaced() {
        let downtime = |id| Downtime { id, host: "web".to_owned(), ..Downtime::default() };
        let downtimes = vec![downtime(1), downtime(2)];
        let mut mirror = Mirror::new(Inventory { downtimes, ..inventory() });
        let change = |step, id| Body::Downtime(DowntimeChange { step, downtime: downtime(id) });
        mirror.apply(event(11, change(DowntimeStep::Cancelled, 1)));
        mirror.apply(event(12, change(DowntimeStep::Deleted, 1)));
        mirror.apply(event(13, change(DowntimeStep::Scheduled, 3)));
        let program = Program { pid: 7, ..Program::default() };
        mirror.apply(event(14, Body::Program(program)));
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
        let mut mirror = Mirror::new(Inventory { states: Vec::new(), ..inventory() });
        assert_eq!(snapshot(&mirror).len(), 5);
        mirror.apply(event(11, check(state("http", 1))));
        assert!(snapshot(&mirror).contains(&Frame::State(state("http", 1))));
    }
}
