//! Performance data: the text behind the `|` of a plugin's output, turned into measurements.
//!
//! `'label'=value[UOM];warn;crit;min;max`, separated by spaces (Nagios Plugin Development Guidelines, and the
//! liberties that plugins take with them). Promises: never panics; a broken item is counted and left out, the
//! others stay. Thresholds are not read yet.

use std::collections::BTreeSet;
use std::str::FromStr as _;

/// One measured value in a base unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Label as the plugin wrote it, without quotes.
    pub label: Box<str>,
    /// What the value is.
    pub quantity: Quantity,
    /// The value in the base unit of its quantity.
    pub value: f64,
}

/// What a value is: each becomes a metric family of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Time in seconds.
    Seconds,
    /// Data in bytes.
    Bytes,
    /// A share, 1 for 100 %.
    Ratio,
    /// A number that only grows (unit `c`).
    Total,
    /// Anything else, as the plugin gave it.
    Value,
}

/// What one text of performance data holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Perfdata {
    /// What could be read, in the order of the text.
    pub measurements: Vec<Measurement>,
    /// Items that are no performance data.
    pub broken: u32,
    /// Items left out because an earlier one has the same label.
    pub duplicates: u32,
}

/// Reads performance data. An item whose value is `U` (unknown) is left out and is no fault.
#[must_use]
pub fn parse(text: &str) -> Perfdata {
    let mut perfdata = Perfdata::default();
    let mut labels = BTreeSet::new();
    let mut rest = text.trim_start();
    // `check_multi` names the check before the first label only: `web::time=1s size=2B`.
    let mut prefix = String::new();
    while !rest.is_empty() {
        let (item, behind) = split_item(rest);
        rest = behind.trim_start();
        let Some(Item { label, value }) = item else {
            perfdata.broken += 1;
            continue;
        };
        let label = match label.rfind("::") {
            Some(at) if at > 0 => {
                prefix = label[..at + 2].to_owned();
                label
            }
            _ => prefix.clone() + &label,
        };
        match measure(value) {
            Some(_) if labels.contains(&label) => perfdata.duplicates += 1,
            Some(Measured::Unknown) => {}
            Some(Measured::Is(quantity, value)) => {
                labels.insert(label.clone());
                perfdata.measurements.push(Measurement { label: label.into(), quantity, value });
            }
            None => perfdata.broken += 1,
        }
    }
    perfdata
}

/// Label and value with unit, not yet understood.
struct Item<'a> {
    label: String,
    value: &'a str,
}

/// What a value with its unit says.
enum Measured {
    Unknown,
    Is(Quantity, f64),
}

/// Takes one item off the front; `None` for one without label or `=`.
fn split_item(text: &str) -> (Option<Item<'_>>, &str) {
    let (label, behind) = match text.strip_prefix('\'') {
        Some(quoted) => match quoted_label(quoted) {
            Some((label, behind)) => (label, behind),
            None => return (None, ""),
        },
        None => match text.split_once('=') {
            // An unquoted label may hold spaces: it reaches to the equals sign, but never over a quoted one.
            Some((label, behind)) => match label.find(" '") {
                Some(at) => return (None, &text[at..]),
                None => (label.trim_end().to_owned(), behind),
            },
            None => return (None, ""),
        },
    };
    let end = behind.find(char::is_whitespace).unwrap_or(behind.len());
    let (fields, behind) = behind.split_at(end);
    let value = fields.split(';').next().unwrap_or_default();
    ((!label.is_empty()).then_some(Item { label, value }), behind)
}

/// The label up to the closing quote and what stands behind `'=`; two quotes stand for one.
fn quoted_label(text: &str) -> Option<(String, &str)> {
    let mut label = String::new();
    let mut rest = text;
    loop {
        let (part, behind) = rest.split_once('\'')?;
        label.push_str(part);
        match behind.strip_prefix('\'') {
            Some(behind) => {
                label.push('\'');
                rest = behind;
            }
            None => return Some((label, behind.trim_start().strip_prefix('=')?)),
        }
    }
}

fn measure(text: &str) -> Option<Measured> {
    if text == "U" {
        return Some(Measured::Unknown);
    }
    let (number, unit) = text.split_at(number_length(text));
    let number =
        f64::from_str(&number.replace(',', ".")).ok().filter(|number| number.is_finite())?;
    let (quantity, factor) = quantity(unit)?;
    // A division by a whole number rounds once: 34 ms is 0.034, not 0.034000000000000002.
    let value = if factor < 1.0 { number / factor.recip().round() } else { number * factor };
    // A counter that is below zero is none.
    let sane = value.is_finite() && (quantity != Quantity::Total || value >= 0.0);
    sane.then_some(Measured::Is(quantity, value))
}

/// Length of the number at the front: sign, digits with at most one point or comma, and an exponent only
/// where digits follow it (`1.5E-15EB` is in exabytes, `5EB` as well).
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits =
        |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let sign = |at: usize| at + usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    let mut end = digits(sign(0));
    if matches!(bytes.get(end), Some(b'.' | b',')) {
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

/// What a unit measures, and the factor to its base unit. Unknown units stay as they are; one with digits,
/// quotes or commas is none.
fn quantity(unit: &str) -> Option<(Quantity, f64)> {
    let known = match unit {
        "" => (Quantity::Value, 1.0),
        "c" => (Quantity::Total, 1.0),
        "%" => (Quantity::Ratio, 0.01),
        "s" => (Quantity::Seconds, 1.0),
        "ms" => (Quantity::Seconds, 1e-3),
        // The second is written with the micro sign, the third with the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => (Quantity::Seconds, 1e-6),
        "ns" => (Quantity::Seconds, 1e-9),
        "m" | "min" => (Quantity::Seconds, 60.0),
        "h" => (Quantity::Seconds, 3600.0),
        "d" => (Quantity::Seconds, 86_400.0),
        "B" => (Quantity::Bytes, 1.0),
        "kB" | "KB" => (Quantity::Bytes, 1e3),
        "MB" => (Quantity::Bytes, 1e6),
        "GB" => (Quantity::Bytes, 1e9),
        "TB" => (Quantity::Bytes, 1e12),
        "PB" => (Quantity::Bytes, 1e15),
        "EB" => (Quantity::Bytes, 1e18),
        "KiB" => (Quantity::Bytes, 1024.0),
        "MiB" => (Quantity::Bytes, 1_048_576.0),
        "GiB" => (Quantity::Bytes, 1_073_741_824.0),
        "TiB" => (Quantity::Bytes, 1_099_511_627_776.0),
        _ => (Quantity::Value, 1.0),
    };
    let broken = |character: char| character.is_ascii_digit() || "'\"=,".contains(character);
    (!unit.contains(broken)).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measurements as `label quantity value`, then the counts where they are not zero.
    fn read(text: &str) -> Vec<String> {
        let Perfdata { measurements, broken, duplicates } = parse(text);
        let mut lines: Vec<String> = measurements
            .iter()
            .map(|Measurement { label, quantity, value }| format!("{label} {quantity:?} {value}"))
            .collect();
        lines.extend((broken > 0).then(|| format!("{broken} broken")));
        lines.extend((duplicates > 0).then(|| format!("{duplicates} duplicate")));
        lines
    }

    #[test]
    fn what_plugins_write() {
        for (text, expected) in [
            ("", &[][..]),
            (
                "load1=0.330;5.000;9.000;0; load5=0.490;5;9;0; ",
                &["load1 Value 0.33", "load5 Value 0.49"],
            ),
            ("/=14496563200B;243497277849;257024904396;0;270552530944", &["/ Bytes 14496563200"]),
            (
                "time=0.000295s;;;0.000000 size=10975B;;;0",
                &["time Seconds 0.000295", "size Bytes 10975"],
            ),
            ("rta=0.041ms;100;500;0 pl=25%;20;60;0", &["rta Seconds 0.000041", "pl Ratio 0.25"]),
            (
                "a=3us b=3µs c=3μs",
                &["a Seconds 0.000003", "b Seconds 0.000003", "c Seconds 0.000003"],
            ),
            (
                "a=1KB b=2MB c=3KiB d=4GB",
                &["a Bytes 1000", "b Bytes 2000000", "c Bytes 3072", "d Bytes 4000000000"],
            ),
            ("in=12c", &["in Total 12"]),
            ("fan=900rpm mode=5M up=2m", &["fan Value 900", "mode Value 5", "up Seconds 120"]),
            ("free=U used=1", &["used Value 1"]),
            ("'C:\\ used %'=5%", &["C:\\ used % Ratio 0.05"]),
            ("'it''s'=1 ''''=2", &["it's Value 1", "' Value 2"]),
            ("'a=b'=1", &["a=b Value 1"]),
            ("disk used=5 free=6", &["disk used Value 5", "free Value 6"]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_as_they_come() {
        for (text, expected) in [
            ("a=1.5E-15EB", "a Bytes 1500"),
            ("a=5EB", "a Bytes 5000000000000000000"),
            ("a=5E2", "a Value 500"),
            ("a=23.", "a Value 23"),
            ("a=.42", "a Value 0.42"),
            ("a=-1,5%", "a Ratio -0.015"),
            ("a=+7", "a Value 7"),
            ("a=1e", "a Value 1"),
            ("test::a=3", "test::a Value 3"),
        ] {
            assert_eq!(read(text), [expected], "{text}");
        }
        assert_eq!(read("test::a=3 b=4"), ["test::a Value 3", "test::b Value 4"]);
        assert_eq!(read("::1=3 b=4"), ["::1 Value 3", "b Value 4"]);
    }

    #[test]
    fn a_broken_item_is_counted_and_spoils_no_other() {
        for (text, expected) in [
            ("a=b c=1", &["c Value 1", "1 broken"][..]),
            ("a= c=1", &["c Value 1", "1 broken"]),
            ("=5 c=1", &["c Value 1", "1 broken"]),
            ("''=5 c=1", &["c Value 1", "1 broken"]),
            ("a=inf b=nan c=1", &["c Value 1", "2 broken"]),
            ("a=1,234,5 b=1.2.3 c=1", &["c Value 1", "2 broken"]),
            ("a=1e999 c=1", &["c Value 1", "1 broken"]),
            ("a=-1c c=1", &["c Value 1", "1 broken"]),
            ("c=1 'open=2", &["c Value 1", "1 broken"]),
            ("nonsense 'a b'=2 c=1", &["a b Value 2", "c Value 1", "1 broken"]),
            ("c=1 nonsense", &["c Value 1", "1 broken"]),
            ("c=1 c=2 c=3s", &["c Value 1", "2 duplicate"]),
            ("a=. c=1", &["c Value 1", "1 broken"]),
            ("a=1\u{0}x c=1", &["a Value 1", "c Value 1"]),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let alphabet =
            ["'", "=", ";", " ", "1", ".", ",", "E", "-", "µ", "::", "U", "%", "a", "\n"];
        let mut seed = 7_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text += alphabet[(seed >> 33) as usize % alphabet.len()];
            }
            let Perfdata { measurements, .. } = parse(&text);
            assert!(
                measurements.iter().all(|m| m.value.is_finite() && !m.label.is_empty()),
                "{text:?}"
            );
        }
    }
}
