//! Which events go to the history, and what it is told of them. Pure.
//!
//! State changes, notifications, acknowledgements, downtimes, flapping and comments that somebody wrote. Checks
//! are no history: their changes are.

use history::{Kind, Severity};
use jiff::Timestamp;
use nagios_event::{
    Acknowledgement, AcknowledgementStep, Body, Comment, CommentKind, CommentStep,
    ContactNotification, Downtime, DowntimeChange, DowntimeStep, Event, Flapping, FlappingStep,
    Notification, StateChange,
};
use serde_json::{Map, Value, json};

use crate::counters::notification_type;

/// The `source` of our events.
const SOURCE: &str = "nagios";

/// What is told of an event besides when and where it happened.
struct Entry<'a> {
    kind: Kind,
    host: &'a str,
    service: &'a str,
    name: &'a str,
    severity: Option<Severity>,
    text: &'a str,
    details: Value,
}

/// Tells `record` what the history should know of an event, and returns what it returns; `None` for an event that
/// is no history.
pub(crate) fn entry<T>(
    instance: &str,
    event: &Event,
    record: impl FnOnce(&history::Event<'_>) -> T,
) -> Option<T> {
    let Event { epoch, seq, at_us, body } = event;
    let Entry { kind, host, service, name, severity, text, details } = of_body(body)?;
    let epoch = epoch.to_string();
    Some(record(&history::Event {
        source: SOURCE,
        instance,
        epoch: &epoch,
        sequence: *seq,
        at: Timestamp::from_microsecond(*at_us).unwrap_or_default(),
        kind,
        host,
        service,
        name,
        severity,
        text,
        details: match details {
            Value::Object(details) => details,
            _ => Map::new(),
        },
    }))
}

fn of_body(body: &Body<String>) -> Option<Entry<'_>> {
    match body {
        Body::StateChange(change) => Some(state_change(change)),
        Body::Notification(notification) => Some(notified(notification)),
        Body::ContactNotification(told) => Some(contact_told(told)),
        Body::Acknowledgement(acknowledgement) => Some(acknowledged(acknowledgement)),
        Body::Downtime(change) => Some(downtime(change)),
        Body::Flapping(flapping) => Some(flapped(flapping)),
        // The others belong to what is told by itself.
        Body::Comment(comment) => (comment.kind == CommentKind::User).then(|| commented(comment)),
        Body::Check(_)
        | Body::Status(_)
        | Body::Timeperiod(_)
        | Body::Program(_)
        | Body::Unknown(_) => None,
    }
}

fn state_change(change: &StateChange<String>) -> Entry<'_> {
    let StateChange { host, service, state, hard, attempt, max_attempts, output, long_output: _ } =
        change;
    Entry {
        kind: Kind::StateChange,
        host,
        service,
        name: "",
        severity: severity(service, *state),
        text: output,
        details: json!({
            "state": state, "hard": hard, "attempt": attempt, "max_attempts": max_attempts,
        }),
    }
}

fn notified(notification: &Notification<String>) -> Entry<'_> {
    let Notification {
        host,
        service,
        reason,
        state,
        contacts,
        number,
        escalated,
        output,
        author,
        comment,
    } = notification;
    Entry {
        kind: Kind::Notification,
        host,
        service,
        name: "",
        severity: severity(service, *state),
        text: if comment.is_empty() { output } else { comment },
        details: json!({
            "type": notification_type(*reason), "contacts": contacts, "number": number,
            "escalated": escalated, "author": author,
        }),
    }
}

fn contact_told(told: &ContactNotification<String>) -> Entry<'_> {
    let ContactNotification {
        host,
        service,
        contact,
        method,
        reason,
        state,
        number,
        escalated,
        author,
        comment,
    } = told;
    Entry {
        kind: Kind::Notification,
        host,
        service,
        name: contact,
        severity: severity(service, *state),
        text: comment,
        details: json!({
            "type": notification_type(*reason), "method": method, "number": number,
            "escalated": escalated, "author": author,
        }),
    }
}

fn acknowledged(acknowledgement: &Acknowledgement<String>) -> Entry<'_> {
    let Acknowledgement { step, host, service, state, author, comment, sticky, persistent, notify } =
        acknowledgement;
    let step = match step {
        AcknowledgementStep::Set => "set",
        AcknowledgementStep::Removed => "removed",
    };
    Entry {
        kind: Kind::Acknowledgement,
        host,
        service,
        name: "",
        severity: severity(service, *state),
        text: comment,
        details: json!({
            "step": step, "author": author, "sticky": sticky, "persistent": persistent,
            "notify": notify,
        }),
    }
}

fn downtime(DowntimeChange { step, downtime }: &DowntimeChange<String>) -> Entry<'_> {
    let Downtime {
        id,
        host,
        service,
        author,
        comment,
        entered: _,
        start,
        end,
        fixed,
        duration,
        triggered_by,
        in_effect: _,
    } = downtime;
    let step = match step {
        DowntimeStep::Scheduled => "scheduled",
        DowntimeStep::Started => "started",
        DowntimeStep::Ended => "ended",
        DowntimeStep::Cancelled => "cancelled",
        DowntimeStep::Deleted => "deleted",
    };
    let time = |seconds: &i64| Timestamp::from_second(*seconds).ok();
    Entry {
        kind: Kind::Downtime,
        host,
        service,
        name: "",
        severity: None,
        text: comment,
        details: json!({
            "step": step, "id": id, "author": author, "start": time(start), "end": time(end),
            "fixed": fixed, "duration": duration, "triggered_by": triggered_by,
        }),
    }
}

fn flapped(flapping: &Flapping<String>) -> Entry<'_> {
    let Flapping { step, host, service, percent_state_change, high_threshold, low_threshold } =
        flapping;
    let step = match step {
        FlappingStep::Started => "started",
        FlappingStep::Stopped => "stopped",
        FlappingStep::Disabled => "disabled",
    };
    Entry {
        kind: Kind::Flapping,
        host,
        service,
        name: "",
        severity: None,
        text: "",
        details: json!({
            "step": step, "percent_state_change": percent_state_change,
            "high_threshold": high_threshold, "low_threshold": low_threshold,
        }),
    }
}

fn commented(comment: &Comment<String>) -> Entry<'_> {
    let Comment { step, kind: _, id, host, service, author, text, entered: _, expires, persistent } =
        comment;
    let step = match step {
        CommentStep::Added => "added",
        CommentStep::Deleted => "deleted",
    };
    Entry {
        kind: Kind::Comment,
        host,
        service,
        name: "",
        severity: None,
        text,
        details: json!({
            "step": step, "id": id, "author": author, "expires": expires,
            "persistent": persistent,
        }),
    }
}

/// How bad a state is, by Nagios' numbers.
fn severity(service: &str, state: u8) -> Option<Severity> {
    match (service, state) {
        (_, 0) => Some(Severity::Ok),
        ("", 1 | 2) => Some(Severity::Critical),
        (_, 1) => Some(Severity::Warning),
        (_, 2) => Some(Severity::Critical),
        (_, 3) => Some(Severity::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: Body<String>) -> Option<Value> {
        let event = Event { epoch: 7, seq: 3, at_us: 1_767_225_600_250_000, body };
        entry("n", &event, |event| serde_json::to_value(event).unwrap())
    }

    #[test]
    fn a_change_of_state_is_told_with_its_severity() {
        let change = StateChange {
            host: "web-1".to_owned(),
            service: "http".to_owned(),
            state: 1,
            hard: true,
            attempt: 3,
            max_attempts: 3,
            output: "slow".to_owned(),
            long_output: String::new(),
        };
        let expected = json!({
            "source": "nagios", "instance": "n", "epoch": "7", "sequence": 3,
            "at": "2026-01-01T00:00:00.25Z", "kind": "state_change", "host": "web-1",
            "service": "http", "severity": "warning", "text": "slow",
            "details": {"state": 1, "hard": true, "attempt": 3, "max_attempts": 3},
        });
        assert_eq!(told(Body::StateChange(change.clone())), Some(expected));
        let host = StateChange { service: String::new(), ..change };
        assert_eq!(told(Body::StateChange(host)).unwrap()["severity"], "critical");
    }

    #[test]
    fn what_somebody_does_is_told_with_the_name_and_checks_are_not_told() {
        let author = || "operator".to_owned();
        let set = Acknowledgement { author: author(), sticky: true, ..Acknowledgement::default() };
        let told_of = told(Body::Acknowledgement(set)).unwrap();
        assert_eq!(told_of["kind"], "acknowledgement");
        assert_eq!(told_of["details"]["step"], "set");
        assert_eq!(told_of["details"]["author"], "operator");
        let planned = Downtime { id: 9, start: 1_767_225_600, ..Downtime::default() };
        let change = DowntimeChange { step: DowntimeStep::Cancelled, downtime: planned };
        let told_of = told(Body::Downtime(change)).unwrap();
        assert_eq!(told_of["details"]["start"], "2026-01-01T00:00:00Z");
        assert_eq!(told_of["details"]["step"], "cancelled");
        let contact = "duty".to_owned();
        let page = ContactNotification { contact, reason: 1, ..ContactNotification::default() };
        let told_of = told(Body::ContactNotification(page)).unwrap();
        assert_eq!((&told_of["name"], &told_of["kind"]), (&json!("duty"), &json!("notification")));
        assert_eq!(told_of["details"]["type"], "acknowledgement");

        let own = Comment { author: author(), ..Comment::default() };
        let of_downtime = Comment { kind: CommentKind::Downtime, ..own.clone() };
        assert_eq!(told(Body::Comment(own)).unwrap()["details"]["step"], "added");
        assert_eq!(told(Body::Comment(of_downtime)), None);
        assert_eq!(
            told(Body::Flapping(Flapping::default())).unwrap()["details"]["step"],
            "started"
        );
        assert_eq!(told(Body::Check(nagios_event::Check::default())), None);
    }
}
