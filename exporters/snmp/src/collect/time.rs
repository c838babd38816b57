//! Times that devices tell as bytes or text, to whole seconds since the Unix epoch.

use jiff::civil::{Date, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;

/// Seconds from 1900, where NTP begins, to 1970.
const NTP_TO_UNIX: i64 = 2_208_988_800;

/// RFC 2579's DateAndTime of 8 bytes, or of 11 with a time zone; without one it is UTC. Fields out of their
/// range run over into the next larger one.
#[must_use]
pub fn date_and_time(bytes: &[u8]) -> Option<i64> {
    let (time, zone) = match bytes {
        [time @ .., sign, hours, minutes] if time.len() == 8 => {
            (time, offset(*sign, *hours, *minutes)?)
        }
        time if time.len() == 8 => (time, 0),
        _ => return None,
    };
    let [high, low, month, day, hour, minute, second, tenths] = time else { return None };
    let months = i64::from(u16::from_be_bytes([*high, *low])) * 12 + i64::from(*month) - 1;
    let first = Date::new(
        i16::try_from(months.div_euclid(12)).ok()?,
        i8::try_from(months.rem_euclid(12) + 1).ok()?,
        1,
    );
    let since = first.ok()?.duration_since(Date::constant(1970, 1, 1)).as_secs();
    let days = i64::from(*day) - 1;
    let clock = i64::from(*hour) * 3600 + i64::from(*minute) * 60 + i64::from(*second);
    Some(since + days * 86_400 + clock + i64::from(*tenths / 10) - zone)
}

/// RFC 5905's 64-bit timestamp, its fraction cut off.
#[must_use]
pub fn ntp_timestamp(bytes: &[u8]) -> Option<i64> {
    let seconds = bytes.first_chunk::<8>()?.first_chunk::<4>()?;
    Some(i64::from(u32::from_be_bytes(*seconds)) - NTP_TO_UNIX)
}

/// A text read by strptime's directives; what it leaves out is the beginning of 1900, and UTC.
#[must_use]
pub fn parsed(text: &str, pattern: &str) -> Option<i64> {
    let read = BrokenDownTime::parse(pattern, text).ok()?;
    if let Some(timestamp) = read.timestamp() {
        return Some(timestamp.as_second());
    }
    let year = read.year().unwrap_or(1900);
    let date = match read.day_of_year() {
        Some(day) => {
            Date::new(year, 1, 1).ok()?.checked_add(jiff::Span::new().days(day - 1)).ok()?
        }
        None => Date::new(year, read.month().unwrap_or(1), read.day().unwrap_or(1)).ok()?,
    };
    let time = read.to_time().unwrap_or(Time::midnight());
    let zone = read.offset().unwrap_or(Offset::UTC);
    Some(zone.to_timestamp(date.to_datetime(time)).ok()?.as_second())
}

/// Seconds east of UTC.
fn offset(sign: u8, hours: u8, minutes: u8) -> Option<i64> {
    let seconds = i64::from(hours) * 3600 + i64::from(minutes) * 60;
    match sign {
        _ if hours > 24 || minutes > 60 => None,
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_and_time_runs_over_and_knows_zones() {
        let moon = [0x07, 0xb1, 7, 20, 20, 17, 40, 0];
        assert_eq!(date_and_time(&moon), Some(-14_182_940));
        let zoned = |zone: &[u8]| date_and_time(&[&moon[..], zone].concat());
        assert_eq!(zoned(b"+\x02\x1e"), Some(-14_182_940 - 9000));
        assert_eq!(zoned(b"-\x02\x00"), Some(-14_182_940 + 7200));
        assert_eq!((zoned(b"x\x02\x00"), zoned(b"+\x19\x00"), zoned(b"+")), (None, None, None));
        let [thirteenth, zeroth] =
            [13, 0].map(|month| date_and_time(&[0x07, 0xb2, month, 1, 0, 0, 0, 25]).unwrap());
        assert_eq!((thirteenth, zeroth), (365 * 86_400 + 2, -31 * 86_400 + 2));
    }

    #[test]
    fn text_is_read_by_its_pattern() {
        for (text, pattern, expected) in [
            ("Apr 01 2025", "%b %d %Y", Some(1_743_465_600)),
            // The day's name is not checked against the date.
            ("Mon Apr 01 10:00:01 2025", "%a %b %d %H:%M:%S %Y", Some(1_743_501_601)),
            ("2025-04-01T00:00:00+0200", "%Y-%m-%dT%H:%M:%S%z", Some(1_743_458_400)),
            ("091 2025", "%j %Y", Some(1_743_465_600)),
            ("86400", "%s", Some(86_400)),
            ("ABC", "%b %d %Y", None),
        ] {
            assert_eq!(parsed(text, pattern), expected, "{text}");
        }
    }
}
