//! XML-RPC as XAPI speaks it: strings without a tag, integers as strings, every answer a `Status` and a `Value`.

use std::fmt::Write as _;

use roxmltree::{Document, Node};

use super::{Call, Failure, Outcome};
use crate::value::Value;

/// Reads a call. The error says what is wrong with it.
pub(crate) fn read(body: &str) -> Result<Call, String> {
    // Some clients declare a document type, which means nothing here.
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let document =
        Document::parse_with_options(body, options).map_err(|error| error.to_string())?;
    let call = document.root_element();
    if !call.has_tag_name("methodCall") {
        return Err(format!("root is {:?}, expected methodCall", call.tag_name().name()));
    }
    let method = child(call, "methodName").and_then(|node| node.text());
    let method = method.ok_or("there is no methodName")?.trim().to_owned();
    let parameters = child(call, "params").into_iter().flat_map(elements);
    let parameters = parameters
        .map(|parameter| child(parameter, "value").ok_or("param: there is no value".to_owned()))
        .map(|node| node.and_then(value))
        .collect::<Result<_, _>>()?;
    Ok(Call { method, parameters })
}

/// Writes an answer.
pub(crate) fn write(outcome: &Outcome) -> String {
    let mut xml =
        "<?xml version=\"1.0\"?><methodResponse><params><param><value><struct>".to_owned();
    match outcome {
        Ok(value) => {
            xml.push_str(
                "<member><name>Status</name><value>Success</value></member>\
                 <member><name>Value</name>",
            );
            write_value(&mut xml, value);
            xml.push_str("</member>");
        }
        Err(failure) => write_failure(&mut xml, failure),
    }
    xml.push_str("</struct></value></param></params></methodResponse>");
    xml
}

/// What a host answers that knows nothing of the other dialect.
pub(crate) fn fault(text: &str) -> String {
    let mut xml = "<?xml version=\"1.0\"?><methodResponse><fault><value><struct>".to_owned();
    xml.push_str("<member><name>faultCode</name><value><int>-32700</int></value></member>");
    xml.push_str("<member><name>faultString</name><value>");
    escape(&mut xml, text);
    xml.push_str("</value></member></struct></value></fault></methodResponse>");
    xml
}

fn value(node: Node<'_, '_>) -> Result<Value, String> {
    let Some(typed) = elements(node).next() else {
        return Ok(Value::text(text(node)));
    };
    let content = text(typed);
    let number = || format!("{}: {content:?}, expected a number", typed.tag_name().name());
    Ok(match typed.tag_name().name() {
        "string" => Value::text(content),
        "int" | "i4" | "i8" => Value::Int(content.trim().parse().map_err(|_| number())?),
        "double" => Value::Float(content.trim().parse().map_err(|_| number())?),
        "boolean" => Value::Bool(content.trim() == "1"),
        "dateTime.iso8601" => Value::time(content),
        "nil" => Value::nothing(),
        "array" => {
            let items = child(typed, "data").into_iter().flat_map(elements);
            Value::Set(items.map(value).collect::<Result<_, _>>()?)
        }
        "struct" => {
            let mut members = Vec::new();
            for member in elements(typed) {
                let name = child(member, "name").map(text).ok_or("member: there is no name")?;
                let inner = child(member, "value").ok_or("member: there is no value")?;
                members.push((name.into(), value(inner)?));
            }
            Value::Map(std::sync::Arc::new(members.into_iter().collect()))
        }
        other => return Err(format!("value: no type is named {other:?}")),
    })
}

fn elements<'a, 'input>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    elements(node).find(|child| child.has_tag_name(name))
}

fn text(node: Node<'_, '_>) -> String {
    node.children().filter_map(|child| child.text()).collect()
}

fn write_failure(xml: &mut String, failure: &Failure) {
    xml.push_str(
        "<member><name>Status</name><value>Failure</value></member>\
         <member><name>ErrorDescription</name><value><array><data>",
    );
    for text in [failure.code()].into_iter().chain(failure.details().iter().map(String::as_str)) {
        xml.push_str("<value>");
        escape(xml, text);
        xml.push_str("</value>");
    }
    xml.push_str("</data></array></value></member>");
}

fn write_value(xml: &mut String, value: &Value) {
    xml.push_str("<value>");
    match value {
        Value::Bool(value) => {
            let _ = write!(xml, "<boolean>{}</boolean>", u8::from(*value));
        }
        Value::Int(number) => {
            let _ = write!(xml, "{number}");
        }
        Value::Float(number) => {
            let _ = write!(xml, "<double>{number}</double>");
        }
        Value::Time(time) => {
            let _ = write!(xml, "<dateTime.iso8601>{time}</dateTime.iso8601>");
        }
        Value::Text(text) => escape(xml, text),
        Value::Set(values) => {
            xml.push_str("<array><data>");
            values.iter().for_each(|value| write_value(xml, value));
            xml.push_str("</data></array>");
        }
        Value::Map(fields) => {
            xml.push_str("<struct>");
            for (name, value) in fields.iter() {
                xml.push_str("<member><name>");
                escape(xml, name);
                xml.push_str("</name>");
                write_value(xml, value);
                xml.push_str("</member>");
            }
            xml.push_str("</struct>");
        }
    }
    xml.push_str("</value>");
}

fn escape(xml: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['<', '>', '&', '"', '\'', '\r']) {
        xml.push_str(&rest[..at]);
        xml.push_str(match rest.as_bytes()[at] {
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'&' => "&amp;",
            b'"' => "&quot;",
            b'\'' => "&apos;",
            _ => "&#13;",
        });
        rest = &rest[at + 1..];
    }
    xml.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read_in_all_its_types() {
        let call = read(
            "<?xml version='1.0'?>\n<methodCall>\n<methodName>event.from</methodName>\n<params>\n\
             <param><value>bare &amp; untyped</value></param><param><value/></param>\n\
             <param><value><array><data>\n<value><string>*</string></value></data></array></value></param>\n\
             <param><value><double>30.1</double></value></param>\
             <param><value><struct><member><name>k</name><value><boolean>1</boolean></value></member></struct>\
             </value></param>\
             </params></methodCall>",
        );
        let expected = vec![
            Value::text("bare & untyped"),
            Value::text(""),
            Value::texts(["*"]),
            Value::Float(30.1),
            Value::map([("k", Value::Bool(true))]),
        ];
        assert_eq!(call, Ok(Call { method: "event.from".into(), parameters: expected }));
    }

    #[test]
    fn an_answer_is_what_xapi_writes() {
        let record = Value::map([
            ("name", Value::text("a<b")),
            ("size", Value::Int(5)),
            ("live", Value::Bool(true)),
        ]);
        assert_eq!(
            write(&Ok(record)),
            "<?xml version=\"1.0\"?><methodResponse><params><param><value><struct>\
             <member><name>Status</name><value>Success</value></member><member><name>Value</name><value><struct>\
             <member><name>name</name><value>a&lt;b</value></member><member><name>size</name><value>5</value></member>\
             <member><name>live</name><value><boolean>1</boolean></value></member></struct></value></member>\
             </struct></value></param></params></methodResponse>"
        );
        assert_eq!(
            write(&Err(Failure::new("HOST_IS_SLAVE", ["127.0.0.2"]))),
            "<?xml version=\"1.0\"?><methodResponse><params><param><value><struct>\
             <member><name>Status</name><value>Failure</value></member><member><name>ErrorDescription</name>\
             <value><array><data><value>HOST_IS_SLAVE</value><value>127.0.0.2</value></data></array></value></member>\
             </struct></value></param></params></methodResponse>"
        );
    }
}
