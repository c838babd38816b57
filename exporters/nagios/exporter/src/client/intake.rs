//! What each frame changes.
//!
//! Promises: an event is counted once however often it comes; it changes a state only when it is newer than
//! the snapshot; a snapshot replaces the former one whole or not at all. A frame that cannot be used is
//! counted and left out, and the conversation goes on. No I/O.
//!
//! A gap in the sequence numbers is not counted here. The module lets checks go on purpose where a newer state
//! makes up for them, and only it can tell those (`Stats::coalesced`) from losses (`Stats::dropped`).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use nagios_event::{Body, Check, DecodeError, Event, Frame, Hello, State};
use tracing::{debug, info};

use crate::config::Config;
use crate::counters::{Counters, Skipped};
use crate::perfdata::{Reader, Reading};
use crate::selection::Selection;
use crate::snapshot::{Gathering, TooLarge, Touched, Unplaced};
use crate::store::Store;

/// Follows the conversation, over all its connections.
pub(crate) struct Intake {
    store: Arc<Store>,
    counters: Arc<Counters>,
    /// How performance data is read.
    reading: Reading,
    /// Which objects have series of their own.
    selection: Selection,
    /// Of the Nagios process that speaks.
    epoch: u64,
    /// Epoch and sequence number of the newest event that has come. Events of a former process come before
    /// those of the present one.
    seen: (u64, u64),
    /// The sequence number that the last snapshot of this connection includes; `None` before it.
    included: Option<u64>,
    /// The snapshot that is coming.
    gathering: Option<Gathering>,
}

/// A conversation that cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Misfit {
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl Intake {
    pub(crate) fn new(store: Arc<Store>, counters: Arc<Counters>, config: &Config) -> Self {
        let (reading, selection) = (config.perfdata, config.series.selection.clone());
        Intake {
            store,
            counters,
            reading,
            selection,
            epoch: 0,
            seen: (0, 0),
            included: None,
            gathering: None,
        }
    }

    /// Works by this configuration from now on.
    pub(crate) fn configure(&mut self, config: &Config) {
        self.reading = config.perfdata;
        self.selection = config.series.selection.clone();
        self.store.change(|snapshot| snapshot.select(&self.selection));
    }

    /// A new connection. Returns whether it is of a new Nagios process, whose sequence numbers start anew.
    pub(crate) fn begin(&mut self, hello: Hello) -> bool {
        let new = self.epoch != hello.epoch;
        self.epoch = hello.epoch;
        if hello.epoch < self.seen.0 {
            // The clock went back: numbers that look old are not.
            self.seen = (0, 0);
        }
        (self.included, self.gathering) = (None, None);
        self.store.connected(hello);
        new
    }

    /// The highest sequence number of the present process that has come.
    pub(crate) fn seen(&self) -> u64 {
        if self.seen.0 == self.epoch { self.seen.1 } else { 0 }
    }

    /// Whether an event has not come before.
    pub(crate) fn is_new(&self, event: &Event) -> bool {
        (event.epoch, event.seq) > self.seen
    }

    /// Applies one frame and notes what it touched.
    pub(crate) fn take(
        &mut self,
        frame: Result<Frame, DecodeError>,
        touched: &mut Vec<Touched>,
    ) -> Result<(), Misfit> {
        match frame {
            Ok(Frame::Stats(stats)) => self.store.counted(stats),
            Ok(Frame::Event(event)) => touched.extend(self.event(event)),
            Ok(Frame::SnapshotBegin(begin)) => self.gathering = Some(Gathering::new(begin)),
            Ok(Frame::SnapshotEnd) => touched.extend(self.finish()),
            Ok(Frame::Unknown(kind)) => self.skip(Skipped::UnknownFrame, &kind),
            Ok(frame @ (Frame::Hello(_) | Frame::Ack(_))) => self.skip(Skipped::OutOfPlace, &frame),
            Ok(part) => self.gather(part)?,
            Err(error) => self.skip(Skipped::Undecodable, &error),
        }
        Ok(())
    }

    fn event(&mut self, Event { epoch, seq, at_us: _, body }: Event) -> Option<Touched> {
        if (epoch, seq) <= self.seen {
            self.skip(Skipped::Duplicate, &seq);
            return None;
        }
        self.seen = (epoch, seq);
        self.counters.event(&body);
        let newer = epoch == self.epoch && self.included.is_some_and(|included| seq > included);
        match body {
            Body::Unknown(kind) => {
                self.skip(Skipped::UnknownEvent, &kind);
                None
            }
            Body::Check(Check { state, .. }) | Body::Status(state) if newer => self.state(state),
            Body::Program(program) if newer => {
                self.store.change(|snapshot| snapshot.put_program(program));
                None
            }
            Body::Timeperiod(period) if newer => {
                self.store.change(|snapshot| snapshot.put_timeperiod(period)).flatten()
            }
            // The check that follows a change of state brings the whole new state.
            Body::Check(_)
            | Body::Status(_)
            | Body::Timeperiod(_)
            | Body::StateChange(_)
            | Body::Notification(_)
            | Body::ContactNotification(_)
            | Body::Downtime(_)
            | Body::Acknowledgement(_)
            | Body::Flapping(_)
            | Body::Comment(_)
            | Body::Program(_) => None,
        }
    }

    fn state(&mut self, state: State<String>) -> Option<Touched> {
        let mut reader = Reader { reading: self.reading, ..Reader::default() };
        let placed = self.store.change(|snapshot| snapshot.put_state(state, &mut reader))?;
        self.counters.perfdata(reader.faults);
        placed.map_err(|error| self.unplaced(&error)).ok()
    }

    fn gather(&mut self, part: Frame) -> Result<(), Misfit> {
        let Some(gathering) = &mut self.gathering else {
            self.skip(Skipped::OutOfPlace, &part);
            return Ok(());
        };
        match part {
            Frame::Host(host) => gathering.host(host)?,
            Frame::Service(service) => gathering.service(service)?,
            Frame::Group(group) => gathering.group(group)?,
            Frame::Timeperiod(period) => gathering.timeperiod(period)?,
            Frame::Program(program) => gathering.program(program),
            // Nothing shows them yet.
            Frame::Contact(_) | Frame::Downtime(_) => {}
            Frame::State(state) => {
                let mut reader = Reader { reading: self.reading, ..Reader::default() };
                let placed = gathering.state(state, &mut reader);
                self.counters.perfdata(reader.faults);
                if let Err(error) = placed {
                    self.unplaced(&error);
                }
            }
            other => self.skip(Skipped::OutOfPlace, &other),
        }
        Ok(())
    }

    fn finish(&mut self) -> Option<Touched> {
        let Some(gathering) = self.gathering.take() else {
            self.skip(Skipped::OutOfPlace, &"SnapshotEnd");
            return None;
        };
        self.included = Some(gathering.seq());
        let mut snapshot = gathering.finish();
        snapshot.select(&self.selection);
        let (hosts, services) = (snapshot.hosts.len(), snapshot.services.len());
        info!(hosts, services, "snapshot taken in");
        self.counters.snapshots.fetch_add(1, Ordering::Relaxed);
        self.store.replace(snapshot);
        Some(Touched::Everything)
    }

    fn unplaced(&self, error: &Unplaced) {
        let reason = match error {
            Unplaced::UnknownObject { .. } => Skipped::UnknownObject,
            Unplaced::InvalidState(_) => Skipped::InvalidState,
        };
        self.skip(reason, error);
    }

    fn skip(&self, reason: Skipped, what: &dyn std::fmt::Debug) {
        debug!(reason = reason.as_str(), ?what, "frame skipped");
        self.counters.skipped(reason);
    }
}
