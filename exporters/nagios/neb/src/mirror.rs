//! The thread's own copy of what Nagios knows: objects as of the last inventory, states as of the last event.
//!
//! Promises: an event older than the inventory changes nothing; a snapshot is consistent as of one sequence
//! number. Its size is bounded by Nagios' configuration: an event about an object that the inventory does
//! not hold is passed by.

use std::collections::{BTreeMap, HashMap};

use nagios_event::{Body, Event, Frame, MAX_FRAME, SnapshotBegin, State, Timeperiod, encode};

use crate::inventory::Inventory;

/// The newest of everything.
#[derive(Default)]
pub(crate) struct Mirror {
    begin: SnapshotBegin,
    objects: Vec<Frame>,
    timeperiods: BTreeMap<String, bool>,
    /// By host, then by service; a host's own state stands under the empty service.
    states: HashMap<String, HashMap<String, Option<State<String>>>>,
}

impl Mirror {
    pub(crate) fn new(inventory: Inventory) -> Mirror {
        let Inventory { seq, epoch, loop_start, objects, timeperiods, states } = inventory;
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
            begin: SnapshotBegin { seq, epoch, loop_start },
            objects,
            timeperiods: timeperiods
                .into_iter()
                .map(|period| (period.name, period.inside))
                .collect(),
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
            Body::Check(state) | Body::Status(state) => self.replace(state),
            Body::Timeperiod(Timeperiod { name, inside }) => {
                if let Some(known) = self.timeperiods.get_mut(&name) {
                    *known = inside;
                }
            }
            Body::StateChange(_) | Body::Notification(_) | Body::Unknown(_) => {}
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
        for state in self.states.values().flat_map(HashMap::values).flatten() {
            write(&Frame::State(state.clone()));
        }
        write(&Frame::SnapshotEnd);
        too_long
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
            epoch: 2,
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
            states: vec![state("", 0), state("http", 0)],
        }
    }

    fn event(seq: u64, body: Body<String>) -> Event {
        Event { seq, at_us: 0, body }
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
        mirror.apply(event(11, Body::Check(state("http", 2))));
        mirror.apply(event(12, Body::Status(state("", 1))));
        let night = Timeperiod { name: "night".into(), inside: true };
        mirror.apply(event(13, Body::Timeperiod(night.clone())));

        let frames = snapshot(&mirror);
        let begin = SnapshotBegin { seq: 13, epoch: 2, loop_start: 5 };
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
        mirror.apply(event(10, Body::Check(state("http", 2))));
        assert!(snapshot(&mirror).contains(&Frame::State(state("http", 0))));
        assert_eq!(mirror.begin.seq, 10);
    }

    #[test]
    fn an_unknown_object_takes_no_room() {
        let mut mirror = Mirror::new(inventory());
        mirror.apply(event(11, Body::Check(state("gone", 2))));
        assert_eq!(snapshot(&mirror).len(), 7);
    }

    #[test]
    fn without_a_known_layout_states_come_with_checks_only() {
        let mut mirror = Mirror::new(Inventory { states: Vec::new(), ..inventory() });
        assert_eq!(snapshot(&mirror).len(), 5);
        mirror.apply(event(11, Body::Check(state("http", 1))));
        assert!(snapshot(&mirror).contains(&Frame::State(state("http", 1))));
    }
}
