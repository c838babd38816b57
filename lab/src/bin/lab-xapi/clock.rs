//! The time, as XenAPI writes it.

use jiff::Timestamp;

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    Timestamp::now().as_millisecond() as f64 / 1e3
}

/// `20260131T12:00:00Z`.
pub(crate) fn written(seconds: f64) -> String {
    let time = Timestamp::from_second(seconds as i64).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y%m%dT%H:%M:%SZ").to_string()
}
