//! JSON-RPC as XAPI speaks it.
//!
//! Version 2.0 answers `result` or `error: {code, message, data}`, where `message` is XAPI's code and `data` its
//! arguments. The first hosts with JSON wrap the result as XML-RPC does: `{Status, Value}` or
//! `{Status, ErrorDescription}`. Both are read.

use std::{fmt, io::Read};

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

use super::Outcome;
use crate::Failure;

/// A call.
pub(super) fn request(method: &str, parameters: &[Value]) -> Vec<u8> {
    json!({"jsonrpc": "2.0", "method": method, "params": parameters, "id": 1})
        .to_string()
        .into_bytes()
}

/// A whole answer.
pub(super) fn answer(body: &[u8]) -> Result<Outcome<Value>, String> {
    let mut answer: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    match answer.get_mut("error").map_or(Value::Null, Value::take) {
        Value::Null => {}
        error => return Ok(Err(failure(&error))),
    }
    let Some(result) = answer.get_mut("result") else {
        return Err("neither result nor error in the answer, expected one of them".to_owned());
    };
    match result.get("Status").and_then(Value::as_str) {
        None => Ok(Ok(result.take())),
        Some("Success") => Ok(Ok(result.get_mut("Value").map_or(Value::Null, Value::take))),
        Some(_) => Ok(Err(failure(&result["ErrorDescription"]))),
    }
}

/// An answer that maps references to records, one record at a time.
pub(super) fn records(
    reader: impl Read,
    each: &mut dyn FnMut(&str, &Value),
) -> Result<Outcome<()>, String> {
    let mut json = serde_json::Deserializer::from_reader(reader);
    let mut reading = Records { each, failure: None, seen: false };
    Answer(&mut reading).deserialize(&mut json).map_err(|error| error.to_string())?;
    match (reading.failure, reading.seen) {
        (Some(failure), _) => Ok(Err(failure)),
        (None, true) => Ok(Ok(())),
        (None, false) => Err("no records in the answer, expected a map of them".to_owned()),
    }
}

fn failure(error: &Value) -> Failure {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().map_or_else(Vec::new, |list| list.iter().map(text).collect())
    };
    match error {
        Value::Object(error) => {
            let mut description = vec![error.get("message").map(text).unwrap_or_default()];
            description.extend(error.get("data").map(texts).unwrap_or_default());
            Failure::new(description)
        }
        Value::Array(_) => Failure::new(texts(error)),
        other => Failure::new(vec![text(other)]),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

struct Records<'a> {
    each: &'a mut dyn FnMut(&str, &Value),
    failure: Option<Failure>,
    seen: bool,
}

/// The outermost object.
struct Answer<'r, 'a>(&'r mut Records<'a>);

impl<'de> DeserializeSeed<'de> for Answer<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Answer<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer of JSON-RPC")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "result" => map.next_value_seed(Map(&mut *self.0))?,
                "error" => match map.next_value::<Value>()? {
                    Value::Null => {}
                    error => self.0.failure = Some(failure(&error)),
                },
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The map of records, or what the first hosts wrap around it.
struct Map<'r, 'a>(&'r mut Records<'a>);

impl<'de> DeserializeSeed<'de> for Map<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Map<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of records")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.seen = true;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "Status" => drop(map.next_value::<IgnoredAny>()?),
                "Value" => map.next_value_seed(Map(&mut *self.0))?,
                "ErrorDescription" => {
                    self.0.failure = Some(failure(&map.next_value::<Value>()?));
                }
                reference => (self.0.each)(reference, &map.next_value()?),
            }
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(()) // `result: null` beside an error.
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Outcome<Vec<String>>, String> {
        let mut found = Vec::new();
        let mut each =
            |reference: &str, record: &Value| found.push(format!("{reference} {record}"));
        let outcome = records(body.as_bytes(), &mut each)?;
        Ok(outcome.map(|()| found))
    }

    fn refusal(code: &str, arguments: &[&str]) -> Failure {
        Failure {
            code: code.to_owned(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        }
    }

    #[test]
    fn both_versions_give_the_same() {
        let second = r#"{"jsonrpc":"2.0","result":{"a":1},"id":1}"#;
        let first = r#"{"result":{"Status":"Success","Value":{"a":1}},"error":null,"id":1}"#;
        for body in [second, first] {
            assert_eq!(answer(body.as_bytes()).unwrap().unwrap(), json!({"a": 1}));
            assert_eq!(read(body).unwrap().unwrap(), ["a 1"]);
        }
    }

    #[test]
    fn a_refusal_is_read_in_every_form() {
        let wanted = refusal("HOST_IS_SLAVE", &["10.0.0.2"]);
        for body in [
            r#"{"jsonrpc":"2.0","error":{"code":1,"message":"HOST_IS_SLAVE","data":["10.0.0.2"]},"id":1}"#,
            r#"{"result":null,"error":["HOST_IS_SLAVE","10.0.0.2"],"id":1}"#,
            r#"{"result":{"Status":"Failure","ErrorDescription":["HOST_IS_SLAVE","10.0.0.2"]},"error":null}"#,
        ] {
            assert_eq!(answer(body.as_bytes()).unwrap().unwrap_err(), wanted);
            assert_eq!(read(body).unwrap().unwrap_err(), wanted);
        }
        let session = r#"{"error":{"message":"SESSION_INVALID","data":["OpaqueRef:1"]}}"#;
        assert_eq!(
            answer(session.as_bytes()).unwrap().unwrap_err(),
            refusal("SESSION_INVALID", &[])
        );
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for body in ["", "[]", "{}", "<html>", r#"{"result":{"a":{"b":"#, r#"{"id":1}"#] {
            assert!(answer(body.as_bytes()).is_err(), "{body}");
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_call_is_json_rpc_2() {
        let call: Value =
            serde_json::from_slice(&request("VM.get_all", &[json!("s"), json!(1.5)])).unwrap();
        assert_eq!(call, json!({"jsonrpc":"2.0","method":"VM.get_all","params":["s",1.5],"id":1}));
    }
}
