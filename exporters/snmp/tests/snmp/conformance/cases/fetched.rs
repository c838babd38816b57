//! Cases about what is asked of a device, run against an agent on a real socket.
//!
//! The tables about filters hold the filter and the result; what the filter is applied to stands in the peer's
//! test itself, and is told here.

use regex::Regex;
use serde_json::{Value as Json, json};
use snmp_exporter::collect::text;
use snmp_exporter::config::Type;
use snmp_exporter::varbind::{Oid, Value};
use snmp_exporter::walk::{Request, Restriction};

use super::{given, same};
use crate::lab::{Lab, oid, oids, request, v2c, varbinds, walker};

/// A column of the interfaces' table.
fn column(number: u32) -> String {
    format!("1.3.6.1.2.1.2.2.1.{number}")
}

/// What a module's lists and filters fetch, in order.
pub(super) fn module(case: &Json) -> Result<(), String> {
    let got = case["getResponse"].as_object().into_iter().flatten().map(|(_, pdu)| pdu);
    let walked = case["walkResponses"].as_object().into_iter().flatten();
    let walked = walked.flat_map(|(_, pdus)| pdus.as_array().unwrap());
    let objects: Vec<_> = got.chain(walked).filter_map(object).collect();
    let expected = case["expectPdus"].as_array().unwrap().iter().filter_map(object);
    same(fetch(&objects, &case["module"]), expected.collect())
}

/// Rows 1 to 4 have the states 2, 1, 1 and 5.
pub(super) fn admitted_rows(case: &Json) -> Result<(), String> {
    let targets = given::strings(&case["filter"]["Targets"]);
    let states = [(1, 2), (2, 1), (3, 1), (4, 5)];
    let mut objects: Vec<_> =
        states.map(|(row, state)| integer(&format!("{}.{row}", column(8)), state)).into();
    for target in &targets {
        objects.extend((1..=4).map(|row| integer(&format!("{target}.{row}"), 0)));
    }
    let fetched = fetch(&objects, &json!({ "Walk": targets, "Filters": [case["filter"]] }));
    let rows: Vec<String> = given::strings(&case["result"]);
    let expected = targets
        .iter()
        .flat_map(|target| rows.iter().map(move |row| oid(&format!("{target}.{row}"))));
    same(names(fetched), expected.collect())
}

/// Columns 3, 5 and 7 are walked. No row is admitted, so that what comes back is what is still walked.
pub(super) fn restricted_walks(case: &Json) -> Result<(), String> {
    let walk = [3, 5, 7].map(column);
    let mut objects: Vec<_> =
        walk.iter().map(|column| integer(&format!("{column}.1"), 0)).collect();
    objects.push(integer(&format!("{}.1", column(8)), 9));
    let fetched = fetch(&objects, &json!({ "Walk": walk, "Filters": [case["filter"]] }));
    let left = given::strings(&case["result"]);
    same(names(fetched), left.iter().map(|column| oid(&format!("{column}.1"))).collect())
}

/// The same with objects that are got.
pub(super) fn restricted_gets(case: &Json) -> Result<(), String> {
    let get = [3, 5, 7].map(column);
    let mut objects: Vec<_> = get.iter().map(|name| integer(name, 0)).collect();
    objects.push(integer(&format!("{}.1", column(8)), 9));
    let fetched = fetch(&objects, &json!({ "Get": get, "Filters": [case["filter"]] }));
    same(names(fetched), given::strings(&case["result"]).iter().map(|name| oid(name)).collect())
}

/// Two objects are got anyway; rows 2 and 3 are admitted.
pub(super) fn gets_of_rows(case: &Json) -> Result<(), String> {
    let get = ["1.3.6.1.2.1.31.1.1.1.10", "1.3.6.1.2.1.31.1.1.1.11"];
    let expected: Vec<Oid> = given::strings(&case["result"]).iter().map(|name| oid(name)).collect();
    let mut objects: Vec<_> = expected.iter().map(|name| integer(&name.to_string(), 0)).collect();
    objects.extend([2, 3].map(|row| integer(&format!("{}.{row}", column(8)), 1)));
    let fetched = fetch(&objects, &json!({ "Get": get, "Filters": [case["filter"]] }));
    same(names(fetched), expected)
}

/// Name and value of an object; nothing where the device has none.
fn object(pdu: &Json) -> Option<(Oid, Value)> {
    let missing = matches!(
        pdu["Type"]["_const"].as_str(),
        Some("gosnmp.NoSuchObject" | "gosnmp.NoSuchInstance" | "gosnmp.EndOfMibView")
    );
    (!missing).then(|| (given::oid(pdu["Name"].as_str().unwrap()), given::value(pdu)))
}

fn integer(name: &str, value: i32) -> (Oid, Value) {
    (oid(name), Value::Integer(value))
}

fn names(fetched: Vec<(Oid, Value)>) -> Vec<Oid> {
    fetched.into_iter().map(|(oid, _)| oid).collect()
}

/// What is fetched of a device with these objects, by the lists and filters of a module in the peer's form.
fn fetch(objects: &[(Oid, Value)], module: &Json) -> Vec<(Oid, Value)> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("device.snmprec");
    std::fs::write(&path, objects.iter().map(line).collect::<String>()).unwrap();
    let lab = Lab::start(&["--snmp.recording", path.to_str().unwrap()]);

    let list = |key: &str| {
        let names = given::strings(&module[key]);
        oids(&names.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let filters: Vec<_> =
        module["Filters"].as_array().into_iter().flatten().map(Filter::of).collect();
    let admits: Vec<_> =
        filters.iter().map(|filter| |value: &Value| filter.admits(value)).collect();
    let restrictions: Vec<_> = std::iter::zip(&filters, &admits)
        .map(|(Filter { column, targets, .. }, admits)| Restriction { column, targets, admits })
        .collect();
    let (target, auth, get, walk) = (lab.target(), v2c(), list("Get"), list("Walk"));
    let request =
        Request { get: &get, restrictions: &restrictions, ..request(&target, &auth, &walk) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fetched = varbinds(runtime.block_on(walker(1).fetch(&request, None)));
    fetched.into_iter().map(|varbind| (varbind.oid, varbind.value)).collect()
}

struct Filter {
    column: Oid,
    targets: Vec<Oid>,
    values: Vec<Regex>,
}

impl Filter {
    fn of(given: &Json) -> Self {
        let targets = given::strings(&given["Targets"]).iter().map(|name| oid(name)).collect();
        let values = given::strings(&given["Values"])
            .iter()
            .map(|value| Regex::new(value).unwrap())
            .collect();
        Filter { column: given::oid(given["Oid"].as_str().unwrap()), targets, values }
    }

    fn admits(&self, value: &Value) -> bool {
        let text = text(value, Some(Type::DisplayString), "");
        self.values.iter().any(|pattern| pattern.is_match(&text))
    }
}

/// A line of a recording.
fn line((oid, value): &(Oid, Value)) -> String {
    match value {
        Value::Integer(number) => format!("{oid}|2|{number}\n"),
        Value::OctetString(bytes) => format!("{oid}|4|{}\n", String::from_utf8_lossy(bytes)),
        value => panic!("no line for {value:?}"),
    }
}
