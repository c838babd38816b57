//! Durations as Go writes them in YAML: `5s`, `1m30s`, `500ms`, `1.5h`.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

/// Reads a duration; for `#[serde(with)]`.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(yaml: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(yaml)?;
    parse(&text).ok_or_else(|| {
        D::Error::custom(format!("{text:?} is not a duration, expected for example 5s or 1m30s"))
    })
}

/// Writes a duration; for `#[serde(with)]`.
pub(super) fn serialize<S: Serializer>(duration: &Duration, yaml: S) -> Result<S::Ok, S::Error> {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    yaml.collect_str(&match (seconds, nanos) {
        (_, 0) => match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
            (0, 0, second) => format!("{second}s"),
            (0, minute, second) => format!("{minute}m{second}s"),
            (hour, minute, second) => format!("{hour}h{minute}m{second}s"),
        },
        (0, _) => format!("{}ms", f64::from(nanos) / 1e6),
        _ => format!("{}s", duration.as_secs_f64()),
    })
}

/// Reads a duration; none when it is not one.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut seconds = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (value, tail) = rest.split_at(number);
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let scale = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += value.parse::<f64>().ok()? * scale;
        rest = tail;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_go_writes_them() {
        for (text, milliseconds) in
            [("5s", 5000), ("1m30s", 90_000), ("500ms", 500), ("1.5h", 5_400_000), ("0", 0)]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for wrong in ["", "5", "s", "-5s", "5 s", "5d", "1e3s", "."] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
