//! Records to frames and back.
//!
//! A frame is a `u32` length (of what follows), a `u8` kind, and the fields in the order of [`fields`],
//! little-endian; strings are a `u16` length and bytes.

mod fields;
mod glance;

use crate::MAX_FRAME;
use crate::record::*;
use crate::wire::{DecodeError, Reader, Writer};
use fields::{Fields as _, Read as _};
pub use glance::{Cargo, EncodedState, Glance};

mod kind {
    pub(super) const HELLO: u8 = 1;
    pub(super) const STATS: u8 = 2;
    pub(super) const SNAPSHOT_BEGIN: u8 = 3;
    pub(super) const HOST: u8 = 4;
    pub(super) const SERVICE: u8 = 5;
    pub(super) const GROUP: u8 = 6;
    pub(super) const TIMEPERIOD: u8 = 7;
    pub(super) const STATE: u8 = 8;
    pub(super) const SNAPSHOT_END: u8 = 9;
    pub(super) const EVENT: u8 = 10;
    pub(super) const ACK: u8 = 11;
    pub(super) const CONTACT: u8 = 12;
    pub(super) const DOWNTIME: u8 = 13;
    pub(super) const PROGRAM: u8 = 14;

    pub(super) const EVENT_CHECK: u8 = 1;
    pub(super) const EVENT_STATUS: u8 = 2;
    pub(super) const EVENT_STATE_CHANGE: u8 = 3;
    pub(super) const EVENT_NOTIFICATION: u8 = 4;
    pub(super) const EVENT_TIMEPERIOD: u8 = 5;
    pub(super) const EVENT_CONTACT_NOTIFICATION: u8 = 6;
    pub(super) const EVENT_DOWNTIME: u8 = 7;
    pub(super) const EVENT_ACKNOWLEDGEMENT: u8 = 8;
    pub(super) const EVENT_FLAPPING: u8 = 9;
    pub(super) const EVENT_COMMENT: u8 = 10;
    pub(super) const EVENT_PROGRAM: u8 = 11;
}

/// What stands at the front of a stream of bytes.
#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "taken apart where it is made, never kept")]
pub enum Split {
    /// A whole frame and the bytes that it took; the frame itself may be unreadable.
    Frame(Result<Frame, DecodeError>, usize),
    /// Not yet a whole frame.
    Incomplete,
}

/// Takes the first frame off `bytes`.
///
/// # Errors
/// [`DecodeError::Length`]: the stream is not ours and cannot be followed further. An unreadable frame of a
/// sane length is no error here: it is returned in place and the stream goes on behind it.
pub fn split(bytes: &[u8]) -> Result<Split, DecodeError> {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return Ok(Split::Incomplete) };
    let length = u32::from_le_bytes(*length) as usize;
    if length == 0 || length > MAX_FRAME - 4 {
        return Err(DecodeError::Length { got: length });
    }
    Ok(rest
        .get(..length)
        .map_or(Split::Incomplete, |frame| Split::Frame(decode(frame), 4 + length)))
}

/// Writes an event into `buf` and returns its size, or `None` when it does not fit. Allocates nothing.
pub fn encode_event<S: AsRef<[u8]>>(
    buf: &mut [u8],
    epoch: u64,
    seq: u64,
    at_us: i64,
    body: &Body<S>,
) -> Option<usize> {
    let mut w = Writer::new(buf);
    w.u32(&0);
    w.u8(&kind::EVENT);
    w.u64(&epoch);
    w.u64(&seq);
    w.i64(&at_us);
    let w = &mut w;
    match body {
        Body::Check(check) => check.put(w, kind::EVENT_CHECK),
        Body::Status(state) => state.put(w, kind::EVENT_STATUS),
        Body::StateChange(change) => change.put(w, kind::EVENT_STATE_CHANGE),
        Body::Notification(told) => told.put(w, kind::EVENT_NOTIFICATION),
        Body::ContactNotification(told) => told.put(w, kind::EVENT_CONTACT_NOTIFICATION),
        Body::Downtime(change) => change.put(w, kind::EVENT_DOWNTIME),
        Body::Acknowledgement(change) => change.put(w, kind::EVENT_ACKNOWLEDGEMENT),
        Body::Flapping(change) => change.put(w, kind::EVENT_FLAPPING),
        Body::Comment(change) => change.put(w, kind::EVENT_COMMENT),
        Body::Timeperiod(period) => period.put(w, kind::EVENT_TIMEPERIOD),
        Body::Program(program) => program.put(w, kind::EVENT_PROGRAM),
        Body::Unknown(kind) => w.u8(kind),
    }
    w.finish()
}

/// Writes a [`Frame::State`] into `buf` and returns its size, or `None` when it does not fit. Allocates nothing.
pub fn encode_state<S: AsRef<[u8]>>(buf: &mut [u8], state: &State<S>) -> Option<usize> {
    let mut w = Writer::new(buf);
    w.u32(&0);
    state.put(&mut w, kind::STATE);
    w.finish()
}

/// Writes any frame into `buf` and returns its size, or `None` when it does not fit.
pub fn encode(buf: &mut [u8], frame: &Frame) -> Option<usize> {
    let mut w = Writer::new(buf);
    w.u32(&0);
    let w = &mut w;
    match frame {
        Frame::Event(Event { epoch, seq, at_us, body }) => {
            return encode_event(buf, *epoch, *seq, *at_us, body);
        }
        Frame::Hello(hello) => hello.put(w, kind::HELLO),
        Frame::Stats(stats) => stats.put(w, kind::STATS),
        Frame::SnapshotBegin(begin) => begin.put(w, kind::SNAPSHOT_BEGIN),
        Frame::Host(host) => host.put(w, kind::HOST),
        Frame::Service(service) => service.put(w, kind::SERVICE),
        Frame::Group(group) => group.put(w, kind::GROUP),
        Frame::Contact(contact) => contact.put(w, kind::CONTACT),
        Frame::Timeperiod(period) => period.put(w, kind::TIMEPERIOD),
        Frame::Downtime(downtime) => downtime.put(w, kind::DOWNTIME),
        Frame::State(state) => return encode_state(buf, state),
        Frame::Program(program) => program.put(w, kind::PROGRAM),
        Frame::SnapshotEnd => w.u8(&kind::SNAPSHOT_END),
        Frame::Ack(ack) => ack.put(w, kind::ACK),
        Frame::Unknown(kind) => w.u8(kind),
    }
    w.finish()
}

fn decode(bytes: &[u8]) -> Result<Frame, DecodeError> {
    let r = &mut Reader::new(bytes);
    Ok(match r.u8("kind")? {
        kind::HELLO => Frame::Hello(Hello::read(r)?),
        kind::STATS => Frame::Stats(Stats::read(r)?),
        kind::SNAPSHOT_BEGIN => Frame::SnapshotBegin(SnapshotBegin::read(r)?),
        kind::HOST => Frame::Host(Host::read(r)?),
        kind::SERVICE => Frame::Service(Service::read(r)?),
        kind::GROUP => Frame::Group(Group::read(r)?),
        kind::CONTACT => Frame::Contact(Contact::read(r)?),
        kind::TIMEPERIOD => Frame::Timeperiod(Timeperiod::read(r)?),
        kind::DOWNTIME => Frame::Downtime(Downtime::read(r)?),
        kind::STATE => Frame::State(State::read(r)?),
        kind::PROGRAM => Frame::Program(Program::read(r)?),
        kind::SNAPSHOT_END => Frame::SnapshotEnd,
        kind::EVENT => Frame::Event(Event {
            epoch: r.u64("epoch")?,
            seq: r.u64("seq")?,
            at_us: r.i64("at_us")?,
            body: body(r)?,
        }),
        kind::ACK => Frame::Ack(Ack::read(r)?),
        unknown => Frame::Unknown(unknown),
    })
}

fn body(r: &mut Reader<'_>) -> Result<Body<String>, DecodeError> {
    Ok(match r.u8("event kind")? {
        kind::EVENT_CHECK => Body::Check(Check::read(r)?),
        kind::EVENT_STATUS => Body::Status(State::read(r)?),
        kind::EVENT_STATE_CHANGE => Body::StateChange(StateChange::read(r)?),
        kind::EVENT_NOTIFICATION => Body::Notification(Notification::read(r)?),
        kind::EVENT_CONTACT_NOTIFICATION => {
            Body::ContactNotification(ContactNotification::read(r)?)
        }
        kind::EVENT_DOWNTIME => Body::Downtime(DowntimeChange::read(r)?),
        kind::EVENT_ACKNOWLEDGEMENT => Body::Acknowledgement(Acknowledgement::read(r)?),
        kind::EVENT_FLAPPING => Body::Flapping(Flapping::read(r)?),
        kind::EVENT_COMMENT => Body::Comment(Comment::read(r)?),
        kind::EVENT_TIMEPERIOD => Body::Timeperiod(Timeperiod::read(r)?),
        kind::EVENT_PROGRAM => Body::Program(Program::read(r)?),
        unknown => Body::Unknown(unknown),
    })
}

#[cfg(test)]
mod tests;
