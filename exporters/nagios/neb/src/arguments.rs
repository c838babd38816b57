//! The module's arguments: what stands behind the path in Nagios' `broker_module` line.
//!
//! `socket=PATH` is needed; `ring=MIB` (default 4) and `queue=MIB` (default 16) bound the memory. Words are
//! separated by white space, so a path cannot hold any. Anything else is refused, with the reason.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;

const MIB: usize = 1 << 20;

/// The longest path that fits a Unix socket address, in bytes.
const MAX_SOCKET_PATH: usize = 107;

/// What the arguments say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// Where nagios-exporter listens; absolute, because Nagios changes its directory.
    pub(crate) socket: PathBuf,
    /// Bytes between callback and drain thread.
    pub(crate) ring: usize,
    /// Bytes of events sent or waiting that are not yet acknowledged.
    pub(crate) queue: usize,
}

/// Why the arguments were refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ArgumentsError {
    /// No `socket=`.
    NoSocket,
    /// Not of the form `name=value` with a name we know.
    Unknown(String),
    /// The same name twice.
    Twice(&'static str),
    /// A path that is not absolute or too long.
    Socket(String),
    /// Not a number in the range.
    Number { name: &'static str, got: String, expected: RangeInclusive<usize> },
}

impl fmt::Display for ArgumentsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSocket => write!(f, "socket is missing, expected socket=/absolute/path"),
            Self::Unknown(got) => {
                write!(f, "unknown argument `{got}`, expected socket=PATH, ring=MIB or queue=MIB")
            }
            Self::Twice(name) => write!(f, "{name} is given twice, expected once"),
            Self::Socket(got) => write!(
                f,
                "socket is `{got}`, expected an absolute path of at most {MAX_SOCKET_PATH} bytes"
            ),
            Self::Number { name, got, expected } => write!(
                f,
                "{name} is `{got}`, expected mebibytes from {} to {}",
                expected.start(),
                expected.end()
            ),
        }
    }
}

/// Reads the arguments.
///
/// # Errors
/// The first thing that is wrong with them.
pub(crate) fn parse(text: &str) -> Result<Arguments, ArgumentsError> {
    let (mut socket, mut ring, mut queue) = (None, None, None);
    for word in text.split_whitespace() {
        match word.split_once('=') {
            Some(("socket", path)) => once("socket", &mut socket, socket_path(path)?)?,
            Some(("ring", size)) => once("ring", &mut ring, mebibytes("ring", size, 1..=256)?)?,
            Some(("queue", size)) => {
                once("queue", &mut queue, mebibytes("queue", size, 1..=4096)?)?
            }
            _ => return Err(ArgumentsError::Unknown(word.to_owned())),
        }
    }
    Ok(Arguments {
        socket: socket.ok_or(ArgumentsError::NoSocket)?,
        ring: ring.unwrap_or(4 * MIB),
        queue: queue.unwrap_or(16 * MIB),
    })
}

fn once<T>(name: &'static str, slot: &mut Option<T>, value: T) -> Result<(), ArgumentsError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(ArgumentsError::Twice(name)),
    }
}

fn socket_path(text: &str) -> Result<PathBuf, ArgumentsError> {
    let path = PathBuf::from(text);
    if path.is_absolute() && text.len() <= MAX_SOCKET_PATH {
        Ok(path)
    } else {
        Err(ArgumentsError::Socket(text.to_owned()))
    }
}

fn mebibytes(
    name: &'static str,
    text: &str,
    expected: RangeInclusive<usize>,
) -> Result<usize, ArgumentsError> {
    match text.parse() {
        Ok(size) if expected.contains(&size) => Ok(size * MIB),
        _ => Err(ArgumentsError::Number { name, got: text.to_owned(), expected }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_defaults_and_can_be_set() {
        let arguments = |ring, queue| {
            Ok(Arguments { socket: "/run/x.sock".into(), ring: ring * MIB, queue: queue * MIB })
        };
        assert_eq!(parse("socket=/run/x.sock"), arguments(4, 16));
        assert_eq!(parse(" queue=64  socket=/run/x.sock ring=1 "), arguments(1, 64));
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let long = format!("socket=/{}", "x".repeat(MAX_SOCKET_PATH));
        for (text, expected) in [
            ("", "socket is missing"),
            ("ring=4", "socket is missing"),
            ("socket=run.sock", "socket is `run.sock`, expected an absolute path"),
            ("socket=", "socket is ``"),
            (long.as_str(), "expected an absolute path of at most 107 bytes"),
            ("socket=/a socket=/b", "socket is given twice"),
            ("socket=/a ring=0", "ring is `0`, expected mebibytes from 1 to 256"),
            ("socket=/a ring=-1", "ring is `-1`"),
            ("socket=/a queue=many", "queue is `many`, expected mebibytes from 1 to 4096"),
            ("socket=/a colour=red", "unknown argument `colour=red`"),
            ("/a", "unknown argument `/a`"),
        ] {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains(expected), "{text:?} gave {said:?}");
        }
    }
}
