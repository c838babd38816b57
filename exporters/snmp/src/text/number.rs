//! Numbers as Go's `strconv.FormatFloat(v, 'g', -1, 64)` writes them.

use std::fmt::Write as _;

/// Appends a number: shortest digits that read back the same, with an exponent below 1e-4 and from
/// [`EXPONENT_FROM`] on.
pub fn write(text: &mut String, number: f64) {
    if number.is_nan() {
        return text.push_str("NaN");
    }
    if number.is_infinite() {
        return text.push_str(if number > 0.0 { "+Inf" } else { "-Inf" });
    }
    let start = text.len();
    if write!(text, "{number:e}").is_err() {
        return; // it never is: a String takes everything
    }
    let Some(mark) = text[start..].find('e').map(|at| start + at) else { return };
    let exponent: i32 = text[mark + 1..].parse().unwrap_or_default();
    let written = if (-4..EXPONENT_FROM).contains(&exponent) {
        text.truncate(start);
        write!(text, "{number}")
    } else {
        text.truncate(mark);
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(text, "e{sign}{:02}", exponent.unsigned_abs())
    };
    debug_assert!(written.is_ok(), "a String takes everything");
}

/// Numbers from ten to this power on are written with an exponent.
const EXPONENT_FROM: i32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_go_writes_them() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (535_936.0, "535936"),
            (999_999.0, "999999"),
            (1_000_000.0, "1e+06"),
            (74_105_925.0, "7.4105925e+07"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.000_012, "1.2e-05"),
            (9_007_199_254_740_991.0, "9.007199254740991e+15"),
            (1e100, "1e+100"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            let mut text = String::from("x ");
            write(&mut text, number);
            assert_eq!(&text[2..], expected);
        }
    }
}
