//! The types that a metric, an index or a lookup can have in `snmp.yml`, and what they mean for each of them.

use serde::{Deserialize, Serialize};

/// A type of `snmp.yml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum Type {
    /// A number that goes up and down.
    #[serde(rename = "gauge")]
    Gauge,
    /// A number that only goes up.
    #[serde(rename = "counter")]
    Counter,
    /// A number; an index of old files.
    Integer,
    /// A number; an index of old files.
    Integer32,
    /// A float inside an Opaque.
    Float,
    /// A double inside an Opaque.
    Double,
    /// Bytes, shown in hexadecimal.
    OctetString,
    /// Text.
    DisplayString,
    /// Six bytes of a MAC address.
    PhysAddress48,
    /// Four bytes.
    InetAddressIPv4,
    /// Sixteen bytes.
    InetAddressIPv6,
    /// An address whose type stands in the column before it, or in an index before its length.
    InetAddress,
    /// The same, without the length in an index.
    InetAddressMissingSize,
    /// A port's name or MAC address; which one stands in the column before it (IEEE 802.1AB).
    LldpPortId,
    /// A number with a name; the name becomes a label of an `_info` metric.
    EnumAsInfo,
    /// A number with a name; each name becomes a series that is 0 or 1.
    EnumAsStateSet,
    /// Numbered bits with names; each name becomes a series that is 0 or 1.
    Bits,
    /// RFC 2579's DateAndTime, to seconds since the Unix epoch.
    DateAndTime,
    /// A time as text, read by `datetime_pattern`.
    ParseDateAndTime,
    /// RFC 5905's 64-bit timestamp, to seconds since the Unix epoch.
    #[serde(rename = "NTPTimeStamp")]
    NtpTimeStamp,
}

impl Type {
    /// Whether what it is stands in the column before it.
    #[must_use]
    pub fn is_combined(self) -> bool {
        matches!(self, Type::InetAddress | Type::InetAddressMissingSize | Type::LldpPortId)
    }

    /// What a combined type is when the column before it holds `number` (RFC 4001, IEEE 802.1AB); `None` when
    /// it is nothing we know how to show.
    #[must_use]
    pub fn combined(self, number: i64) -> Option<Type> {
        match (self, number) {
            (Type::InetAddress | Type::InetAddressMissingSize, 1) => Some(Type::InetAddressIPv4),
            (Type::InetAddress | Type::InetAddressMissingSize, 2) => Some(Type::InetAddressIPv6),
            (Type::LldpPortId, 1 | 2 | 5 | 7) => Some(Type::DisplayString),
            (Type::LldpPortId, 3) => Some(Type::PhysAddress48),
            _ => None,
        }
    }

    /// Whether the part of a name that is an index can have this type.
    #[must_use]
    pub fn is_index(self) -> bool {
        match self {
            Type::Gauge
            | Type::Counter
            | Type::Integer
            | Type::Integer32
            | Type::OctetString
            | Type::DisplayString
            | Type::PhysAddress48
            | Type::InetAddressIPv4
            | Type::InetAddressIPv6
            | Type::InetAddress
            | Type::InetAddressMissingSize
            | Type::LldpPortId
            | Type::EnumAsInfo => true,
            Type::Float
            | Type::Double
            | Type::EnumAsStateSet
            | Type::Bits
            | Type::DateAndTime
            | Type::ParseDateAndTime
            | Type::NtpTimeStamp => false,
        }
    }
}
