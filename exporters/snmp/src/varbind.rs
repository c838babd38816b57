//! What an agent answers: names and values, as the wire carries them. The joint between `client` and `collect`.

mod answers;

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use answers::Answers;

/// An object identifier, its numbers in order. Compares as SNMP orders objects.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Oid(pub Vec<u32>);

/// A text that is not an object identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an object identifier, expected numbers with dots between, as in 1.3.6.1.2.1")]
pub struct NotAnOid(String);

/// A value with the type that the wire gave it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// INTEGER.
    Integer(i32),
    /// OCTET STRING.
    OctetString(Bytes),
    /// OBJECT IDENTIFIER.
    ObjectIdentifier(Oid),
    /// IpAddress.
    IpAddress([u8; 4]),
    /// Counter32.
    Counter32(u32),
    /// Gauge32 or Unsigned32.
    Gauge32(u32),
    /// TimeTicks, hundredths of a second.
    TimeTicks(u32),
    /// Counter64.
    Counter64(u64),
    /// Opaque that holds a float (RFC 6340's common practice, tag 0x9f78).
    Float(f32),
    /// Opaque that holds a double (tag 0x9f79).
    Double(f64),
    /// Any other Opaque.
    Opaque(Bytes),
    /// NULL.
    Null,
    /// The agent has no such object.
    NoSuchObject,
    /// The object has no such instance.
    NoSuchInstance,
    /// The walk is at the end of the agent's MIB.
    EndOfMibView,
}

/// One name and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Varbind {
    /// The name.
    pub oid: Oid,
    /// The value.
    pub value: Value,
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write!(f, "{number}")?;
        }
        Ok(())
    }
}

impl FromStr for Oid {
    type Err = NotAnOid;

    fn from_str(text: &str) -> Result<Self, NotAnOid> {
        let numbers = text.strip_prefix('.').unwrap_or(text).split('.');
        let parsed = numbers.map(str::parse).collect::<Result<_, _>>();
        parsed.map(Oid).map_err(|_| NotAnOid(text.to_owned()))
    }
}

impl TryFrom<String> for Oid {
    type Error = NotAnOid;

    fn try_from(text: String) -> Result<Self, NotAnOid> {
        text.parse()
    }
}

impl From<Oid> for String {
    fn from(oid: Oid) -> String {
        oid.to_string()
    }
}

impl Borrow<[u32]> for Oid {
    fn borrow(&self) -> &[u32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_oid_is_read_and_written_with_dots() {
        let oid: Oid = ".1.3.6.1.4294967295".parse().unwrap();
        assert_eq!(oid, Oid(vec![1, 3, 6, 1, 4_294_967_295]));
        assert_eq!(oid.to_string(), "1.3.6.1.4294967295");
        for wrong in ["", "1..3", "1.3.", "a", "1.-3", "1.4294967296"] {
            assert!(wrong.parse::<Oid>().is_err(), "{wrong}");
        }
    }
}
