//! Turns the crate's values into ours.

use async_snmp::message::Message;
use async_snmp::{DecodeConfig, VarBind};
use bytes::Bytes;

use crate::varbind::{Oid, Value, Varbind};

/// What a message in the clear answers, read as a session reads it, whoever it is from; none when it is none.
#[must_use]
pub fn decoded(message: Bytes) -> Option<Vec<Varbind>> {
    let message = Message::decode(message, DecodeConfig::default()).ok()?.value;
    Some(message.into_pdu()?.varbinds().iter().cloned().map(varbind).collect())
}

/// One varbind. What the crate does not know becomes NULL.
pub(super) fn varbind(VarBind { oid, value, .. }: VarBind) -> Varbind {
    Varbind { oid: name(&oid), value: self::value(value) }
}

fn name(oid: &async_snmp::Oid) -> Oid {
    Oid(oid.arcs().to_vec())
}

fn value(value: async_snmp::Value) -> Value {
    use async_snmp::Value as Wire;
    match value {
        Wire::Opaque(_) => opaque(value),
        Wire::Integer(number) => Value::Integer(number),
        Wire::OctetString(bytes) | Wire::Nsap(bytes) => Value::OctetString(bytes),
        Wire::ObjectIdentifier(oid) => Value::ObjectIdentifier(name(&oid)),
        Wire::IpAddress(address) => Value::IpAddress(address),
        Wire::Counter32(number) => Value::Counter32(number),
        Wire::Gauge32(number) | Wire::UInteger32(number) => Value::Gauge32(number),
        Wire::TimeTicks(ticks) => Value::TimeTicks(ticks),
        Wire::Counter64(number) => Value::Counter64(number),
        Wire::NoSuchObject => Value::NoSuchObject,
        Wire::NoSuchInstance => Value::NoSuchInstance,
        Wire::EndOfMibView => Value::EndOfMibView,
        _ => Value::Null,
    }
}

/// What net-snmp wraps into Opaque.
fn opaque(value: async_snmp::Value) -> Value {
    if let Some(float) = value.as_opaque_float() {
        return Value::Float(float);
    }
    if let Some(double) = value.as_opaque_double() {
        return Value::Double(double);
    }
    match value {
        async_snmp::Value::Opaque(bytes) => Value::Opaque(bytes),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn opaque_holds_floats_doubles_and_anything() {
        for (bytes, expected) in [
            (&[0x9f, 0x78, 4, 0x3f, 0xc0, 0, 0][..], Value::Float(1.5)),
            (&[0x9f, 0x79, 8, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], Value::Double(1.5)),
            (&[0x9f, 0x78, 4, 0x3f], Value::Opaque(Bytes::from_static(&[0x9f, 0x78, 4, 0x3f]))),
        ] {
            assert_eq!(value(async_snmp::Value::Opaque(Bytes::from_static(bytes))), expected);
        }
    }
}
