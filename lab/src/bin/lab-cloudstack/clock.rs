//! The time, as the API writes it.

use jiff::{Span, Timestamp};

/// `2026-07-29T11:18:10+0000`, so many seconds ago.
pub(crate) fn ago(seconds: i64) -> String {
    let now = Timestamp::now();
    let time = now.checked_sub(Span::new().seconds(seconds)).unwrap_or(now);
    time.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

pub(crate) fn now() -> String {
    ago(0)
}
