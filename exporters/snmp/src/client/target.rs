//! What to scrape, as a scrape names it: `[udp://|tcp://]host[:port]`.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use super::Error;

const PORT: u16 = 161;

/// An agent's address, not resolved yet. Shown as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    written: String,
    transport: Transport,
    family: Option<Family>,
    host: String,
    port: u16,
}

/// What carries the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// One message, one packet.
    Udp,
    /// RFC 3430.
    Tcp,
}

/// A family of addresses, where the scheme names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

impl Target {
    /// What carries its messages.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Its name or address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The first address of the name.
    pub(super) async fn resolve(&self) -> std::io::Result<SocketAddr> {
        tokio::net::lookup_host((self.host.as_str(), self.port))
            .await?
            .find(|address| {
                self.family.is_none_or(|family| (family == Family::V4) == address.is_ipv4())
            })
            .ok_or_else(|| {
                std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no such address")
            })
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self, Error> {
        let wrong = |problem: String| Error::Target { target: written.to_owned(), problem };
        let (scheme, rest) = written.split_once("://").unwrap_or(("udp", written));
        let (transport, family) = match scheme {
            "udp" => (Transport::Udp, None),
            "udp4" => (Transport::Udp, Some(Family::V4)),
            "udp6" => (Transport::Udp, Some(Family::V6)),
            "tcp" => (Transport::Tcp, None),
            "tcp4" => (Transport::Tcp, Some(Family::V4)),
            "tcp6" => (Transport::Tcp, Some(Family::V6)),
            other => return Err(wrong(format!("the scheme is {other:?}"))),
        };
        let (host, port) = split(rest);
        let port = match port {
            Some(port) => port.parse().map_err(|_| wrong(format!("the port is {port:?}")))?,
            None => PORT,
        };
        if host.is_empty() {
            return Err(wrong("there is no host".to_owned()));
        }
        Ok(Self { written: written.to_owned(), transport, family, host: host.to_owned(), port })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

/// Host and port. A bare IPv6 address has colons and no port.
fn split(address: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) =
        address.strip_prefix('[').and_then(|address| address.split_once(']'))
    {
        return (host, rest.strip_prefix(':'));
    }
    match address.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (address, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_host_and_port_are_told_apart() {
        for (written, transport, host, port) in [
            ("switch", Transport::Udp, "switch", 161),
            ("switch:1161", Transport::Udp, "switch", 1161),
            ("tcp://10.0.0.1", Transport::Tcp, "10.0.0.1", 161),
            ("udp://[2001:db8::1]:1161", Transport::Udp, "2001:db8::1", 1161),
            ("2001:db8::1", Transport::Udp, "2001:db8::1", 161),
            ("tcp6://[::1]", Transport::Tcp, "::1", 161),
        ] {
            let target: Target = written.parse().unwrap();
            assert_eq!(
                (target.transport, &*target.host, target.port),
                (transport, host, port),
                "{written}"
            );
            assert_eq!(target.to_string(), written);
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (written, problem) in [
            ("ftp://switch", "the scheme is \"ftp\""),
            ("switch:snmp", "the port is \"snmp\""),
            (":161", "there is no host"),
        ] {
            let error = written.parse::<Target>().unwrap_err().to_string();
            assert_eq!(
                error,
                format!("target {written:?}: {problem}, expected [udp://|tcp://]host[:port]")
            );
        }
    }

    #[tokio::test]
    async fn a_scheme_may_ask_for_a_family() {
        let v4: Target = "udp4://127.0.0.1:7".parse().unwrap();
        assert_eq!(v4.resolve().await.unwrap().to_string(), "127.0.0.1:7");
        let v6: Target = "udp6://127.0.0.1:7".parse().unwrap();
        assert_eq!(v6.resolve().await.unwrap_err().kind(), std::io::ErrorKind::NotFound);
    }
}
