//! What can be seen of an encoded event without reading all of it: for who passes events on.

use super::kind;
use crate::record::Flags;
use crate::wire::Reader;

/// Bytes of a check behind the state.
const AFTER_STATE: usize = 4 + 1 + 8 + 8;

/// An encoded event, as far as it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance<'a> {
    /// As in [`Event::epoch`](crate::Event::epoch).
    pub epoch: u64,
    /// As in [`Event::seq`](crate::Event::seq).
    pub seq: u64,
    /// What the event carries.
    pub cargo: Cargo<'a>,
}

/// What an event carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cargo<'a> {
    /// A check, and the state after it.
    Check(EncodedState<'a>),
    /// A status.
    Status(EncodedState<'a>),
    /// Nagios' own state.
    Program,
    /// Something else.
    Other,
}

/// The bytes of a [`State`](crate::State).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodedState<'a>(&'a [u8]);

impl<'a> Glance<'a> {
    /// Looks at a whole frame; `None` when it is no event.
    #[must_use]
    pub fn of(frame: &'a [u8]) -> Option<Glance<'a>> {
        let r = &mut Reader::new(frame);
        r.u32("length").ok()?;
        if r.u8("kind").ok()? != kind::EVENT {
            return None;
        }
        let (epoch, seq) = (r.u64("epoch").ok()?, r.u64("seq").ok()?);
        r.i64("at_us").ok()?;
        let cargo = match r.u8("event kind").ok()? {
            kind::EVENT_CHECK => {
                let state = r.rest().split_last_chunk::<AFTER_STATE>()?.0;
                Cargo::Check(EncodedState(state))
            }
            kind::EVENT_STATUS => Cargo::Status(EncodedState(r.rest())),
            kind::EVENT_PROGRAM => Cargo::Program,
            _ => Cargo::Other,
        };
        Some(Glance { epoch, seq, cargo })
    }
}

impl EncodedState<'_> {
    /// As in [`State::flags`](crate::State::flags).
    #[must_use]
    pub fn flags(self) -> Flags {
        // They stand at the end.
        self.0.last_chunk().map_or(Flags::default(), |flags| Flags(u32::from_le_bytes(*flags)))
    }

    /// Replaces `frame` by a [`Frame::State`](crate::Frame::State) with this state.
    pub fn write_frame(self, frame: &mut Vec<u8>) {
        let length = size_of_val(&kind::STATE) + self.0.len();
        frame.clear();
        // A part of a frame is shorter than the longest frame.
        frame.extend((length as u32).to_le_bytes());
        frame.push(kind::STATE);
        frame.extend(self.0);
    }
}
