//! Numbers and units of measurement.

use std::borrow::Cow;
use std::str::FromStr as _;

use super::reading::{Comma, Reading, UnitM};

/// Longest unknown unit that is kept, in bytes: it becomes a label's value, and longer ones are no units.
const LONGEST_UNIT: usize = 16;

/// What a value is: each becomes a metric family of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quantity {
    /// Time in seconds.
    Seconds,
    /// Data in bytes.
    Bytes,
    /// A share, 1 for 100 %.
    Ratio,
    /// A number that only grows (unit `c`).
    Total,
    /// A number without a unit.
    Value,
    /// A number in this unit, which we do not know; as the plugin gave it.
    Unknown(Box<str>),
}

/// What stands in front of the first semicolon.
#[derive(Debug, PartialEq)]
pub(super) enum Number {
    /// The plugin says that it does not know.
    Unknown,
    /// A value in the base unit of its quantity.
    Known { quantity: Quantity, value: f64, scale: Scale },
}

/// The way from the written unit to the base unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    Times(f64),
    /// For parts: a division rounds once, so 34 ms is 0.034 and not 0.034000000000000002.
    Parts(f64),
}

impl Number {
    /// `None`: no number, or a unit that cannot be one.
    pub(super) fn read(text: &str, reading: Reading) -> Option<Self> {
        if text == "U" {
            return Some(Number::Unknown);
        }
        let (number, unit) = text.split_at(number_length(text, reading.comma));
        let (quantity, scale) = unit_of(unit, reading.unit_m)?;
        let value = scale.apply(plain(number, reading.comma)?)?;
        // A counter that is below zero is none.
        let sane = quantity != Quantity::Total || value >= 0.0;
        sane.then_some(Number::Known { quantity, value, scale })
    }
}

impl Scale {
    /// A number that stands behind the value. It has the value's unit, and plugins that write it again mean
    /// the same.
    pub(super) fn read(self, text: &str, reading: Reading) -> Option<f64> {
        let (number, unit) = text.split_at(number_length(text, reading.comma));
        let scale = match unit {
            "" => self,
            unit => unit_of(unit, reading.unit_m)?.1,
        };
        scale.apply(plain(number, reading.comma)?)
    }

    fn apply(self, number: f64) -> Option<f64> {
        let value = match self {
            Scale::Times(factor) => number * factor,
            Scale::Parts(parts) => number / parts,
        };
        value.is_finite().then_some(value)
    }
}

/// Length of the number at the front: sign, digits with at most one point, and an exponent only where digits
/// follow it (`1.5E-15EB` is in exabytes, `5EB` as well).
fn number_length(text: &str, comma: Comma) -> usize {
    let bytes = text.as_bytes();
    let digits =
        |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let sign = |at: usize| at + usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    let mut end = digits(sign(0));
    if comma == Comma::Thousands {
        while bytes.get(end) == Some(&b',') && digits(end + 1) == end + 4 {
            end += 4;
        }
    }
    let point = match comma {
        Comma::Decimal => matches!(bytes.get(end), Some(b'.' | b',')),
        Comma::Thousands => bytes.get(end) == Some(&b'.'),
    };
    if point {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let exponent = sign(end + 1);
        if digits(exponent) > exponent {
            end = digits(exponent);
        }
    }
    end
}

/// A number as [`number_length`] found it.
fn plain(number: &str, comma: Comma) -> Option<f64> {
    let number = match (number.contains(','), comma) {
        (false, _) => Cow::Borrowed(number),
        (true, Comma::Decimal) => number.replace(',', ".").into(),
        (true, Comma::Thousands) => number.replace(',', "").into(),
    };
    f64::from_str(&number).ok().filter(|number| number.is_finite())
}

/// What a unit measures, and how it becomes the base unit; `None` for a text that cannot be a unit, such as
/// one with digits, quotes or commas.
fn unit_of(unit: &str, unit_m: UnitM) -> Option<(Quantity, Scale)> {
    use Quantity::{Bytes, Ratio, Seconds, Total, Value};
    use Scale::{Parts, Times};
    Some(match (unit, unit_m) {
        ("", _) => (Value, Times(1.0)),
        ("c", _) => (Total, Times(1.0)),
        ("%", _) => (Ratio, Parts(1e2)),
        ("s", _) => (Seconds, Times(1.0)),
        ("ms", _) => (Seconds, Parts(1e3)),
        // The second is written with the micro sign, the third with the Greek letter.
        ("us" | "\u{b5}s" | "\u{3bc}s", _) => (Seconds, Parts(1e6)),
        ("ns", _) => (Seconds, Parts(1e9)),
        ("min", _) | ("m", UnitM::Minutes) => (Seconds, Times(60.0)),
        ("m" | "M", UnitM::Mega) => (Value, Times(1e6)),
        ("h", _) => (Seconds, Times(3600.0)),
        ("d", _) => (Seconds, Times(86_400.0)),
        ("B", _) => (Bytes, Times(1.0)),
        ("kB" | "KB", _) => (Bytes, Times(1e3)),
        ("MB", _) => (Bytes, Times(1e6)),
        ("GB", _) => (Bytes, Times(1e9)),
        ("TB", _) => (Bytes, Times(1e12)),
        ("PB", _) => (Bytes, Times(1e15)),
        ("EB", _) => (Bytes, Times(1e18)),
        ("KiB", _) => (Bytes, Times(1024.0)),
        ("MiB", _) => (Bytes, Times(1_048_576.0)),
        ("GiB", _) => (Bytes, Times(1_073_741_824.0)),
        ("TiB", _) => (Bytes, Times(1_099_511_627_776.0)),
        ("PiB", _) => (Bytes, Times(1_125_899_906_842_624.0)),
        ("EiB", _) => (Bytes, Times(1_152_921_504_606_846_976.0)),
        (unknown, _) => {
            let broken = |character: char| {
                character.is_ascii_digit() || character.is_control() || "'\"=,".contains(character)
            };
            if unknown.len() > LONGEST_UNIT || unknown.contains(broken) {
                return None;
            }
            (Quantity::Unknown(unknown.into()), Times(1.0))
        }
    })
}
