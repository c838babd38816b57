//! Samples of every kind: what is written, that it is read again, and that the schema describes it.
//!
//! `UPDATE_GOLDEN=1` writes `schema/samples.json` anew.

use nagios_event::{
    Acknowledgement, AcknowledgementStep, Check, Comment, CommentKind, Contact,
    ContactNotification, Downtime, DowntimeChange, DowntimeStep, Flags, Flapping, FlappingStep,
    Group, GroupKind, Hello, Host, Modes, Notification, Program, Service, Settings, State,
    StateChange, Stats, Timeperiod,
};
use serde_json::{Map, Value};

use super::*;

const SCHEMA_FILE: &str = include_str!("../../schema/v1.json");
const SAMPLES_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/samples.json");

fn text(text: &str) -> String {
    text.to_owned()
}

fn state() -> State<String> {
    State {
        host: text("web-1"),
        service: text("http"),
        state: 2,
        flags: Flags((1 << 15) - 1),
        attempt: 3,
        max_attempts: 3,
        last_check: 1_767_225_660,
        latency: 0.25,
        output: text("磁盘 full"),
        perfdata: text("time=1s"),
        ..State::default()
    }
}

fn hello() -> Hello {
    Hello {
        protocol: nagios_event::PROTOCOL,
        epoch: 1_767_225_600_000_000,
        pid: 4711,
        instance: text("nagios-1"),
        module_version: text("0.1.0"),
        nagios_version: text("4.4.6"),
        warnings: vec![text("event_broker_options is 0")],
    }
}

fn contents() -> Vec<Content> {
    let (host, service) = (text("web-1"), text("http"));
    let downtime = Downtime { id: 9, host: host.clone(), fixed: true, ..Downtime::default() };
    let settings = Settings {
        check_period: text("24x7"),
        check_interval: 60.0,
        contacts: vec![text("duty")],
        variables: vec![(text("SITE"), text("north"))],
        ..Settings::default()
    };
    let program = Program { pid: 4711, modes: Modes((1 << 10) - 1), ..Program::default() };
    let objects = vec![
        Object::Host(Host { name: host.clone(), settings: settings.clone(), ..Host::default() }),
        Object::Service(Service {
            host: host.clone(),
            name: service.clone(),
            settings,
            ..Service::default()
        }),
        Object::Group(Group {
            kind: GroupKind::Host,
            name: text("web"),
            alias: text("Web servers"),
            members: vec![(host.clone(), String::new())],
        }),
        Object::Contact(Contact { name: text("duty"), alias: text("On duty") }),
        Object::Timeperiod(Timeperiod { name: text("24x7"), inside: true }),
        Object::Downtime(downtime.clone()),
        Object::State(state()),
        Object::Program(program),
    ];
    vec![
        Content::Check(Check { state: state(), return_code: 2, ..Check::default() }),
        Content::Status(state()),
        Content::StateChange(StateChange {
            host: host.clone(),
            hard: true,
            ..StateChange::default()
        }),
        Content::Notification(Notification {
            host: host.clone(),
            contacts: 2,
            ..Notification::default()
        }),
        Content::ContactNotification(ContactNotification {
            contact: text("duty"),
            ..ContactNotification::default()
        }),
        Content::Downtime(DowntimeChange { step: DowntimeStep::Cancelled, downtime }),
        Content::Acknowledgement(Acknowledgement {
            step: AcknowledgementStep::Removed,
            host: host.clone(),
            ..Acknowledgement::default()
        }),
        Content::Flapping(Flapping { step: FlappingStep::Stopped, host, ..Flapping::default() }),
        Content::Comment(Comment { kind: CommentKind::Flapping, id: 3, ..Comment::default() }),
        Content::Timeperiod(Timeperiod { name: text("24x7"), inside: false }),
        Content::Program(program),
        Content::Heartbeat(Heartbeat {
            up: true,
            hello: hello(),
            stats: Stats { last_seq: 7, ..Stats::default() },
        }),
        Content::Snapshot(Part {
            snapshot: 1,
            part: 1,
            parts: 1,
            hello: hello(),
            inventory: 1,
            loop_start: 1_767_225_600,
            objects,
        }),
    ]
}

fn samples() -> Vec<Message> {
    let message = |content| Message {
        schema: SCHEMA,
        instance: text("nagios-1"),
        epoch: 1_767_225_600_000_000,
        sequence: 7,
        at: "2026-01-01T00:01:00.25Z".parse().unwrap(),
        content,
    };
    contents().into_iter().map(message).collect()
}

#[test]
fn every_sample_is_read_as_it_was_written_in_both_formats() {
    for message in samples() {
        for format in [Format::Json, Format::Cbor] {
            let bytes = message.write(format);
            let read = Message::read(format.content_type(), &bytes).unwrap();
            assert_eq!(read, message, "{format:?}");
        }
        assert_eq!(message.key(), format!("v1.nagios-1.{}", message.content.kind()));
    }
}

#[test]
fn the_samples_in_the_repository_are_these() {
    let samples = samples();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let text = serde_json::to_string_pretty(&samples).unwrap();
        std::fs::write(SAMPLES_FILE, text + "\n").unwrap();
    }
    let written: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(SAMPLES_FILE).unwrap()).unwrap();
    let read: Vec<Message> = written
        .iter()
        .map(|sample| Message::read("application/json", sample.to_string().as_bytes()).unwrap())
        .collect();
    assert_eq!(read, samples);
}

#[test]
fn the_schema_has_every_field_of_every_sample_and_no_other() {
    let schema: Value = serde_json::from_str(SCHEMA_FILE).unwrap();
    for sample in samples() {
        let sample = serde_json::to_value(&sample).unwrap();
        let kind = sample["kind"].as_str().unwrap();
        agree(&schema, &schema["$defs"][kind], &sample, kind);
    }
    let kinds: Vec<&str> = schema["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["$ref"].as_str().unwrap().trim_start_matches("#/$defs/"))
        .collect();
    let known: Vec<&str> = contents().iter().map(Content::kind).collect();
    assert_eq!(kinds, known);
}

/// Whether a value is as a schema says, as far as this schema goes: types, properties, items, names.
fn agree(root: &Value, schema: &Value, value: &Value, path: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = &root["$defs"][reference.trim_start_matches("#/$defs/")];
        return agree(root, target, value, path);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let name = value["object"].as_str().unwrap();
        let of_name = |choice: &&Value| choice["$ref"] == format!("#/$defs/object_{name}");
        let choice = choices.iter().find(of_name);
        return agree(root, choice.unwrap_or_else(|| panic!("{path}: no {name}")), value, path);
    }
    if let Some(constant) = schema.get("const") {
        return assert_eq!(constant, value, "{path}");
    }
    if let Some(names) = schema["enum"].as_array() {
        return assert!(names.contains(value), "{path}: {value} is none of {names:?}");
    }
    match (schema["type"].as_str(), value) {
        (Some("object"), Value::Object(fields)) => {
            let empty = Map::new();
            let properties = schema["properties"].as_object().unwrap_or(&empty);
            let described: Vec<&String> = properties.keys().collect();
            let there: Vec<&String> = fields.keys().collect();
            assert_eq!(described, there, "{path}");
            for (name, value) in fields {
                agree(root, &properties[name], value, &format!("{path}.{name}"));
            }
        }
        (Some("array"), Value::Array(items)) => {
            items.iter().for_each(|item| agree(root, &schema["items"], item, &format!("{path}[]")));
        }
        (Some("string"), Value::String(_))
        | (Some("boolean"), Value::Bool(_))
        | (Some("number"), Value::Number(_)) => {}
        (Some("integer"), Value::Number(number)) if !number.is_f64() => {}
        (expected, value) => panic!("{path}: {value}, expected {expected:?}"),
    }
}

#[test]
fn what_is_no_message_is_named() {
    let read = |content_type: &str, text: &str| {
        Message::read(content_type, text.as_bytes()).unwrap_err().to_string()
    };
    let sample = serde_json::to_value(&samples()[2]).unwrap();
    let with = |key: &str, value: Value| {
        let mut sample = sample.clone();
        sample[key] = value;
        sample.to_string()
    };
    assert!(read("text/plain", "").contains("text/plain"));
    assert!(read("application/json", "{}").contains("missing field"));
    assert!(read("application/json", &with("kind", "dance".into())).contains("dance"));
    assert!(
        read("application/json", &with("schema", 2.into())).contains("schema is 2, expected 1")
    );
    assert!(!read("application/cbor", "x").is_empty());
    // A newer relay may say more.
    let more = with("mood", "fine".into());
    assert!(Message::read("application/json", more.as_bytes()).is_ok());
}

#[test]
fn a_name_becomes_one_word_of_a_key() {
    assert_eq!(key_word("nagios.north #1*"), "nagios_north__1_");
    assert!(key_word(&"界".repeat(500)).len() <= 200);
}
