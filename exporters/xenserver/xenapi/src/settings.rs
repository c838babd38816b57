//! What a pool's client must be told.

mod file;

use std::{fmt, str::FromStr, time::Duration};

use exporter_kit::Secret;
use serde::Deserialize;

use crate::Trust;
pub use file::File;

/// The port of XAPI's HTTPS server.
const PORT: u16 = 443;

/// How to reach one pool. [`PoolSettings::new`] fills in the usual times; [`PoolSettings::resolve`] takes what a
/// configuration file says.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolSettings {
    /// Members of the pool, any of them, the likely master first. More members are learnt from the pool.
    pub addresses: Vec<Address>,
    /// Who logs in. A read-only role is enough for everything but changes.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// Which certificates are believed.
    pub trust: Trust,
    /// Which dialect is spoken.
    pub dialect: DialectChoice,
    /// The name that XAPI keeps with our sessions. XAPI ends the oldest of 500 with the same name.
    pub originator: String,
    /// Deadlines.
    pub deadlines: Deadlines,
    /// Pauses between attempts to log in.
    pub pauses: Pauses,
}

impl PoolSettings {
    /// JSON-RPC with XML-RPC where there is nothing else, and the default deadlines and pauses.
    #[must_use]
    pub fn new(addresses: Vec<Address>, username: &str, password: Secret, trust: Trust) -> Self {
        Self {
            addresses,
            username: username.to_owned(),
            password,
            trust,
            dialect: DialectChoice::default(),
            originator: concat!("wisemonitor/", env!("CARGO_PKG_VERSION")).to_owned(),
            deadlines: Deadlines::default(),
            pauses: Pauses::default(),
        }
    }
}

/// How long a peer may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deadlines {
    /// To accept a connection and finish the TLS handshake.
    pub connect: Duration,
    /// To answer one call, its body included. XAPI takes five seconds to refuse a password.
    pub call: Duration,
    /// To send all records of one class.
    pub records: Duration,
    /// How long `event.from` waits for an event. Its deadline is this and `call` together.
    pub events: Duration,
    /// To send one RRD answer.
    pub rrd: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connect: Duration::from_millis(2_500),
            call: seconds(15),
            records: seconds(120),
            events: seconds(5),
            rrd: seconds(10),
        }
    }
}

/// How long nothing is tried after a failure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pauses {
    /// After no answer or one without meaning, the first time. Doubled each time, up to `retry_most`.
    pub retry: Duration,
    /// The longest pause of that kind. Short, because a new master must be found at once.
    pub retry_most: Duration,
    /// After a certificate that is not believed.
    pub untrusted: Duration,
    /// After a wrong password: long, because an account may be locked after a few.
    pub refused: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            retry: Duration::from_millis(500),
            retry_most: seconds(2),
            untrusted: seconds(30),
            refused: seconds(300),
        }
    }
}

/// The dialect of the remote calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DialectChoice {
    /// JSON-RPC, and XML-RPC with hosts that have nothing else.
    #[default]
    Automatic,
    /// JSON-RPC alone.
    Json,
    /// XML-RPC alone.
    Xml,
}

/// A host name or IP address, with a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    host: String,
    port: u16,
}

/// Text that is no address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no address, expected HOST, HOST:PORT or [IPV6]:PORT")]
pub struct AddressError {
    text: String,
}

impl Address {
    /// Reads `HOST` or `HOST:PORT`; `port` stands for a missing one. Redirects of XAPI carry none.
    ///
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str, port: u16) -> Result<Self, AddressError> {
        let refuse = || AddressError { text: text.to_owned() };
        let (host, given) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or_else(refuse)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| refuse())?;
                let port = rest.strip_prefix(':');
                if !rest.is_empty() && port.is_none() {
                    return Err(refuse());
                }
                (host, port)
            }
            None if text.parse::<std::net::Ipv6Addr>().is_ok() => (text, None),
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let named = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        if host.is_empty() || !host.chars().all(named) {
            return Err(refuse());
        }
        let port = given.map_or(Ok(port), str::parse).map_err(|_| refuse())?;
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }

    /// The host name or IP address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text, PORT)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port_of_its_own_or_the_given_one() {
        let read = |text| Address::parse(text, 8443).map(|address| address.to_string());
        assert_eq!(read("10.0.0.2").unwrap(), "10.0.0.2:8443");
        assert_eq!(read("Xen-1.example:444").unwrap(), "xen-1.example:444");
        assert_eq!(read("fd00::1").unwrap(), "[fd00::1]:8443");
        assert_eq!(read("[fd00::1]:444").unwrap(), "[fd00::1]:444");
        assert_eq!("xen".parse::<Address>().unwrap().port(), 443);
        for wrong in ["", ":1", "a b", "a/b", "[x]", "[fd00::1]1", "a:b", "a:70000", "https://a"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
