use serde_json::json;

use super::*;

fn success(value: &str) -> String {
    format!(
        "<?xml version='1.0'?><methodResponse><params><param><value><struct>\
         <member><name>Status</name><value>Success</value></member>\
         <member><name>Value</name>{value}</member></struct></value></param></params></methodResponse>"
    )
}

fn read(value: &str) -> Value {
    answer(success(value).as_bytes()).unwrap().unwrap()
}

#[test]
fn every_type_is_read_typed_or_not() {
    for (text, value) in [
        ("<value>plain</value>", json!("plain")),
        ("<value/>", json!("")),
        ("<value></value>", json!("")),
        ("<value><string>a &lt; b &amp;&#x41; &none;</string></value>", json!("a < b &A &none;")),
        ("<value><![CDATA[<x>]]></value>", json!("<x>")),
        ("<value> <int>-7</int> </value>", json!(-7)),
        ("<value><i4>x</i4></value>", json!("x")),
        ("<value><double>0.5</double></value>", json!(0.5)),
        ("<value><double>nan</double></value>", json!("nan")),
        ("<value><boolean>1</boolean></value>", json!(true)),
        ("<value><boolean>0</boolean></value>", json!(false)),
        (
            "<value><dateTime.iso8601>19700101T00:00:00Z</dateTime.iso8601></value>",
            json!("19700101T00:00:00Z"),
        ),
        ("<value><nil/></value>", Value::Null),
        ("<value><struct/></value>", json!({})),
        ("<value><array><data/></array></value>", json!([])),
        ("<value><array><data><value>a</value><value/></data></array></value>", json!(["a", ""])),
        (
            "<value><struct><member><name>a</name><value><struct><member><name>b</name>\
             <value>c</value></member></struct></value></member></struct></value>",
            json!({"a": {"b": "c"}}),
        ),
    ] {
        assert_eq!(read(text), value, "{text}");
    }
}

#[test]
fn whitespace_between_elements_means_nothing() {
    let spaced = success("<value><array><data><value>a</value></data></array></value>")
        .replace("><", ">\n  <");
    assert_eq!(answer(spaced.as_bytes()).unwrap().unwrap(), json!(["a"]));
}

#[test]
fn refusals_and_faults_are_told() {
    let refused = "<methodResponse><params><param><value><struct><member><name>Status</name>\
        <value>Failure</value></member><member><name>ErrorDescription</name><value><array><data>\
        <value>HOST_IS_SLAVE</value><value>10.0.0.2</value></data></array></value></member></struct>\
        </value></param></params></methodResponse>";
    let failure = answer(refused.as_bytes()).unwrap().unwrap_err();
    assert_eq!(failure.to_string(), "HOST_IS_SLAVE \"10.0.0.2\"");
    let fault = "<methodResponse><fault><value><struct><member><name>faultString</name>\
        <value>broken</value></member></struct></value></fault></methodResponse>";
    assert_eq!(answer(fault.as_bytes()).unwrap().unwrap_err().code, "broken");
}

#[test]
fn what_is_no_answer_is_an_error() {
    let whole = success("<value>a</value>");
    for end in 0..whole.len() - "</struct></value></param></params></methodResponse>".len() {
        assert!(answer(&whole.as_bytes()[..end]).is_err(), "{}", &whole[..end]);
    }
    for body in ["<html><body>no</body></html>", "{}", "<methodResponse/>", "<methodResponse><x/>"]
    {
        assert!(answer(body.as_bytes()).is_err(), "{body}");
    }
    let deep = "<value><array><data>".repeat(100_000);
    assert!(answer(success(&deep).as_bytes()).unwrap_err().contains("deeper"));
}

#[test]
fn records_come_one_by_one() {
    let body = success(
        "<value><struct><member><name>OpaqueRef:1</name><value><struct><member><name>uuid</name>\
         <value>u</value></member></struct></value></member></struct></value>",
    );
    let mut found = Vec::new();
    let each =
        &mut |reference: &str, record: &Value| found.push((reference.to_owned(), record.clone()));
    records(body.as_bytes(), each).unwrap().unwrap();
    assert_eq!(found, [("OpaqueRef:1".to_owned(), json!({"uuid": "u"}))]);
}

#[test]
fn what_is_written_is_read_again() {
    let value = json!({"a<b": ["x & y", true, 0.5, {}], "n": null});
    let call = String::from_utf8(request("VM.add", &[value.clone(), json!(7)])).unwrap();
    assert!(call.contains("<methodName>VM.add</methodName>"), "{call}");
    assert!(call.contains("<string>7</string>"), "an int is a string: {call}");
    let written = &call[call.find("<value>").unwrap()..call.find("</param>").unwrap()];
    assert_eq!(read(written), value);
}
