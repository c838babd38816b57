//! Who can be told, and when they want to sleep.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::alert::Severity;
use crate::text::Language;
use crate::text::template::Template;

/// A person, or a phone that is handed on.
#[derive(Debug, Clone)]
pub(crate) struct Contact {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) language: Language,
    /// What arranges this contact's messages, but digests, instead of the default.
    pub(crate) template: Option<Arc<Template>>,
    /// Where this contact reads the clock.
    pub(crate) time_zone: TimeZone,
    /// Of new problems only those at least so bad are told.
    pub(crate) floor: Severity,
    pub(crate) quiet: Option<Quiet>,
    /// Name of the transport that carries this contact's messages.
    pub(crate) transport: String,
    /// Those that take over, in this order.
    pub(crate) fallbacks: Vec<String>,
    /// Most parts of one message.
    pub(crate) max_segments: usize,
}

/// Hours of each day in which only what is critical is told; over midnight when they end before they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quiet {
    pub(crate) from: Time,
    pub(crate) to: Time,
}

impl Contact {
    /// When the quiet hours end that keep something of this severity back now, if any do.
    pub(crate) fn quiet_until(&self, severity: Severity, now: Timestamp) -> Option<Timestamp> {
        let Quiet { from, to } = self.quiet.filter(|_| severity < Severity::Critical)?;
        let here = now.to_zoned(self.time_zone.clone());
        let time = here.time();
        let within = if from < to { from <= time && time < to } else { time >= from || time < to };
        let date = if time < to { here.date() } else { here.date().tomorrow().ok()? };
        let end = date.to_datetime(to).to_zoned(self.time_zone.clone()).ok()?;
        within.then(|| end.timestamp())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn contact(name: &str) -> Contact {
        Contact {
            name: name.into(),
            phone: "+1".into(),
            language: Language::En,
            template: None,
            time_zone: TimeZone::get("Asia/Shanghai").unwrap(),
            floor: Severity::Info,
            quiet: None,
            transport: "t".into(),
            fallbacks: Vec::new(),
            max_segments: 4,
        }
    }

    /// The hours from and to which are quiet in Shanghai, and until when they hold a warning back at a time there.
    fn until(from: i8, to: i8, time: &str) -> Option<String> {
        let at = |hour| Time::new(hour, 0, 0, 0).unwrap();
        let quiet = Some(Quiet { from: at(from), to: at(to) });
        let contact = Contact { quiet, ..contact("duty") };
        let now = format!("2026-03-01T{time}+08:00").parse().unwrap();
        assert_eq!(contact.quiet_until(Severity::Critical, now), None, "critical passes");
        let end = contact.quiet_until(Severity::Warning, now)?;
        Some(end.to_zoned(contact.time_zone).strftime("%d %H:%M").to_string())
    }

    #[test]
    fn quiet_hours_are_the_readers_and_go_over_midnight() {
        assert_eq!(until(22, 7, "21:59:59"), None);
        assert_eq!(until(22, 7, "22:00:00").as_deref(), Some("02 07:00"));
        assert_eq!(until(22, 7, "06:59:59").as_deref(), Some("01 07:00"));
        assert_eq!(until(22, 7, "07:00:00"), None);
        assert_eq!(until(12, 14, "13:00:00").as_deref(), Some("01 14:00"));
        assert_eq!(until(12, 14, "14:00:00"), None);
    }
}
