//! Values as numbers and as text.

use super::LargeCounters;
use super::hint::displayed;
use super::index::{hexadecimal, indexed};
use crate::config::{EnumValues, Size, Type};
use crate::text::valid;
use crate::varbind::Value;

/// Whole numbers up to here are exact in a float.
const LARGE: u64 = 1 << 53;

/// The value as a number; 0 for what is none.
#[must_use]
pub fn number(value: &Value, counters: LargeCounters) -> f64 {
    match value {
        Value::Counter64(count) => match counters {
            LargeCounters::Wrap => (count % LARGE) as f64,
            LargeCounters::Keep => *count as f64,
        },
        Value::Float(number) => f64::from(*number),
        Value::Double(number) => *number,
        value => integer(value) as f64,
    }
}

/// The value as a whole number; 0 for what is none. A counter from 2^63 on becomes negative, as the peer has it.
pub(super) fn integer(value: &Value) -> i64 {
    match value {
        Value::Integer(number) => (*number).into(),
        Value::Counter32(number) | Value::Gauge32(number) | Value::TimeTicks(number) => {
            (*number).into()
        }
        Value::Counter64(number) => *number as i64,
        Value::OctetString(_)
        | Value::ObjectIdentifier(_)
        | Value::IpAddress(_)
        | Value::Float(_)
        | Value::Double(_)
        | Value::Opaque(_)
        | Value::Null
        | Value::NoSuchObject
        | Value::NoSuchInstance
        | Value::EndOfMibView => 0,
    }
}

/// The value as text. The configured type, and a DISPLAY-HINT, decide for bytes only.
#[must_use]
pub fn text(value: &Value, kind: Option<Type>, hint: &str) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Counter32(number) | Value::Gauge32(number) | Value::TimeTicks(number) => {
            number.to_string()
        }
        Value::Counter64(number) => number.to_string(),
        Value::Float(number) => without_exponent(number, f64::from(*number)),
        Value::Double(number) => without_exponent(number, *number),
        Value::ObjectIdentifier(oid) => oid.to_string(),
        Value::IpAddress([a, b, c, d]) => format!("{a}.{b}.{c}.{d}"),
        Value::OctetString(bytes) => of_bytes(bytes, kind, hint),
        Value::Opaque(_)
        | Value::Null
        | Value::NoSuchObject
        | Value::NoSuchInstance
        | Value::EndOfMibView => String::new(),
    }
}

fn of_bytes(bytes: &[u8], kind: Option<Type>, hint: &str) -> String {
    if matches!(kind, None | Some(Type::OctetString))
        && let Some(text) = displayed(hint, bytes)
    {
        return text;
    }
    match kind {
        None | Some(Type::OctetString | Type::Bits) => hexadecimal(bytes),
        Some(Type::DisplayString) => valid(bytes),
        Some(kind) => {
            // All other types show bytes as they show an index.
            let numbers: Vec<u32> = bytes.iter().map(|byte| (*byte).into()).collect();
            let size = if kind.is_index() { Size::Counted } else { Size::Implied };
            indexed(&numbers, kind, size, &EnumValues::new()).text
        }
    }
}

/// All digits of a float that its type needs, as Go's format `f` has them.
fn without_exponent(shortest: &dyn std::fmt::Display, number: f64) -> String {
    match number.is_infinite() {
        true if number > 0.0 => "+Inf".to_owned(),
        true => "-Inf".to_owned(),
        false => shortest.to_string(),
    }
}
