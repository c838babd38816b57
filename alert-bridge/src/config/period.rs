//! Lengths of time as Prometheus writes them: `30s`, `15m`, `1h30m`, `30d`; a century at most, so that any of
//! them can be taken from any time.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use serde::de::{Deserialize, Deserializer, Error};

const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A length of time in the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period(pub(crate) Duration);

impl Period {
    pub(super) const fn seconds(seconds: u64) -> Self {
        Period(Duration::from_secs(seconds))
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length = text.parse::<Span>().ok().and_then(|span| {
            let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
            Duration::try_from(length).ok().filter(|length| *length <= LONGEST)
        });
        length.map(Period).ok_or_else(|| {
            D::Error::custom(format!("`{text}` is no length of time, expected one such as 15m"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::IntoDeserializer as _;
    use serde::de::value::{Error, StrDeserializer};

    fn read(text: &str) -> Result<u64, String> {
        let text: StrDeserializer<'_, Error> = text.into_deserializer();
        Period::deserialize(text)
            .map(|period| period.0.as_secs())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn lengths_as_prometheus_writes_them() {
        for (text, seconds) in
            [("0s", 0), ("15m", 900), ("1h30m", 5400), ("30d", 2_592_000), ("2w", 1_209_600)]
        {
            assert_eq!(read(text), Ok(seconds), "{text}");
        }
        for text in ["", "15", "-5m", "soon", "9999999d"] {
            assert!(read(text).unwrap_err().contains("15m"), "{text}");
        }
    }
}
