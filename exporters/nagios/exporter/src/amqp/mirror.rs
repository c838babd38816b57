//! All that is known of the Nagios, as the frames that told it: what a snapshot for RabbitMQ is made of.
//!
//! Promises: the states include every event up to the sequence number; a snapshot of the module replaces it
//! whole; a copy for the publisher costs one pointer an object. Refuses to know RabbitMQ.

use std::collections::BTreeMap;
use std::sync::Arc;

use nagios_event::{
    Body, Check, DowntimeStep, Event, Frame, Hello, MAX_FRAME, SnapshotBegin, Split, State, Stats,
    encode, split,
};

use crate::message::Object;

/// A frame as it goes over the socket.
type Bytes = Arc<[u8]>;

/// The mirror.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    hello: Option<Hello>,
    stats: Stats,
    up: bool,
    /// The last event of the present process that is included.
    sequence: u64,
    /// The last whole snapshot with what has changed since.
    known: Option<Objects>,
    /// The snapshot that is coming.
    coming: Option<Objects>,
    scratch: Vec<u8>,
}

/// What a snapshot lists.
#[derive(Debug, Clone, Default)]
struct Objects {
    begin: SnapshotBegin,
    /// Hosts, services, groups, contacts.
    inventory: Vec<Bytes>,
    timeperiods: BTreeMap<String, Bytes>,
    downtimes: BTreeMap<u64, Bytes>,
    program: Option<Bytes>,
    /// By host and service.
    states: BTreeMap<(String, String), Bytes>,
}

/// A copy of all that is known.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) hello: Hello,
    pub(super) begin: SnapshotBegin,
    pub(super) sequence: u64,
    objects: Vec<Bytes>,
}

/// The sign of life as of now.
#[derive(Debug, Clone)]
pub(super) struct Pulse {
    pub(super) hello: Hello,
    pub(super) stats: Stats,
    pub(super) up: bool,
    pub(super) sequence: u64,
}

impl Mirror {
    /// A connection has begun.
    pub(super) fn connected(&mut self, hello: &Hello) {
        if self.hello.as_ref().is_none_or(|known| known.epoch != hello.epoch) {
            (self.sequence, self.known, self.stats) = (0, None, Stats::default());
        }
        (self.hello, self.up, self.coming) = (Some(hello.clone()), true, None);
    }

    /// The connection is over.
    pub(super) fn disconnected(&mut self) {
        self.up = false;
    }

    /// Follows a frame; whether a snapshot has become complete with it.
    pub(super) fn see(&mut self, frame: &Frame) -> bool {
        match frame {
            Frame::Stats(stats) => self.stats = *stats,
            Frame::SnapshotBegin(begin) => {
                self.coming = Some(Objects { begin: *begin, ..Objects::default() });
            }
            Frame::SnapshotEnd => {
                let Some(coming) = self.coming.take() else { return false };
                self.sequence = self.sequence.max(coming.begin.seq);
                self.known = Some(coming);
                return true;
            }
            Frame::Event(event) => self.event(event),
            Frame::Hello(_) | Frame::Ack(_) | Frame::Unknown(_) => {}
            part => {
                let bytes = frame_bytes(&mut self.scratch, part);
                if let (Some(coming), Some(bytes)) = (&mut self.coming, bytes) {
                    coming.put(part, bytes);
                }
            }
        }
        false
    }

    /// A copy of all; `None` before the first whole snapshot.
    pub(super) fn picture(&self) -> Option<Picture> {
        let (hello, known) = (self.hello.clone()?, self.known.as_ref()?);
        let Objects { begin, inventory, timeperiods, downtimes, program, states } = known;
        let objects = inventory
            .iter()
            .chain(timeperiods.values())
            .chain(downtimes.values())
            .chain(program)
            .chain(states.values())
            .cloned()
            .collect();
        Some(Picture { hello, begin: *begin, sequence: self.sequence, objects })
    }

    /// The sign of life; `None` before the module has ever been connected.
    pub(super) fn pulse(&self) -> Option<Pulse> {
        let hello = self.hello.clone()?;
        Some(Pulse { hello, stats: self.stats, up: self.up, sequence: self.sequence })
    }

    fn event(&mut self, Event { epoch, seq, at_us: _, body }: &Event) {
        let present = self.hello.as_ref().is_some_and(|hello| hello.epoch == *epoch);
        if !present || *seq <= self.sequence {
            return;
        }
        self.sequence = *seq;
        let frame = match body {
            Body::Check(Check { state, .. }) | Body::Status(state) => Frame::State(state.clone()),
            Body::Timeperiod(period) => Frame::Timeperiod(period.clone()),
            Body::Program(program) => Frame::Program(*program),
            Body::Downtime(change) => {
                if change.step == DowntimeStep::Deleted {
                    if let Some(known) = &mut self.known {
                        known.downtimes.remove(&change.downtime.id);
                    }
                    return;
                }
                Frame::Downtime(change.downtime.clone())
            }
            Body::StateChange(_)
            | Body::Notification(_)
            | Body::ContactNotification(_)
            | Body::Acknowledgement(_)
            | Body::Flapping(_)
            | Body::Comment(_)
            | Body::Unknown(_) => return,
        };
        let bytes = frame_bytes(&mut self.scratch, &frame);
        if let (Some(known), Some(bytes)) = (&mut self.known, bytes) {
            known.put(&frame, bytes);
        }
    }
}

impl Objects {
    fn put(&mut self, frame: &Frame, bytes: Bytes) {
        match frame {
            Frame::Timeperiod(period) => {
                self.timeperiods.insert(period.name.clone(), bytes);
            }
            Frame::Downtime(downtime) => {
                self.downtimes.insert(downtime.id, bytes);
            }
            Frame::Program(_) => self.program = Some(bytes),
            Frame::State(State { host, service, .. }) => {
                self.states.insert((host.clone(), service.clone()), bytes);
            }
            _ => self.inventory.push(bytes),
        }
    }
}

impl Picture {
    /// What it lists, in chunks of `size`.
    pub(super) fn chunks(&self, size: usize) -> impl ExactSizeIterator<Item = Vec<Object>> {
        let object = |bytes: &Bytes| match split(bytes) {
            Ok(Split::Frame(Ok(frame), _)) => Object::of_frame(frame),
            _ => None,
        };
        self.objects.chunks(size).map(move |chunk| chunk.iter().filter_map(object).collect())
    }
}

fn frame_bytes(scratch: &mut Vec<u8>, frame: &Frame) -> Option<Bytes> {
    scratch.resize(MAX_FRAME, 0);
    let size = encode(scratch, frame)?;
    scratch.get(..size).map(Into::into)
}
