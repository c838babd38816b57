//! Answers: `{"listzonesresponse": {"count": 2, "zone": [..]}}`, read while they are parsed. No I/O.
//!
//! Promises: raw control characters inside texts are replaced and counted; members that nobody asked for are read
//! over without being kept; one member in place of a list is a list of one.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::lenient::{List, Number, Text};

/// What an answer holds.
#[derive(Debug)]
pub struct Answer<T> {
    /// `count`; a server without anything to list leaves it out.
    pub count: Option<u64>,
    /// What stands under the key that was asked for.
    pub rows: Vec<T>,
    /// `errorcode` and `errortext`.
    pub refusal: Option<(u16, String)>,
}

/// Reads an answer whose rows stand under `key`.
///
/// # Errors
/// When it is no JSON, or of another shape.
pub fn read<'de, T: Deserialize<'de>>(
    json: &'de [u8],
    key: &'static str,
) -> Result<Answer<T>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let answer = Outer { key, of: PhantomData }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(answer)
}

/// Replaces control characters inside texts by spaces and returns how many there were. Outside of texts they are
/// white space or an error.
pub fn sanitise(json: &mut [u8]) -> u64 {
    let (mut inside, mut escaped, mut replaced) = (false, false, 0);
    for byte in json {
        match *byte {
            _ if !inside => inside = *byte == b'"',
            0..0x20 => {
                // After a backslash a space would be no JSON either.
                *byte = if std::mem::take(&mut escaped) { b'n' } else { b' ' };
                replaced += 1;
            }
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => inside = false,
            _ => {}
        }
    }
    replaced
}

struct Outer<T> {
    key: &'static str,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Outer<T> {
    type Value = Answer<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Answer<T>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Outer<T> {
    type Value = Answer<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with one response")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Answer<T>, A::Error> {
        let mut answer = None;
        while object.next_key::<IgnoredAny>()?.is_some() {
            let inner = Inner { key: self.key, of: PhantomData };
            answer = Some(object.next_value_seed(inner)?);
        }
        answer.ok_or_else(|| serde::de::Error::custom("an empty object, expected a response"))
    }
}

struct Inner<T> {
    key: &'static str,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Inner<T> {
    type Value = Answer<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Answer<T>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Inner<T> {
    type Value = Answer<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a response")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Answer<T>, A::Error> {
        let mut answer = Answer { count: None, rows: Vec::new(), refusal: None };
        let (mut code, mut text) = (Number::default(), Text::default());
        while let Some(name) = object.next_key::<Box<str>>()? {
            match &*name {
                "count" => answer.count = object.next_value::<Number>()?.0.map(|n| n as u64),
                "errorcode" => code = object.next_value()?,
                "errortext" => text = object.next_value()?,
                name if name == self.key => answer.rows = object.next_value::<List<T>>()?.0,
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        answer.refusal = code.0.map(|code| (code as u16, text.to_string()));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(json: &str) -> Answer<Text> {
        read(json.as_bytes(), "zone").unwrap()
    }

    #[test]
    fn lists_objects_and_nothing_are_read() {
        let answer = rows(r#"{"r":{"count":2,"x":{"zone":[9]},"zone":["a","b"]}}"#);
        assert_eq!((answer.count, answer.rows.len()), (Some(2), 2));
        let answer = rows(r#"{"r":{}}"#);
        assert_eq!((answer.count, answer.rows.len(), answer.refusal), (None, 0, None));
        assert_eq!(rows(r#"{"r":{"zone":{"name":"one"}}}"#).rows.len(), 1);
    }

    #[test]
    fn a_refusal_is_told_with_code_and_text() {
        let answer =
            rows(r#"{"e":{"uuidList":[],"errorcode":431,"cserrorcode":4350,"errortext":"no"}}"#);
        assert_eq!(answer.refusal, Some((431, "no".to_owned())));
    }

    #[test]
    fn what_is_cut_or_something_else_is_an_error() {
        for json in [r#"{"r":{"zone":[1"#, "<html>", "", "{}", "[]", r#"{"r":{}} x"#, r#"{"r":1}"#]
        {
            assert!(read::<Text>(json.as_bytes(), "zone").is_err(), "{json}");
        }
    }

    #[test]
    fn control_characters_inside_texts_are_replaced_and_counted() {
        let mut json =
            b"{\n\"r\":{\"zone\":[\"a\x01b\nc\\\"\td\", \"\\\\\", \"e\\\x02f\"]}}\n".to_vec();
        assert_eq!(sanitise(&mut json), 4);
        let answer = read::<Text>(&json, "zone").unwrap();
        let texts: Vec<&str> = answer.rows.iter().map(|text| &**text).collect();
        assert_eq!(texts, ["a b c\" d", "\\", "e\nf"]);
        let clean = json.clone();
        assert_eq!(sanitise(&mut json), 0);
        assert_eq!(json, clean);
    }
}
