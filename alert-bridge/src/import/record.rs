//! One line of the export, read with patience: several names for a field, several ways to write a value.

use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::source_events::event::{
    Details, Kind, LARGEST_DETAILS, Name, Sequence, Severity, SourceEvent, Text,
};

/// What fields were called, the likeliest first.
const TIMES: &[&str] =
    &["time", "timestamp", "date", "datetime", "created_at", "createdAt", "created", "at", "ts"];
const HOSTS: &[&str] =
    &["host", "host_name", "hostname", "hostName", "server", "vm", "vm_name", "vmName"];
const SERVICES: &[&str] =
    &["service", "service_description", "service_name", "serviceName", "description"];
const STATES: &[&str] = &["state", "severity", "status", "level"];
const OUTPUTS: &[&str] = &["output", "plugin_output", "message", "msg", "text", "content"];
const SOURCES: &[&str] = &["source", "type", "category", "from"];

/// Why a line is no event.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    #[error("{0}, expected a JSON object")]
    Json(#[from] serde_json::Error),
    #[error("no time, expected one of the fields {}", TIMES.join(", "))]
    NoTime,
    #[error("time: `{0}` came, expected a date or a number of seconds or milliseconds")]
    Time(Value),
}

/// The event that a line tells.
pub(super) fn event(line: &[u8]) -> Result<SourceEvent, RecordError> {
    let mut fields: Map<String, Value> = serde_json::from_slice(line)?;
    // Without an id a line is known by what it says.
    let id =
        fields.remove("_id").map_or_else(|| line.trim_ascii().to_vec(), |id| id.to_string().into());
    let at = take(&mut fields, TIMES).ok_or(RecordError::NoTime)?;
    let at = time(&at).ok_or(RecordError::Time(at))?;
    let host = text(&mut fields, HOSTS);
    let service = text(&mut fields, SERVICES);
    let state = take(&mut fields, STATES);
    let output = text(&mut fields, OUTPUTS);
    let source = source(&text(&mut fields, SOURCES));
    let severity = state.as_ref().and_then(|state| severity(state, service.is_empty()));
    let details = Value::Object(fields).to_string();
    Ok(SourceEvent {
        source: Name(source.into()),
        instance: Name("import".into()),
        epoch: Name("mongodb".into()),
        sequence: sequence(&id),
        at,
        kind: if source == "nagios" { Kind::StateChange } else { Kind::Alarm },
        host: cut(host),
        service: cut(service),
        name: Text::default(),
        severity,
        text: cut(output),
        details: match details.len() {
            // `{}` is none.
            3..=LARGEST_DETAILS => Details(details),
            _ => Details::default(),
        },
    })
}

fn take(fields: &mut Map<String, Value>, names: &[&str]) -> Option<Value> {
    let name =
        names.iter().find(|name| fields.get(**name).is_some_and(|value| !value.is_null()))?;
    fields.remove(*name)
}

fn text(fields: &mut Map<String, Value>, names: &[&str]) -> String {
    match take(fields, names).map(plain) {
        None => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    }
}

/// A value of MongoDB's extended JSON as it is in JSON: `{"$numberLong": "5"}` is `"5"`.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(mut map) if map.len() == 1 => {
            let kinds = ["$date", "$numberLong", "$numberInt", "$numberDouble", "$oid"];
            match kinds.iter().find_map(|kind| map.remove(*kind)) {
                Some(inner) => plain(inner),
                None => Value::Object(map),
            }
        }
        other => other,
    }
}

/// A date with or without a zone (then UTC), or a number of seconds or milliseconds.
fn time(value: &Value) -> Option<Timestamp> {
    let number = |number: f64| {
        // Until the year 5138 seconds have at most eleven digits, and milliseconds more since 1973.
        let millis = if number.abs() < 1e11 { number * 1e3 } else { number };
        Timestamp::from_millisecond(millis as i64).ok()
    };
    match plain(value.clone()) {
        Value::Number(value) => number(value.as_f64()?),
        Value::String(text) => {
            let text = text.trim();
            let dated = || text.parse::<Timestamp>().ok();
            // MongoDB's tools write zones without a colon.
            let zoned = || Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok();
            let local = || {
                let civil: jiff::civil::DateTime = text.parse().ok()?;
                Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
            };
            dated().or_else(zoned).or_else(local).or_else(|| number(text.parse().ok()?))
        }
        _ => None,
    }
}

/// Nagios' numbers mean another thing for hosts than for services.
fn severity(state: &Value, of_host: bool) -> Option<Severity> {
    let state = match plain(state.clone()) {
        Value::String(text) => text.trim().to_lowercase(),
        other => other.to_string(),
    };
    match state.as_str() {
        "0" | "ok" | "up" | "recovery" | "normal" => Some(Severity::Ok),
        "1" | "2" if of_host => Some(Severity::Critical),
        "1" | "warning" | "warn" => Some(Severity::Warning),
        "2" | "critical" | "crit" | "down" | "unreachable" | "error" => Some(Severity::Critical),
        "3" | "unknown" => Some(Severity::Unknown),
        "info" | "notice" => Some(Severity::Info),
        _ => None,
    }
}

/// The system that told it; devices were watched by Nagios.
fn source(told: &str) -> &'static str {
    let told = told.to_lowercase();
    match () {
        () if told.contains("xen") => "xenserver",
        () if told.contains("cloudstack") => "cloudstack",
        () => "nagios",
    }
}

/// A number that the same id always has, and another one has by chance once in 2^63.
fn sequence(id: &[u8]) -> Sequence {
    let digest: [u8; 32] = Sha256::digest(id).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    Sequence(i64::from_be_bytes([a, b, c, d, e, f, g, h]) & i64::MAX)
}

/// A text of at most `MOST` bytes; what is cut off is marked.
fn cut<const MOST: usize>(mut text: String) -> Text<MOST> {
    const MARK: char = '…';
    if text.len() > MOST {
        let fits = |end: &usize| text.is_char_boundary(*end);
        text.truncate((0..=MOST - MARK.len_utf8()).rev().find(fits).unwrap_or(0));
        text.push(MARK);
    }
    Text(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> SourceEvent {
        event(line.as_bytes()).unwrap()
    }

    #[test]
    fn a_record_with_extended_json() {
        let line = r#"{"_id": {"$oid": "5f1e"}, "host_name": "web-1", "service_description": "http",
            "state": {"$numberInt": "2"}, "plugin_output": "磁盘 full", "attempt": 3,
            "time": {"$date": {"$numberLong": "1500000000123"}}}"#;
        let event = read(line);
        let SourceEvent { source, host, service, severity, text, details, at, kind, .. } = &event;
        assert_eq!(
            (source.0.as_str(), host.0.as_str(), service.0.as_str()),
            ("nagios", "web-1", "http")
        );
        assert_eq!((*severity, text.0.as_str()), (Some(Severity::Critical), "磁盘 full"));
        assert_eq!((details.0.as_str(), *kind), (r#"{"attempt":3}"#, Kind::StateChange));
        assert_eq!(at.as_millisecond(), 1_500_000_000_123);
        assert_eq!(read(line).sequence, event.sequence);
        assert_ne!(read(&line.replace("5f1e", "5f1f")).sequence, event.sequence);
    }

    #[test]
    fn every_way_to_write_a_time() {
        for written in [
            "1500000000",
            "1500000000000",
            "\"1500000000\"",
            "\"2017-07-14T02:40:00Z\"",
            "{\"$date\": \"2017-07-14T02:40:00.000Z\"}",
            "{\"$date\": \"2017-07-14T02:40:00.000+0000\"}",
            "{\"$date\": 1500000000000}",
            "\"2017-07-14 02:40:00\"",
            "\"2017-07-14T10:40:00+08:00\"",
        ] {
            let at = read(&format!("{{\"timestamp\": {written}}}")).at;
            assert_eq!(at.as_second(), 1_500_000_000, "{written}");
        }
        let error = event(br#"{"time": "yesterday"}"#).unwrap_err().to_string();
        assert!(error.starts_with("time: `\"yesterday\"` came"), "{error}");
        assert!(event(b"{}").unwrap_err().to_string().starts_with("no time"));
    }

    #[test]
    fn states_of_hosts_services_and_clouds() {
        let severity = |fields: &str| read(&format!("{{\"at\": 1, {fields}}}")).severity;
        assert_eq!(severity("\"host\": \"a\", \"state\": 1"), Some(Severity::Critical));
        assert_eq!(severity("\"service\": \"b\", \"state\": 1"), Some(Severity::Warning));
        assert_eq!(
            severity("\"service\": \"b\", \"status\": \"UNKNOWN\""),
            Some(Severity::Unknown)
        );
        assert_eq!(severity("\"level\": \"odd\""), None);
        let event = read("{\"at\": 1, \"type\": \"XenServer ALARM\", \"vm\": \"vm-1\"}");
        assert_eq!((event.source.0.as_str(), event.kind), ("xenserver", Kind::Alarm));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let event = read(&format!("{{\"at\": 1, \"output\": \"a{}\"}}", "盘".repeat(6000)));
        assert!(event.text.0.len() <= 16384 && event.text.0.ends_with("盘…"));
    }
}
