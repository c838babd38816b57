//! JSON-RPC as XAPI speaks it: version 2.0, and for calls without a version the older answers with a `Status`.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Call, Outcome};
use crate::value::Value;

/// What the answer needs of the call.
#[derive(Debug, PartialEq)]
pub(crate) struct Envelope {
    version: Version,
    /// As it came, in JSON.
    id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Reads a call. The error says what is wrong with it.
pub(crate) fn read(body: &str) -> Result<(Call, Envelope), String> {
    let call: serde_json::Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let method = call["method"].as_str().ok_or("method: expected a string")?.to_owned();
    let parameters = match &call["params"] {
        serde_json::Value::Null => Vec::new(),
        serde_json::Value::Array(parameters) => parameters.iter().map(value).collect(),
        _ => return Err("params: expected an array".into()),
    };
    let version = if call["jsonrpc"] == "2.0" { Version::Two } else { Version::One };
    Ok((Call { method, parameters }, Envelope { version, id: call["id"].to_string() }))
}

/// Writes an answer.
pub(crate) fn write(Envelope { version, id }: &Envelope, outcome: &Outcome) -> String {
    let mut json = String::new();
    match (version, outcome) {
        (Version::Two, Ok(value)) => {
            json.push_str("{\"jsonrpc\":\"2.0\",\"result\":");
            write_value(&mut json, value);
        }
        (Version::Two, Err(failure)) => {
            json.push_str("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1,\"message\":");
            write_text(&mut json, failure.code());
            json.push_str(",\"data\":");
            write_list(&mut json, failure.details());
            json.push('}');
        }
        (Version::One, Ok(value)) => {
            json.push_str("{\"result\":{\"Status\":\"Success\",\"Value\":");
            write_value(&mut json, value);
            json.push_str("},\"error\":null");
        }
        (Version::One, Err(failure)) => {
            json.push_str("{\"result\":{\"Status\":\"Failure\",\"ErrorDescription\":");
            let words = [failure.code().to_owned()];
            write_list(&mut json, &[words.as_slice(), failure.details()].concat());
            json.push_str("},\"error\":null");
        }
    }
    let _ = write!(json, ",\"id\":{id}}}");
    json
}

fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::nothing(),
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::text(text.as_str()),
        serde_json::Value::Array(values) => Value::Set(values.iter().map(value).collect()),
        serde_json::Value::Object(members) => Value::Map(Arc::new(
            members.iter().map(|(name, json)| (name.as_str().into(), value(json))).collect(),
        )),
    }
}

fn write_value(json: &mut String, value: &Value) {
    match value {
        Value::Bool(value) => {
            let _ = write!(json, "{value}");
        }
        Value::Int(number) => {
            let _ = write!(json, "{number}");
        }
        // JSON has no other way to say that a number is none.
        Value::Float(number) if !number.is_finite() => json.push_str("null"),
        Value::Float(number) => {
            let _ = write!(json, "{number:?}");
        }
        Value::Time(text) | Value::Text(text) => write_text(json, text),
        Value::Set(values) => {
            json.push('[');
            for (number, value) in values.iter().enumerate() {
                separate(json, number);
                write_value(json, value);
            }
            json.push(']');
        }
        Value::Map(fields) => {
            json.push('{');
            for (number, (name, value)) in fields.iter().enumerate() {
                separate(json, number);
                write_text(json, name);
                json.push(':');
                write_value(json, value);
            }
            json.push('}');
        }
    }
}

fn write_list(json: &mut String, texts: &[String]) {
    json.push('[');
    for (number, text) in texts.iter().enumerate() {
        separate(json, number);
        write_text(json, text);
    }
    json.push(']');
}

fn separate(json: &mut String, number: usize) {
    if number > 0 {
        json.push(',');
    }
}

fn write_text(json: &mut String, text: &str) {
    json.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|letter: char| matches!(letter, '"' | '\\' | '\0'..='\x1f')) {
        json.push_str(&rest[..at]);
        let _ = match rest.as_bytes()[at] {
            letter @ (b'"' | b'\\') => write!(json, "\\{}", letter as char),
            letter => write!(json, "\\u{letter:04x}"),
        };
        rest = &rest[at + 1..];
    }
    json.push_str(rest);
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::Failure;
    use super::*;

    #[test]
    fn both_versions_are_spoken() {
        let record = || Ok(Value::map([("a\"b\n", Value::Int(5)), ("f", Value::Float(1.0))]));
        let slave = || Err(Failure::new("HOST_IS_SLAVE", ["127.0.0.2"]));
        let (call, two) = read(
            r#"{"jsonrpc":"2.0","method":"VM.get_record","params":["s",null,[1,2.5]],"id":"x"}"#,
        )
        .unwrap();
        let list = Value::Set(vec![Value::Int(1), Value::Float(2.5)]);
        assert_eq!(call.parameters, [Value::text("s"), Value::nothing(), list]);
        assert_eq!(
            write(&two, &record()),
            r#"{"jsonrpc":"2.0","result":{"a\"b\u000a":5,"f":1.0},"id":"x"}"#
        );
        assert_eq!(
            write(&two, &slave()),
            r#"{"jsonrpc":"2.0","error":{"code":1,"message":"HOST_IS_SLAVE","data":["127.0.0.2"]},"id":"x"}"#
        );
        let (_, one) = read(r#"{"method":"VM.get_all","params":[],"id":1}"#).unwrap();
        assert_eq!(
            write(&one, &slave()),
            r#"{"result":{"Status":"Failure","ErrorDescription":["HOST_IS_SLAVE","127.0.0.2"]},"error":null,"id":1}"#
        );
    }
}
