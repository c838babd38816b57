//! What the peer's cases give, as our types.

use bytes::Bytes;
use serde_json::{Value as Json, json};
use snmp_exporter::config::{Metric, Type};
use snmp_exporter::varbind::{Answers, Oid, Value, Varbind};

/// A value of Go, with the type it had on the wire where the case says one.
pub(super) fn value(pdu: &Json) -> Value {
    let (given, kind) = (&pdu["Value"], pdu["Type"]["_const"].as_str().unwrap_or_default());
    let number = given.get("v").unwrap_or(given);
    match (kind, given["_go"].as_str()) {
        ("gosnmp.OpaqueFloat", _) | (_, Some("float32")) => {
            return Value::Float(number.as_f64().unwrap() as f32);
        }
        ("gosnmp.OpaqueDouble", _) | (_, Some("float64")) => {
            return Value::Double(number.as_f64().unwrap());
        }
        ("gosnmp.ObjectIdentifier", _) => {
            return Value::ObjectIdentifier(given.as_str().unwrap().parse().unwrap());
        }
        ("gosnmp.IPAddress", _) => {
            let address: std::net::Ipv4Addr = given.as_str().unwrap().parse().unwrap();
            return Value::IpAddress(address.octets());
        }
        ("gosnmp.NoSuchObject", _) => return Value::NoSuchObject,
        ("gosnmp.NoSuchInstance", _) => return Value::NoSuchInstance,
        (_, Some("uint")) => return Value::Gauge32(number.as_u64().unwrap() as u32),
        (_, Some("uint32")) => return Value::TimeTicks(number.as_u64().unwrap() as u32),
        (_, Some("uint64")) => return Value::Counter64(number.as_u64().unwrap()),
        _ => {}
    }
    match (given, number) {
        (Json::Null, _) => Value::Null,
        (Json::String(text), _) => Value::OctetString(Bytes::from(text.clone())),
        (_, Json::Number(number)) => Value::Integer(number.as_i64().unwrap() as i32),
        _ => Value::OctetString(Bytes::from(bytes(given))),
    }
}

/// Bytes in hexadecimal, or of a text.
pub(super) fn bytes(given: &Json) -> Vec<u8> {
    match given["_bytes_hex"].as_str() {
        Some(hex) => crate::device::unhex(hex),
        None => given["v"].as_str().unwrap().as_bytes().to_vec(),
    }
}

pub(super) fn numbers(given: &Json) -> Vec<u32> {
    serde_json::from_value(given.clone()).unwrap_or_default()
}

/// Answers by name.
pub(super) fn answers(given: &Json) -> Answers {
    let Json::Object(answers) = given else { return Answers::default() };
    let answers = answers.iter();
    answers.map(|(name, pdu)| Varbind { oid: oid(name), value: value(pdu) }).collect()
}

pub(super) fn oid(name: &str) -> Oid {
    name.parse().unwrap()
}

pub(super) fn kind(name: &Json) -> Option<Type> {
    name.as_str().map(|name| serde_json::from_value(json!(name)).unwrap())
}

/// A metric, as the configuration would have it.
pub(super) fn metric(case: &Json) -> Metric {
    let given = &case["metric"];
    let plain = |values: &Json| match values {
        Json::Object(values) => values.values().any(|pdu| pdu["Value"].is_string()),
        _ => false,
    };
    let text = if case["pdu"]["Value"].is_string() { "DisplayString" } else { "OctetString" };
    let lookup_text = if plain(&case["oidToPdu"]) { json!("DisplayString") } else { Json::Null };
    let indexes = list(&given["Indexes"], |index| {
        json!({
            "labelname": index["Labelname"], "type": index["Type"],
            "fixed_size": index["FixedSize"], "implied": index["Implied"] == json!(true),
            "enum_values": or(&index["EnumValues"], json!({})),
        })
    });
    let lookups = list(&given["Lookups"], |lookup| {
        json!({
            "labels": or(&lookup["Labels"], json!([])), "labelname": lookup["Labelname"],
            "oid": lookup["Oid"], "type": or(&lookup["Type"], lookup_text.clone()),
            "enum_values": or(&lookup["EnumValues"], json!({})),
        })
    });
    let extracts = match &given["RegexpExtracts"] {
        Json::Object(extracts) => {
            extracts.iter().map(|(suffix, all)| (suffix.clone(), list(all, extract))).collect()
        }
        _ => Json::Object(Default::default()),
    };
    let metric = json!({
        "name": or(&given["Name"], json!("name")), "oid": or(&given["Oid"], json!("1")),
        "type": or(&given["Type"], json!(text)), "help": or(&given["Help"], json!("")),
        "indexes": indexes, "lookups": lookups, "regex_extracts": extracts,
        "enum_values": or(&given["EnumValues"], json!({})),
        "scale": or(&given["Scale"], json!(0.0)), "offset": or(&given["Offset"], json!(0.0)),
        "datetime_pattern": or(&given["DateTimePattern"], json!("")),
    });
    serde_json::from_value(metric.clone()).unwrap_or_else(|error| panic!("{metric}: {error}"))
}

fn extract(extract: &Json) -> Json {
    let regex = extract["Regex"]["_regex"].as_str().unwrap();
    json!({ "value": extract["Value"], "regex": format!("(?s:.*?)(?:{regex})(?s:.*)") })
}

fn or(given: &Json, default: Json) -> Json {
    if given.is_null() { default } else { given.clone() }
}

fn list(given: &Json, item: impl Fn(&Json) -> Json) -> Json {
    given.as_array().map(|items| items.iter().map(item).collect()).unwrap_or_else(|| json!([]))
}

pub(super) fn strings(given: &Json) -> Vec<String> {
    serde_json::from_value(given.clone()).unwrap_or_default()
}
