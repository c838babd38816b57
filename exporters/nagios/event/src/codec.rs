//! Records to frames and back.
//!
//! A frame is a `u32` length (of what follows), a `u8` kind, and the fields in the order of their struct,
//! little-endian; strings are a `u16` length and bytes.

use crate::record::*;
use crate::wire::{DecodeError, Reader, Writer};
use crate::{MAX_FRAME, MAX_NAME, MAX_OUTPUT, MAX_PERFDATA};

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

    pub(super) const EVENT_CHECK: u8 = 1;
    pub(super) const EVENT_STATUS: u8 = 2;
    pub(super) const EVENT_STATE_CHANGE: u8 = 3;
    pub(super) const EVENT_NOTIFICATION: u8 = 4;
    pub(super) const EVENT_TIMEPERIOD: u8 = 5;
}

/// What stands at the front of a stream of bytes.
#[derive(Debug, PartialEq)]
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
    seq: u64,
    at_us: i64,
    body: &Body<S>,
) -> Option<usize> {
    let mut w = Writer::new(buf);
    w.u32(0);
    w.u8(kind::EVENT);
    w.u64(seq);
    w.i64(at_us);
    match body {
        Body::Check(s) => {
            w.u8(kind::EVENT_CHECK);
            put_state(&mut w, s);
        }
        Body::Status(s) => {
            w.u8(kind::EVENT_STATUS);
            put_state(&mut w, s);
        }
        Body::StateChange(StateChange {
            host,
            service,
            state,
            hard,
            attempt,
            max_attempts,
            output,
        }) => {
            w.u8(kind::EVENT_STATE_CHANGE);
            w.bytes(host.as_ref(), MAX_NAME);
            w.bytes(service.as_ref(), MAX_NAME);
            w.u8(*state);
            w.u8((*hard).into());
            w.u16(*attempt);
            w.u16(*max_attempts);
            w.bytes(output.as_ref(), MAX_OUTPUT);
        }
        Body::Notification(Notification {
            host,
            service,
            reason,
            state,
            contacts,
            author,
            comment,
        }) => {
            w.u8(kind::EVENT_NOTIFICATION);
            w.bytes(host.as_ref(), MAX_NAME);
            w.bytes(service.as_ref(), MAX_NAME);
            w.u8(*reason);
            w.u8(*state);
            w.u32(*contacts);
            w.bytes(author.as_ref(), MAX_NAME);
            w.bytes(comment.as_ref(), MAX_OUTPUT);
        }
        Body::Timeperiod(t) => {
            w.u8(kind::EVENT_TIMEPERIOD);
            put_timeperiod(&mut w, t);
        }
        Body::Unknown(kind) => w.u8(*kind),
    }
    w.finish()
}

/// Writes any frame into `buf` and returns its size, or `None` when it does not fit.
pub fn encode(buf: &mut [u8], frame: &Frame) -> Option<usize> {
    let mut w = Writer::new(buf);
    w.u32(0);
    match frame {
        Frame::Event(Event { seq, at_us, body }) => return encode_event(buf, *seq, *at_us, body),
        Frame::Hello(Hello { protocol, run, pid, module_version, nagios_version, warnings }) => {
            w.u8(kind::HELLO);
            w.u16(*protocol);
            w.u64(*run);
            w.u32(*pid);
            w.bytes(module_version.as_ref(), MAX_NAME);
            w.bytes(nagios_version.as_ref(), MAX_NAME);
            w.u32(u32::try_from(warnings.len()).ok()?);
            warnings.iter().for_each(|text| w.bytes(text.as_ref(), MAX_OUTPUT));
        }
        Frame::Stats(s) => {
            let Stats {
                last_seq,
                dropped,
                coalesced,
                truncated,
                panics,
                ring_bytes,
                queue_bytes,
                reloads,
            } = *s;
            w.u8(kind::STATS);
            [last_seq, dropped, coalesced, truncated, panics, ring_bytes, queue_bytes, reloads]
                .into_iter()
                .for_each(|v| w.u64(v));
        }
        Frame::SnapshotBegin(SnapshotBegin { seq, epoch, loop_start }) => {
            w.u8(kind::SNAPSHOT_BEGIN);
            w.u64(*seq);
            w.u32(*epoch);
            w.i64(*loop_start);
        }
        Frame::Host(Host { name, alias, address, check_command, notification_period, parents }) => {
            w.u8(kind::HOST);
            [name, alias, address, check_command, notification_period]
                .into_iter()
                .for_each(|s| w.bytes(s.as_ref(), MAX_NAME));
            w.u32(u32::try_from(parents.len()).ok()?);
            parents.iter().for_each(|s| w.bytes(s.as_ref(), MAX_NAME));
        }
        Frame::Service(Service { host, name, check_command, notification_period }) => {
            w.u8(kind::SERVICE);
            [host, name, check_command, notification_period]
                .into_iter()
                .for_each(|s| w.bytes(s.as_ref(), MAX_NAME));
        }
        Frame::Group(Group { kind, name, alias, members }) => {
            w.u8(kind::GROUP);
            w.u8(match kind {
                GroupKind::Host => 0,
                GroupKind::Service => 1,
            });
            w.bytes(name.as_ref(), MAX_NAME);
            w.bytes(alias.as_ref(), MAX_NAME);
            w.u32(u32::try_from(members.len()).ok()?);
            for (host, service) in members {
                w.bytes(host.as_ref(), MAX_NAME);
                w.bytes(service.as_ref(), MAX_NAME);
            }
        }
        Frame::Timeperiod(t) => {
            w.u8(kind::TIMEPERIOD);
            put_timeperiod(&mut w, t);
        }
        Frame::State(s) => {
            w.u8(kind::STATE);
            put_state(&mut w, s);
        }
        Frame::SnapshotEnd => w.u8(kind::SNAPSHOT_END),
        Frame::Ack(Ack { seq }) => {
            w.u8(kind::ACK);
            w.u64(*seq);
        }
        Frame::Unknown(kind) => w.u8(*kind),
    }
    w.finish()
}

fn put_timeperiod<S: AsRef<[u8]>>(w: &mut Writer<'_>, Timeperiod { name, inside }: &Timeperiod<S>) {
    w.bytes(name.as_ref(), MAX_NAME);
    w.u8((*inside).into());
}

fn put_state<S: AsRef<[u8]>>(w: &mut Writer<'_>, s: &State<S>) {
    let State {
        host,
        service,
        state,
        flags,
        attempt,
        max_attempts,
        downtime_depth,
        notification_number,
        last_check,
        next_check,
        last_state_change,
        last_hard_state_change,
        latency,
        execution_time,
        output,
        perfdata,
    } = s;
    let cut = output.as_ref().len() > MAX_OUTPUT || perfdata.as_ref().len() > MAX_PERFDATA;
    w.bytes(host.as_ref(), MAX_NAME);
    w.bytes(service.as_ref(), MAX_NAME);
    w.u8(*state);
    w.u32(flags.with(Flags::TRUNCATED, cut).0);
    w.u16(*attempt);
    w.u16(*max_attempts);
    w.u16(*downtime_depth);
    w.u32(*notification_number);
    w.i64(*last_check);
    w.i64(*next_check);
    w.i64(*last_state_change);
    w.i64(*last_hard_state_change);
    w.f64(*latency);
    w.f64(*execution_time);
    w.bytes(output.as_ref(), MAX_OUTPUT);
    w.bytes(perfdata.as_ref(), MAX_PERFDATA);
}

fn decode(bytes: &[u8]) -> Result<Frame, DecodeError> {
    let mut r = Reader::new(bytes);
    Ok(match r.u8("kind")? {
        kind::HELLO => Frame::Hello(Hello {
            protocol: r.u16("protocol")?,
            run: r.u64("run")?,
            pid: r.u32("pid")?,
            module_version: r.string("module_version")?,
            nagios_version: r.string("nagios_version")?,
            warnings: list(&mut r, "warnings", |r| r.string("warnings"))?,
        }),
        kind::STATS => Frame::Stats(Stats {
            last_seq: r.u64("last_seq")?,
            dropped: r.u64("dropped")?,
            coalesced: r.u64("coalesced")?,
            truncated: r.u64("truncated")?,
            panics: r.u64("panics")?,
            ring_bytes: r.u64("ring_bytes")?,
            queue_bytes: r.u64("queue_bytes")?,
            reloads: r.u64("reloads")?,
        }),
        kind::SNAPSHOT_BEGIN => Frame::SnapshotBegin(SnapshotBegin {
            seq: r.u64("seq")?,
            epoch: r.u32("epoch")?,
            loop_start: r.i64("loop_start")?,
        }),
        kind::HOST => Frame::Host(Host {
            name: r.string("name")?,
            alias: r.string("alias")?,
            address: r.string("address")?,
            check_command: r.string("check_command")?,
            notification_period: r.string("notification_period")?,
            parents: list(&mut r, "parents", |r| r.string("parents"))?,
        }),
        kind::SERVICE => Frame::Service(Service {
            host: r.string("host")?,
            name: r.string("name")?,
            check_command: r.string("check_command")?,
            notification_period: r.string("notification_period")?,
        }),
        kind::GROUP => Frame::Group(Group {
            kind: match r.u8("group kind")? {
                0 => GroupKind::Host,
                1 => GroupKind::Service,
                got => {
                    return Err(DecodeError::Value {
                        field: "group kind",
                        got: got.into(),
                        expected: "0 or 1",
                    });
                }
            },
            name: r.string("name")?,
            alias: r.string("alias")?,
            members: list(&mut r, "members", |r| {
                Ok((r.string("members.host")?, r.string("members.service")?))
            })?,
        }),
        kind::TIMEPERIOD => Frame::Timeperiod(timeperiod(&mut r)?),
        kind::STATE => Frame::State(state(&mut r)?),
        kind::SNAPSHOT_END => Frame::SnapshotEnd,
        kind::EVENT => {
            Frame::Event(Event { seq: r.u64("seq")?, at_us: r.i64("at_us")?, body: body(&mut r)? })
        }
        kind::ACK => Frame::Ack(Ack { seq: r.u64("seq")? }),
        unknown => Frame::Unknown(unknown),
    })
}

fn body(r: &mut Reader<'_>) -> Result<Body<String>, DecodeError> {
    Ok(match r.u8("event kind")? {
        kind::EVENT_CHECK => Body::Check(state(r)?),
        kind::EVENT_STATUS => Body::Status(state(r)?),
        kind::EVENT_STATE_CHANGE => Body::StateChange(StateChange {
            host: r.string("host")?,
            service: r.string("service")?,
            state: r.u8("state")?,
            hard: r.bool("hard")?,
            attempt: r.u16("attempt")?,
            max_attempts: r.u16("max_attempts")?,
            output: r.string("output")?,
        }),
        kind::EVENT_NOTIFICATION => Body::Notification(Notification {
            host: r.string("host")?,
            service: r.string("service")?,
            reason: r.u8("reason")?,
            state: r.u8("state")?,
            contacts: r.u32("contacts")?,
            author: r.string("author")?,
            comment: r.string("comment")?,
        }),
        kind::EVENT_TIMEPERIOD => Body::Timeperiod(timeperiod(r)?),
        unknown => Body::Unknown(unknown),
    })
}

fn timeperiod(r: &mut Reader<'_>) -> Result<Timeperiod<String>, DecodeError> {
    Ok(Timeperiod { name: r.string("name")?, inside: r.bool("inside")? })
}

fn state(r: &mut Reader<'_>) -> Result<State<String>, DecodeError> {
    Ok(State {
        host: r.string("host")?,
        service: r.string("service")?,
        state: r.u8("state")?,
        flags: Flags(r.u32("flags")?),
        attempt: r.u16("attempt")?,
        max_attempts: r.u16("max_attempts")?,
        downtime_depth: r.u16("downtime_depth")?,
        notification_number: r.u32("notification_number")?,
        last_check: r.i64("last_check")?,
        next_check: r.i64("next_check")?,
        last_state_change: r.i64("last_state_change")?,
        last_hard_state_change: r.i64("last_hard_state_change")?,
        latency: r.f64("latency")?,
        execution_time: r.f64("execution_time")?,
        output: r.string("output")?,
        perfdata: r.string("perfdata")?,
    })
}

/// A counted list; the count is not believed before the items are there.
fn list<T>(
    r: &mut Reader<'_>,
    field: &'static str,
    mut item: impl FnMut(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    (0..r.u32(field)?).map(|_| item(r)).collect()
}

#[cfg(test)]
mod tests;
