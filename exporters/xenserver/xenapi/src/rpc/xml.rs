//! XML-RPC as XAPI speaks it.
//!
//! Promises: any bytes give a value or an error, never a panic; nesting is bounded. XAPI leaves out types where
//! it can, so an untyped value is a string; it writes integers as strings.

use std::io::BufRead;

use quick_xml::{
    Reader,
    escape::{escape, resolve_predefined_entity},
    events::Event,
};
use serde_json::{Map, Value};

use super::Outcome;
use crate::Failure;

/// Deepest nesting of values. XAPI's own answers have five levels.
const DEEPEST: usize = 32;

/// A call.
pub(super) fn request(method: &str, parameters: &[Value]) -> Vec<u8> {
    let mut body = format!(
        "<?xml version=\"1.0\"?><methodCall><methodName>{}</methodName><params>",
        escape(method)
    );
    for parameter in parameters {
        body.push_str("<param>");
        write(&mut body, parameter);
        body.push_str("</param>");
    }
    body.push_str("</params></methodCall>");
    body.into_bytes()
}

/// A whole answer.
pub(super) fn answer(body: impl BufRead) -> Result<Outcome<Value>, String> {
    let mut value = Value::Null;
    let outcome = Decoder::new(body).envelope(&mut |decoder| {
        value = decoder.value(0)?;
        Ok(())
    })?;
    Ok(outcome.map(|()| value))
}

/// An answer that maps references to records, one record at a time.
pub(super) fn records(
    body: impl BufRead,
    each: &mut dyn FnMut(&str, &Value),
) -> Result<Outcome<()>, String> {
    Decoder::new(body).envelope(&mut |decoder| {
        decoder.structure(&mut |decoder, reference| {
            let record = decoder.value(1)?;
            each(&reference, &record);
            Ok(())
        })
    })
}

fn write(body: &mut String, value: &Value) {
    let (open, text, close) = match value {
        Value::Null => ("<nil/>", String::new(), ""),
        Value::Bool(value) => ("<boolean>", u8::from(*value).to_string(), "</boolean>"),
        Value::Number(number) if number.is_f64() => ("<double>", number.to_string(), "</double>"),
        // XAPI's `int` is a string on this wire.
        Value::Number(number) => ("<string>", number.to_string(), "</string>"),
        Value::String(text) => ("<string>", escape(text.as_str()).into_owned(), "</string>"),
        Value::Array(list) => {
            let mut text = String::new();
            list.iter().for_each(|value| write(&mut text, value));
            ("<array><data>", text, "</data></array>")
        }
        Value::Object(map) => {
            let mut text = String::new();
            for (name, value) in map {
                text.push_str(&format!("<member><name>{}</name>", escape(name.as_str())));
                write(&mut text, value);
                text.push_str("</member>");
            }
            ("<struct>", text, "</struct>")
        }
    };
    for part in ["<value>", open, &text, close, "</value>"] {
        body.push_str(part);
    }
}

/// What stands next in an answer.
enum Token {
    Open(String),
    Close,
    Text(String),
}

struct Decoder<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
}

type Read<T> = Result<T, String>;

impl<R: BufRead> Decoder<R> {
    fn new(body: R) -> Self {
        let mut reader = Reader::from_reader(body);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new() }
    }

    /// `<methodResponse>` with XAPI's `{Status, Value}`. `on_value` reads the value.
    fn envelope(&mut self, on_value: &mut dyn FnMut(&mut Self) -> Read<()>) -> Read<Outcome<()>> {
        self.expect("methodResponse")?;
        match self.open()?.as_deref() {
            Some("params") => {}
            Some("fault") => {
                self.expect("value")?;
                let fault = self.value(0)?;
                let text = fault["faultString"].as_str().unwrap_or("fault");
                return Ok(Err(Failure::new(vec![text.to_owned()])));
            }
            other => return Err(format!("{other:?} in methodResponse, expected params or fault")),
        }
        self.expect("param")?;
        self.expect("value")?;
        let (mut seen, mut failure) = (false, None);
        self.structure(&mut |decoder, name| {
            match name.as_str() {
                "Value" => {
                    seen = true;
                    on_value(decoder)?;
                }
                "ErrorDescription" => {
                    let list = decoder.value(0)?;
                    let list = list.as_array().map_or(&[][..], Vec::as_slice);
                    let texts = list.iter().filter_map(Value::as_str).map(str::to_owned);
                    failure = Some(Failure::new(texts.collect()));
                }
                _ => drop(decoder.value(0)?),
            }
            Ok(())
        })?;
        match (failure, seen) {
            (Some(failure), _) => Ok(Err(failure)),
            (None, true) => Ok(Ok(())),
            (None, false) => Err("no Value in the answer, expected one".to_owned()),
        }
    }

    /// A value whose `<value>` has been opened, up to and with its close.
    fn value(&mut self, depth: usize) -> Read<Value> {
        if depth > DEEPEST {
            return Err(format!("values nested deeper than {DEEPEST}"));
        }
        let mut text = String::new();
        let kind = loop {
            match self.next()? {
                Token::Text(more) => text.push_str(&more),
                Token::Close => return Ok(Value::String(text)),
                Token::Open(kind) => break kind,
            }
        };
        let value = match kind.as_str() {
            "struct" => {
                let mut map = Map::new();
                self.members(&mut |decoder, name| {
                    map.insert(name, decoder.value(depth + 1)?);
                    Ok(())
                })?;
                Value::Object(map)
            }
            "array" => self.array(depth)?,
            "nil" => {
                self.text()?;
                Value::Null
            }
            "boolean" => Value::Bool(matches!(self.text()?.trim(), "1" | "true")),
            "int" | "i4" | "i8" => {
                let text = self.text()?;
                text.trim().parse().map_or(Value::String(text), |number: i64| number.into())
            }
            "double" => {
                let text = self.text()?;
                let number = text.trim().parse().ok().and_then(serde_json::Number::from_f64);
                number.map_or(Value::String(text), Value::Number)
            }
            "string" | "dateTime.iso8601" | "base64" => Value::String(self.text()?),
            other => return Err(format!("a value of type {other:?}, expected one of XML-RPC's")),
        };
        self.close()?;
        Ok(value)
    }

    /// A value that is a struct, whose `<value>` has been opened. An untyped or empty one has no members.
    fn structure(&mut self, member: &mut dyn FnMut(&mut Self, String) -> Read<()>) -> Read<()> {
        match self.open()?.as_deref() {
            None => Ok(()),
            Some("struct") => {
                self.members(member)?;
                self.close()
            }
            Some(other) => Err(format!("a value of type {other:?}, expected struct")),
        }
    }

    /// The members of a struct that has been opened. `member` reads each value.
    fn members(&mut self, member: &mut dyn FnMut(&mut Self, String) -> Read<()>) -> Read<()> {
        while let Some(tag) = self.open()? {
            if tag != "member" {
                return Err(format!("{tag:?} in struct, expected member"));
            }
            self.expect("name")?;
            let name = self.text()?;
            self.expect("value")?;
            member(self, name)?;
            self.close()?;
        }
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Read<Value> {
        let mut list = Vec::new();
        self.expect("data")?;
        while let Some(tag) = self.open()? {
            if tag != "value" {
                return Err(format!("{tag:?} in array, expected value"));
            }
            list.push(self.value(depth + 1)?);
        }
        self.close()?;
        Ok(Value::Array(list))
    }

    /// The text of an element that has been opened, up to and with its close.
    fn text(&mut self) -> Read<String> {
        let mut text = String::new();
        loop {
            match self.next()? {
                Token::Text(more) => text.push_str(&more),
                Token::Close => return Ok(text),
                Token::Open(tag) => return Err(format!("{tag:?} inside a text")),
            }
        }
    }

    fn expect(&mut self, wanted: &str) -> Read<()> {
        match self.open()? {
            Some(tag) if tag == wanted => Ok(()),
            Some(tag) => Err(format!("{tag:?}, expected {wanted:?}")),
            None => Err(format!("an end, expected {wanted:?}")),
        }
    }

    /// The next element opened, `None` when the one around it is closed first.
    fn open(&mut self) -> Read<Option<String>> {
        loop {
            match self.next()? {
                Token::Open(tag) => return Ok(Some(tag)),
                Token::Close => return Ok(None),
                Token::Text(_) => {}
            }
        }
    }

    fn close(&mut self) -> Read<()> {
        match self.open()? {
            None => Ok(()),
            Some(tag) => Err(format!("{tag:?} after a whole value, expected its end")),
        }
    }

    fn next(&mut self) -> Read<Token> {
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer);
            let token = match event.map_err(|error| error.to_string())? {
                Event::Start(tag) => Token::Open(tag.local_name().as_ref().to_owned()),
                Event::End(_) => Token::Close,
                Event::Text(text) => Token::Text(text.to_string()),
                Event::CData(text) => Token::Text(text.to_string()),
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().ok().flatten();
                    let name: &str = &reference;
                    let text = character
                        .map(String::from)
                        .or_else(|| resolve_predefined_entity(name).map(str::to_owned));
                    Token::Text(text.unwrap_or_else(|| format!("&{name};")))
                }
                Event::Eof => return Err("the answer ends too early".to_owned()),
                _ => continue,
            };
            return Ok(token);
        }
    }
}

#[cfg(test)]
mod tests;
