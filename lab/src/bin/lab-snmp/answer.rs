//! What the answer to a request is: RFC 1157, section 4.1, and RFC 3416, section 4.2. Knows no sockets.

use crate::message::{Kind, Request, Status, Version, varbind};
use crate::table::{Entry, Table};

const COUNTER64: u8 = 0x46;
const NO_SUCH_INSTANCE: u8 = 0x81;
const END_OF_MIB_VIEW: u8 = 0x82;

/// What UDP carries at most over IPv4.
const LONGEST: usize = 65_507;

/// Room that everything but varbinds and community takes in a message, at most.
const ENVELOPE: usize = 40;

/// An answer.
pub(crate) struct Answer {
    pub(crate) message: Vec<u8>,
    /// The number of its varbinds.
    pub(crate) varbinds: u64,
}

/// How an agent is bent.
#[derive(Default)]
pub(crate) struct Bent {
    /// Longest message, bytes; 0 is the limit of UDP.
    pub(crate) max_message_size: usize,
    /// The last name of an answer is the first one of the request.
    pub(crate) non_increasing: bool,
}

/// Answers a request.
pub(crate) fn answer(table: &Table, request: &Request, bent: &Bent) -> Answer {
    let longest =
        if bent.max_message_size == 0 { LONGEST } else { bent.max_message_size.min(LONGEST) };
    let mut varbinds = Varbinds {
        bytes: Vec::new(),
        ends: Vec::new(),
        room: longest.saturating_sub(ENVELOPE + request.community.len()),
    };
    let outcome = match request.kind {
        Kind::Get => get(table, request, &mut varbinds),
        Kind::Next => next(table, request, &mut varbinds),
        Kind::Bulk { non_repeaters, max_repetitions } => {
            bulk(table, request, non_repeaters, max_repetitions, &mut varbinds);
            // RFC 3416, section 4.2.3: a message that is full is no error, unless nothing fits.
            if varbinds.ends.is_empty() && max_repetitions > 0 && !request.names.is_empty() {
                Err((Status::TooBig, 0))
            } else {
                Ok(())
            }
        }
    };
    match outcome {
        Ok(()) => {
            if bent.non_increasing && request.kind != Kind::Get {
                varbinds.blame(&request.names[0]);
            }
            Answer {
                message: request.response(Status::NoError, 0, &varbinds.bytes),
                varbinds: varbinds.ends.len() as u64,
            }
        }
        Err((status, index)) => error(request, status, index),
    }
}

/// An error for an answer.
pub(crate) fn error(request: &Request, status: Status, index: usize) -> Answer {
    let nothing = status == Status::TooBig && request.version == Version::TwoC;
    let varbinds = if nothing { Vec::new() } else { request.varbinds() };
    Answer { message: request.response(status, index, &varbinds), varbinds: 0 }
}

/// The varbinds of an answer, as many as there is room for.
struct Varbinds {
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    room: usize,
}

impl Varbinds {
    /// Appends one; false if there is no room.
    fn push(&mut self, varbind: &[u8]) -> bool {
        let fits = self.bytes.len() + varbind.len() <= self.room;
        if fits {
            self.bytes.extend_from_slice(varbind);
            self.ends.push(self.bytes.len());
        }
        fits
    }

    /// Puts this name in the place of the last one.
    fn blame(&mut self, name: &[u32]) {
        if self.ends.pop().is_some() {
            self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
            self.bytes.extend(varbind(name, 0x05, &[]));
            self.ends.push(self.bytes.len());
        }
    }
}

fn get(table: &Table, request: &Request, varbinds: &mut Varbinds) -> Result<(), (Status, usize)> {
    for (index, name) in request.names.iter().enumerate() {
        let found = table.at(name).filter(|entry| is_known(entry, request.version));
        let fits = match (found, request.version) {
            (Some(entry), _) => varbinds.push(&entry.bytes),
            (None, Version::TwoC) => varbinds.push(&varbind(name, NO_SUCH_INSTANCE, &[])),
            (None, Version::One) => return Err((Status::NoSuchName, index + 1)),
        };
        if !fits {
            return Err((Status::TooBig, 0));
        }
    }
    Ok(())
}

fn next(table: &Table, request: &Request, varbinds: &mut Varbinds) -> Result<(), (Status, usize)> {
    for (index, name) in request.names.iter().enumerate() {
        let found = table.after(name).iter().find(|entry| is_known(entry, request.version));
        let fits = match (found, request.version) {
            (Some(entry), _) => varbinds.push(&entry.bytes),
            (None, Version::TwoC) => varbinds.push(&varbind(name, END_OF_MIB_VIEW, &[])),
            (None, Version::One) => return Err((Status::NoSuchName, index + 1)),
        };
        if !fits {
            return Err((Status::TooBig, 0));
        }
    }
    Ok(())
}

/// The repetitions interleave: the first of every name, then the second of every name.
fn bulk(
    table: &Table,
    request: &Request,
    non_repeaters: usize,
    max_repetitions: usize,
    varbinds: &mut Varbinds,
) {
    let (once, repeated) = request.names.split_at(non_repeaters.min(request.names.len()));
    for name in once {
        let fits = match table.after(name).first() {
            Some(entry) => varbinds.push(&entry.bytes),
            None => varbinds.push(&varbind(name, END_OF_MIB_VIEW, &[])),
        };
        if !fits {
            return;
        }
    }
    let columns: Vec<&[Entry]> = repeated.iter().map(|name| table.after(name)).collect();
    for repetition in 0..max_repetitions {
        // At the end of everything one row of endOfMibView is enough.
        if repetition > 0 && columns.iter().all(|column| column.len() < repetition) {
            return;
        }
        for (column, name) in columns.iter().zip(repeated) {
            let fits = match column.get(repetition) {
                Some(entry) => varbinds.push(&entry.bytes),
                None => {
                    let name = column.last().map_or(&name[..], |last| &last.name);
                    varbinds.push(&varbind(name, END_OF_MIB_VIEW, &[]))
                }
            };
            if !fits {
                return;
            }
        }
    }
}

/// Version 1 has no Counter64 and skips what is one (RFC 3584, section 4.2.2.1).
fn is_known(entry: &Entry, version: Version) -> bool {
    version == Version::TwoC || entry.tag != COUNTER64
}

#[cfg(test)]
mod tests;
