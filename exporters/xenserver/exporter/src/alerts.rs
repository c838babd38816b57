//! Which alerts a pool's messages ask for. Pure: no I/O, no clock.
//!
//! The rules:
//! - an ALARM is an alert until the value has been back on the good side of its level for a moment, so that one
//!   quiet row does not end it;
//! - any other message of the configured priorities is one until it is destroyed, as an ALARM is whose value is not
//!   measured here; none is one for longer than the configured time;
//! - labels hold identity and severity only, and not the host of a VM, which keeps its alert when it migrates;
//!   value, level and host are in words.

mod words;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use alertmanager::{Alert, LabelError, LabelSet, Wanted};
use history::Severity;
use jiff::{SignedDuration, Timestamp};
use xenapi::record::Message;
use xenapi::{Ref, Uuid};

use crate::perfmon::{Alarm, Sense};
use crate::snapshot::Snapshot;
pub(crate) use words::Thing;

/// `alertname` of an ALARM.
pub const ALARM_ALERT: &str = "XenServerAlarm";
/// `alertname` of any other message.
pub const MESSAGE_ALERT: &str = "XenServerMessage";
/// Labels that say what has the problem: all but the severity.
pub const IDENTITY: [&str; 6] = ["alertname", "source", "road", "pool", "uuid", "subject"];

/// How long a value must be back on the good side of its level: three rows.
const CALM: SignedDuration = SignedDuration::from_secs(15);

/// Which messages are alerts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Up to which priority; 1 is the most urgent.
    pub(crate) priority: i64,
    /// For how long.
    pub(crate) hold: Duration,
}

/// The alarms of one pool, and since when their values are good again.
#[derive(Debug)]
pub(crate) struct Alerts {
    rules: Rules,
    calm: HashMap<Ref, Calm>,
    /// Alarms that are over, which nobody has asked for yet.
    over: Vec<Ref>,
    /// Whether alarms have been looked at before. Those from before our start are judged at once.
    judged: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Calm {
    Since(Timestamp),
    Over,
}

impl Alerts {
    pub(crate) fn new(rules: Rules) -> Self {
        Alerts { rules, calm: HashMap::new(), over: Vec::new(), judged: false }
    }

    /// The alarms whose values have come back since this was last asked.
    pub(crate) fn over(&mut self) -> Vec<Ref> {
        std::mem::take(&mut self.over)
    }

    /// The alerts that should be active as of `now`.
    pub(crate) fn wanted(&mut self, snapshot: &Snapshot, now: Timestamp) -> Vec<Wanted> {
        let messages = &snapshot.inventory.messages;
        self.calm.retain(|reference, _| messages.get(reference).is_some());
        let mut wanted = BTreeMap::new();
        for (reference, message) in messages.iter() {
            if !is_told(message, self.rules, now) {
                continue;
            }
            let alarm = (&*message.name == "ALARM").then(|| Alarm::read(&message.body)).flatten();
            if let Some(alarm) = &alarm
                && self.is_over(reference, message.object, alarm, snapshot, now)
            {
                continue;
            }
            let thing = Thing::find(snapshot, &message.class, message.object);
            let Ok(alert) = alert(&snapshot.pool, message, alarm.as_ref(), &thing, now) else {
                continue;
            };
            // Of several messages about the same the oldest tells when it began.
            wanted
                .entry(alert.labels.clone())
                .and_modify(|known: &mut Alert| {
                    if alert.starts_at < known.starts_at {
                        known.starts_at = alert.starts_at;
                    }
                })
                .or_insert(alert);
        }
        self.judged = true;
        wanted.into_values().map(|alert| Wanted { alert, silenced: None }).collect()
    }

    /// Whether the value of an alarm is good again.
    fn is_over(
        &mut self,
        reference: &Ref,
        object: Uuid,
        alarm: &Alarm,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> bool {
        if self.calm.get(reference) == Some(&Calm::Over) {
            return true;
        }
        let value = current(snapshot, object, &alarm.variable.name);
        let is_good = value.is_some_and(|value| match alarm.variable.sense {
            Sense::High => value < alarm.variable.level,
            Sense::Low => value > alarm.variable.level,
        });
        if !is_good {
            self.calm.remove(reference);
            return false;
        }
        let since = match self.calm.get(reference) {
            Some(Calm::Since(since)) => *since,
            _ => now,
        };
        let is_over = !self.judged || now.duration_since(since) >= CALM;
        let calm = if is_over { Calm::Over } else { Calm::Since(since) };
        self.calm.insert(reference.clone(), calm);
        if is_over {
            self.over.push(reference.clone());
        }
        is_over
    }
}

/// Labels that all alerts of a pool carry, and nobody else's do.
pub(crate) fn ours(pool: &str) -> Result<LabelSet, LabelError> {
    LabelSet::new([("source", "xenserver"), ("road", "fast"), ("pool", pool)])
}

/// What a variable is now, by the newest measurements.
fn current(snapshot: &Snapshot, object: Uuid, variable: &str) -> Option<f64> {
    let telling = snapshot.samples.values().filter(|sample| sample.subjects_contain(&object));
    telling.max_by_key(|sample| sample.received())?.current(&object, variable)
}

/// Whether a message is one of those that are alerts.
fn is_told(message: &Message, rules: Rules, now: Timestamp) -> bool {
    let urgent = (1..=rules.priority).contains(&message.priority) || &*message.name == "ALARM";
    let hold = SignedDuration::try_from(rules.hold).unwrap_or(SignedDuration::MAX);
    urgent && message.timestamp.is_none_or(|at| now.duration_since(at) < hold)
}

fn alert(
    pool: &str,
    message: &Message,
    alarm: Option<&Alarm>,
    thing: &Thing,
    now: Timestamp,
) -> Result<Alert, LabelError> {
    let (name, subject) = match alarm {
        Some(alarm) => (ALARM_ALERT, alarm.variable.name.as_str()),
        None => (MESSAGE_ALERT, &*message.name),
    };
    let uuid = message.object.hyphenated().to_string();
    let host = if thing.vm.is_empty() { &thing.host } else { "" };
    let labels = [
        ("alertname", name),
        ("source", "xenserver"),
        ("road", "fast"),
        ("pool", pool),
        ("host", host),
        ("vm", &thing.vm),
        ("uuid", &uuid),
        ("subject", subject),
        ("severity", severity_label(message.priority)),
    ];
    let summary = words::summary(message, alarm, thing);
    // What an alarm's body says in XML, the summary says in words.
    let body = if alarm.is_some() { "" } else { &*message.body };
    let annotations = [("summary", &*summary), ("description", body)];
    Ok(Alert {
        labels: LabelSet::new(labels.into_iter().filter(|(_, value)| !value.is_empty()))?,
        annotations: LabelSet::new(annotations.into_iter().filter(|(_, text)| !text.is_empty()))?,
        starts_at: message.timestamp.unwrap_or(now),
        generator_url: None,
    })
}

/// XAPI's priorities: data (1) or services (2) are at risk, a service may suffer (3), something became better (4),
/// everyday events (5). An ALARM has that of its setting, 3 unless somebody chose another.
pub(crate) fn severity(priority: i64) -> Severity {
    match priority {
        1 | 2 => Severity::Critical,
        3 => Severity::Warning,
        _ => Severity::Info,
    }
}

/// The same as a label.
fn severity_label(priority: i64) -> &'static str {
    match severity(priority) {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        _ => "info",
    }
}
