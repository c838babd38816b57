//! Numbers of an object's name as text: what an index says.

use std::fmt::Write as _;

use crate::config::{EnumValues, Size, Type};
use crate::text::valid;

/// No name has more numbers (RFC 2578, 3.5). Lengths that claim more are cut, so that they cost nothing.
const LONGEST: usize = 128;

/// An index that was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Indexed<'n> {
    /// What it says.
    pub text: String,
    /// The numbers it was made of; zeros stand for those that the name lacks.
    pub used: Vec<u32>,
    /// The numbers after it.
    pub rest: &'n [u32],
}

/// Reads one index at the beginning of `numbers`.
#[must_use]
pub fn indexed<'n>(
    numbers: &'n [u32],
    kind: Type,
    size: Size,
    enum_values: &EnumValues,
) -> Indexed<'n> {
    let take = |count, text: &dyn Fn(&[u32]) -> String| {
        let (used, rest) = split(numbers, count);
        Indexed { text: text(&used), used, rest }
    };
    match kind {
        Type::Gauge | Type::Counter | Type::Integer | Type::Integer32 => {
            take(1, &|used| used[0].to_string())
        }
        Type::InetAddress | Type::InetAddressMissingSize | Type::LldpPortId => {
            combined(numbers, kind, enum_values)
        }
        Type::PhysAddress48 => {
            take(6, &|used| joined(used, ":", |text, number| write!(text, "{number:02X}")))
        }
        Type::InetAddressIPv4 => {
            take(4, &|used| joined(used, ".", |text, number| write!(text, "{number}")))
        }
        Type::InetAddressIPv6 => take(16, &|used| joined_pairs(used)),
        Type::EnumAsInfo => take(1, &|used| match enum_values.get(&i64::from(used[0])) {
            Some(name) => name.to_string(),
            None => used[0].to_string(),
        }),
        Type::DisplayString => bytes(numbers, size, valid),
        Type::OctetString
        | Type::Bits
        | Type::Float
        | Type::Double
        | Type::EnumAsStateSet
        | Type::DateAndTime
        | Type::ParseDateAndTime
        | Type::NtpTimeStamp => bytes(numbers, size, hexadecimal),
    }
}

/// Bytes in hexadecimal with `0x` before them; nothing when there are none.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    let mut text = String::with_capacity(2 + bytes.len() * 2);
    text.push_str("0x");
    for byte in bytes {
        let written = write!(text, "{byte:02X}");
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    text
}

/// An index whose type, and mostly whose length, stand before it.
fn combined<'n>(numbers: &'n [u32], kind: Type, enum_values: &EnumValues) -> Indexed<'n> {
    let sized = kind != Type::InetAddressMissingSize;
    let (mut head, value) = split(numbers, if sized { 2 } else { 1 });
    match (kind.combined(head[0].into()), sized) {
        (Some(kind), _) => {
            let Indexed { text, used, rest } = indexed(value, kind, Size::Counted, enum_values);
            head.extend(used);
            Indexed { text, used: head, rest }
        }
        (None, false) => indexed(numbers, Type::OctetString, Size::Implied, enum_values),
        (None, true) => {
            let size = Size::Fixed((head[1] as usize).saturating_add(2));
            indexed(numbers, Type::OctetString, size, enum_values)
        }
    }
}

/// An index that is a byte a number.
fn bytes(numbers: &[u32], size: Size, text: fn(&[u8]) -> String) -> Indexed<'_> {
    let (mut used, length, after) = match size {
        Size::Fixed(length) => (Vec::new(), length, numbers),
        Size::Implied if !numbers.is_empty() => (Vec::new(), numbers.len(), numbers),
        Size::Implied | Size::Counted => {
            let (count, after) = split(numbers, 1);
            let length = count[0] as usize;
            (count, length, after)
        }
    };
    let (content, rest) = split(after, length);
    let bytes: Vec<u8> = content.iter().map(|number| *number as u8).collect();
    used.extend(content);
    Indexed { text: text(&bytes), used, rest }
}

/// The first `count` numbers, with zeros for those that are not there (some agents leave them out), and the
/// others.
fn split(numbers: &[u32], count: usize) -> (Vec<u32>, &[u32]) {
    let (head, rest) = numbers.split_at(count.min(numbers.len()));
    let mut head = head.to_vec();
    head.resize(count.min(LONGEST.max(numbers.len())), 0);
    (head, rest)
}

fn joined(
    numbers: &[u32],
    between: &str,
    write: impl Fn(&mut String, u32) -> std::fmt::Result,
) -> String {
    let mut text = String::new();
    for (index, number) in numbers.iter().enumerate() {
        if index > 0 {
            text.push_str(between);
        }
        let written = write(&mut text, *number);
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    text
}

fn joined_pairs(numbers: &[u32]) -> String {
    let pairs =
        numbers.chunks(2).map(|pair| joined(pair, "", |text, number| write!(text, "{number:02X}")));
    pairs.collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_claims_too_much_costs_nothing() {
        let numbers = [u32::MAX, 65];
        let read = indexed(&numbers, Type::DisplayString, Size::Counted, &EnumValues::new());
        assert_eq!((read.used.len(), read.rest), (1 + LONGEST, &[][..]));
        let numbers = [9, u32::MAX];
        let read = indexed(&numbers, Type::InetAddress, Size::Counted, &EnumValues::new());
        assert_eq!(read.used.len(), LONGEST);
    }

    #[test]
    fn short_names_are_filled_with_zeros() {
        assert_eq!(split(&[1, 2, 3], 2), (vec![1, 2], &[3][..]));
        assert_eq!(split(&[1, 2], 4), (vec![1, 2, 0, 0], &[][..]));
        assert_eq!(split(&[], 2), (vec![0, 0], &[][..]));
    }
}
