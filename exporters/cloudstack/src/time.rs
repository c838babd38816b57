//! Times as CloudStack writes them: `2021-10-03T10:59:51+0530`.

use jiff::Timestamp;

/// What lies before this is no time of a cloud.
const TOO_EARLY: i64 = 10 * 365 * 86_400;

/// The time that a text tells, `None` when it tells none.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).or_else(|_| text.parse()).ok()
}

/// The time as a gauge, in seconds since the Unix epoch.
#[must_use]
pub fn seconds(text: &str) -> Option<f64> {
    parse(text).map(|time| time.as_second() as f64)
}

/// The time of a host's last ping. CloudStack keeps it in units of 1024 milliseconds and shows them as
/// milliseconds, so that it comes out in 1970: that is undone, to within a second or two.
#[must_use]
pub fn last_ping(text: &str) -> Option<f64> {
    let shown = parse(text)?.as_millisecond();
    Some(if shown < TOO_EARLY * 1000 {
        (shown / 1000 * 1024) as f64 + (shown % 1000) as f64 * 1.024
    } else {
        (shown / 1000) as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_come_without_a_colon() {
        assert_eq!(seconds("1970-01-01T02:00:07+0200"), Some(7.0));
        assert_eq!(seconds("1970-01-01T00:00:07Z"), Some(7.0));
        assert_eq!(seconds("yesterday"), None);
    }

    #[test]
    fn a_last_ping_in_1970_is_read_as_it_was_meant() {
        let meant = seconds("2021-10-03T05:23:00+0000").unwrap();
        let read = last_ping("1970-01-19T16:32:39+0530").unwrap();
        assert!((read - meant).abs() < 3600.0, "{read} {meant}");
        assert_eq!(last_ping("2026-01-01T00:00:00+0000"), Some(1_767_225_600.0));
    }
}
