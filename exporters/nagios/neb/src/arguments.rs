//! The module's arguments: what stands behind the path in Nagios' `broker_module` line.
//!
//! | argument | default | what it is |
//! |---|---|---|
//! | `socket=PATH` | needed | where nagios-exporter listens |
//! | `instance=NAME` | the machine's name | name of this Nagios among others |
//! | `ring=MIB` | 16 | memory between callback and thread |
//! | `queue=MIB` | 16 | memory for events that are not yet acknowledged |
//! | `spill=DIR` | none | where events go that find no room in the queue |
//! | `spill_max=MIB` | 256 | most bytes there |
//! | `variables=A,B` | `ICON,SITE,ENVIRONMENT,OWNER` | custom variables that may be told |
//!
//! Custom variables can hold passwords and SNMP communities, so none is told that is not named here; names
//! are without the underscore. `variables=` tells none. Words are separated by white space, so a value
//! cannot hold any. Anything else is refused, with the reason.

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
    /// Name of this Nagios; the machine's where none is given.
    pub(crate) instance: Option<String>,
    /// Bytes between callback and drain thread.
    pub(crate) ring: usize,
    /// Bytes of events sent or waiting that are not yet acknowledged.
    pub(crate) queue: usize,
    /// Where further events wait.
    pub(crate) spill: Option<SpillArguments>,
    /// Names of the custom variables that may be told, in capitals as Nagios keeps them.
    pub(crate) variables: Vec<String>,
}

/// Where events wait on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpillArguments {
    /// Absolute; for this Nagios alone.
    pub(crate) folder: PathBuf,
    /// Most bytes there.
    pub(crate) limit: usize,
}

/// Why the arguments were refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ArgumentsError {
    /// No `socket=`.
    NoSocket,
    /// `spill_max=` without `spill=`.
    NoSpill,
    /// Not of the form `name=value` with a name we know.
    Unknown(String),
    /// The same name twice.
    Twice(&'static str),
    /// A name without a value.
    Empty(&'static str),
    /// A path that is not absolute or too long.
    Socket(String),
    /// A path that is not absolute.
    Spill(String),
    /// Not a number in the range.
    Number { name: &'static str, got: String, expected: RangeInclusive<usize> },
}

impl fmt::Display for ArgumentsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSocket => write!(f, "socket is missing, expected socket=/absolute/path"),
            Self::NoSpill => {
                write!(f, "spill_max is given without spill, expected spill=/absolute/path")
            }
            Self::Unknown(got) => write!(
                f,
                "unknown argument `{got}`, expected socket=PATH, instance=NAME, ring=MIB, queue=MIB, \
                 spill=DIR, spill_max=MIB or variables=A,B"
            ),
            Self::Twice(name) => write!(f, "{name} is given twice, expected once"),
            Self::Empty(name) => write!(f, "{name} is empty, expected a name"),
            Self::Socket(got) => write!(
                f,
                "socket is `{got}`, expected an absolute path of at most {MAX_SOCKET_PATH} bytes"
            ),
            Self::Spill(got) => write!(f, "spill is `{got}`, expected an absolute path"),
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
    let (mut socket, mut instance, mut ring, mut queue) = (None, None, None, None);
    let (mut spill, mut spill_max, mut variables) = (None, None, None);
    for word in text.split_whitespace() {
        match word.split_once('=') {
            Some(("socket", path)) => once("socket", &mut socket, socket_path(path)?)?,
            Some(("instance", "")) => return Err(ArgumentsError::Empty("instance")),
            Some(("instance", name)) => once("instance", &mut instance, name.to_owned())?,
            Some(("ring", size)) => once("ring", &mut ring, mebibytes("ring", size, 1..=256)?)?,
            Some(("queue", size)) => {
                once("queue", &mut queue, mebibytes("queue", size, 1..=4096)?)?
            }
            Some(("spill", path)) => once("spill", &mut spill, spill_path(path)?)?,
            Some(("spill_max", size)) => {
                let limit = mebibytes("spill_max", size, 1..=1_048_576)?;
                once("spill_max", &mut spill_max, limit)?;
            }
            Some(("variables", names)) => once("variables", &mut variables, names)?,
            _ => return Err(ArgumentsError::Unknown(word.to_owned())),
        }
    }
    if spill.is_none() && spill_max.is_some() {
        return Err(ArgumentsError::NoSpill);
    }
    let names = variables.unwrap_or("ICON,SITE,ENVIRONMENT,OWNER").split(',');
    Ok(Arguments {
        socket: socket.ok_or(ArgumentsError::NoSocket)?,
        instance,
        ring: ring.unwrap_or(16 * MIB),
        queue: queue.unwrap_or(16 * MIB),
        spill: spill.map(|folder| SpillArguments { folder, limit: spill_max.unwrap_or(256 * MIB) }),
        variables: names.filter(|name| !name.is_empty()).map(str::to_ascii_uppercase).collect(),
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

fn spill_path(text: &str) -> Result<PathBuf, ArgumentsError> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { Err(ArgumentsError::Spill(text.to_owned())) }
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
    fn what_is_not_given_has_a_default() {
        let variables = ["ICON", "SITE", "ENVIRONMENT", "OWNER"].map(str::to_owned).to_vec();
        let arguments = Arguments {
            socket: "/run/x.sock".into(),
            instance: None,
            ring: 16 * MIB,
            queue: 16 * MIB,
            spill: None,
            variables,
        };
        assert_eq!(parse("socket=/run/x.sock"), Ok(arguments.clone()));
        assert_eq!(
            parse(" queue=64  socket=/run/x.sock ring=1 instance=a spill=/s variables=rack,,Site "),
            Ok(Arguments {
                instance: Some("a".to_owned()),
                ring: MIB,
                queue: 64 * MIB,
                spill: Some(SpillArguments { folder: "/s".into(), limit: 256 * MIB }),
                variables: vec!["RACK".to_owned(), "SITE".to_owned()],
                ..arguments
            })
        );
        let spill = parse("socket=/a spill_max=3 spill=/s variables=").unwrap();
        assert_eq!(spill.spill.unwrap().limit, 3 * MIB);
        assert!(spill.variables.is_empty());
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
            ("socket=/a instance=", "instance is empty"),
            ("socket=/a spill=here", "spill is `here`, expected an absolute path"),
            ("socket=/a spill_max=9", "spill_max is given without spill"),
            ("/a", "unknown argument `/a`"),
        ] {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains(expected), "{text:?} gave {said:?}");
        }
    }
}
