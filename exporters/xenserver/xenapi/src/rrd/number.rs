//! Decimal numbers as RRDs have them: `0.1112`, `10833308.0000`, `NaN`.

/// Powers of ten that a double holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Integers up to this one a double holds exactly.
const EXACT: u64 = 1 << 53;

/// Reads a number, `NaN` and infinities included; `None` for any other text.
///
/// Digits with a point, which is nearly all, take a short way: an exact integer divided by an exact power of
/// ten is rounded once, so the result is the nearest double, as the long way gives it.
pub(super) fn parse(text: &[u8]) -> Option<f64> {
    let (mut digits, mut integer, mut decimals) = (0_usize, 0_u64, None);
    for &byte in text {
        match byte {
            b'0'..=b'9' if digits < 19 => {
                integer = integer * 10 + u64::from(byte - b'0');
                digits += 1;
                decimals = decimals.map(|count: usize| count + 1);
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return at_length(text),
        }
    }
    let scale = TENS.get(decimals.unwrap_or(0));
    match scale {
        #[expect(clippy::cast_precision_loss, reason = "exact up to EXACT")]
        Some(scale) if integer <= EXACT && digits > 0 => Some(integer as f64 / scale),
        _ => at_length(text),
    }
}

#[cold]
fn at_length(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let unsigned = text.trim_start_matches(['-', '+']);
    match unsigned.get(..3) {
        // C libraries differ in how they write it: `nan`, `-nan`, `nan(0x..)`.
        Some(start) if start.eq_ignore_ascii_case("nan") => Some(f64::NAN),
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_gives_what_the_long_way_gives() {
        for text in [
            "0.0",
            "0",
            "0.1112",
            "10833308.0000",
            "1191182336.0000",
            "9007199254740992",
            "9007199254740993",
            "1234567890123456789",
            "12345678901234567890",
            "0.0000000000000001",
            "0.30000000000000004",
            "-0.5",
            "1e300",
            "1.5E-7",
            "+2",
            ".5",
            "23.",
            "18446744073709551616",
        ] {
            let wanted: f64 = text.parse().unwrap();
            assert_eq!(parse(text.as_bytes()).unwrap().to_bits(), wanted.to_bits(), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_told_apart_from_nan() {
        for text in ["NaN", "nan", "-nan", "NAN(0x8)"] {
            assert!(parse(text.as_bytes()).unwrap().is_nan(), "{text}");
        }
        assert_eq!(parse(b"Infinity"), Some(f64::INFINITY));
        assert_eq!(parse(b"-inf"), Some(f64::NEG_INFINITY));
        for text in ["", ".", "1.2.3", "a", "1,5", "\u{e9}", "0x1"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse(&[0xff]), None);
    }
}
