//! The tables of cases, by the name of the peer's test: how each is run, or why it is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use snmp_exporter::client::{Target, Transport};
use snmp_exporter::collect::{
    LargeCounters, Table as Answers, add, date_and_time, displayed, indexed, labels, ntp_timestamp,
    parsed_time, text,
};
use snmp_exporter::config::{EnumValues, Size, Type};
use snmp_exporter::probe::Query;
use snmp_exporter::text::{Kind, Page};
use snmp_exporter::varbind::{Oid, Value};

use super::{Run, Table, fetched, given, same};

const COUNTERS: LargeCounters = LargeCounters::Wrap;

/// What is done with the cases of this test.
pub(super) fn of(name: &str) -> Table {
    let run: Run = match name {
        "TestPduToSample" => samples,
        "TestIndexesToLabels" => row_labels,
        "TestPduValueAsString" => value_as_text,
        "TestNtpTimestamp" => ntp,
        "TestParseDateAndTime" => date,
        "TestParseDateAndTimeWithPattern" => date_with_pattern,
        "TestOidToList" => oid_to_list,
        "TestSplitOid" => split_oid,
        "TestApplyDisplayHint"
        | "TestApplyDisplayHintUTF8"
        | "TestApplyDisplayHintZeroWidthValid"
        | "TestApplyDisplayHintErrors"
        | "TestApplyDisplayHintZeroWidthInvalid" => hint,
        "TestApplyDisplayHintOverflowPanic" => hint_without_panic,
        "TestNewGoSNMPTargetParsing" => target,
        "TestParseModules" => modules,
        "TestScrapeTarget" => fetched::module,
        "TestFilterAllowedIndices" => fetched::admitted_rows,
        "TestUpdateWalkConfig" => fetched::restricted_walks,
        "TestUpdateGetConfig" => fetched::restricted_gets,
        "TestAddAllowedIndices" => fetched::gets_of_rows,
        _ => return Table::Exempt("a new table of the peer's, not known here"),
    };
    Table::Run(run)
}

fn samples(case: &Json) -> Result<(), String> {
    let metric = given::metric(case);
    let index = given::numbers(&case["indexOids"]);
    let answers = given::answers(&case["oidToPdu"]);
    let table = Answers::new(&answers);
    let mut page = Page::default();
    let labels = Arc::new(labels(&index, &metric, &table, COUNTERS));
    add(&metric, &index, &given::value(&case["pdu"]), labels, &table, COUNTERS, &mut page);
    let mut ours: Vec<String> = page.samples().map(|(name, (help, how), kind, sample)| {
        let names: Vec<&str> = sample.labels().map(|(name, _)| name).collect();
        let names = names.join(",");
        let labels = sample.labels().map(|(name, value)| format!(" label:{{name:{name:?} value:\"{value}\"}}"));
        let labels: String = labels.collect();
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        format!(
            "Desc{{fqName: {name:?}, help: \"{help}{how}\", constLabels: {{}}, variableLabels: {{{names}}}}}{labels} {kind}:{{value:{}}}",
            sample.value
        )
    }).collect();
    let theirs = serde_json::from_value::<Vec<String>>(case["expectedMetrics"].clone());
    let mut theirs = theirs.unwrap_or_default();
    ours.sort();
    theirs.sort();
    same(ours, theirs)
}

fn row_labels(case: &Json) -> Result<(), String> {
    let metric = given::metric(case);
    let answers = given::answers(&case["oidToPdu"]);
    let index = given::numbers(&case["oid"]);
    let labels = labels(&index, &metric, &Answers::new(&answers), COUNTERS);
    let ours: BTreeMap<_, _> =
        labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    same(ours, serde_json::from_value(case["result"].clone()).unwrap())
}

fn value_as_text(case: &Json) -> Result<(), String> {
    let hint = case["displayHint"].as_str().unwrap_or_default();
    let ours = text(&given::value(&case["pdu"]), given::kind(&case["typ"]), hint);
    same(ours.as_str(), case["result"].as_str().unwrap())
}

fn ntp(case: &Json) -> Result<(), String> {
    time(case, case["err"] == true, |value| match value {
        Value::OctetString(bytes) => ntp_timestamp(bytes),
        _ => None,
    })
}

fn date(case: &Json) -> Result<(), String> {
    time(case, !case["err"].is_null(), |value| match value {
        Value::OctetString(bytes) => date_and_time(bytes),
        _ => None,
    })
}

fn date_with_pattern(case: &Json) -> Result<(), String> {
    let pattern = case["metric"]["DateTimePattern"].as_str().unwrap();
    time(case, case["shouldErr"] == true, |value| {
        parsed_time(&text(value, Some(Type::DisplayString), ""), pattern)
    })
}

fn time(case: &Json, fails: bool, read: impl Fn(&Value) -> Option<i64>) -> Result<(), String> {
    let theirs = if fails { None } else { case["result"].as_f64() };
    same(read(&given::value(&case["pdu"])).map(|seconds| seconds as f64), theirs)
}

fn oid_to_list(case: &Json) -> Result<(), String> {
    let Oid(ours) = given::oid(case["oid"].as_str().unwrap());
    same(ours, given::numbers(&case["result"]))
}

/// An index of a fixed size is split off as it is.
fn split_oid(case: &Json) -> Result<(), String> {
    let numbers = given::numbers(&case["oid"]);
    let size = Size::Fixed(case["count"].as_u64().unwrap() as usize);
    let read = indexed(&numbers, Type::OctetString, size, &EnumValues::new());
    let theirs = (given::numbers(&case["resultHead"]), given::numbers(&case["resultTail"]));
    same((read.used, read.rest.to_vec()), theirs)
}

fn hint(case: &Json) -> Result<(), String> {
    let ours = displayed(case["hint"].as_str().unwrap(), &given::bytes(&case["data"]));
    same(ours.as_deref(), case["result"].as_str())
}

fn hint_without_panic(case: &Json) -> Result<(), String> {
    let (hint, bytes) = (case["hint"].as_str().unwrap(), given::bytes(&case["data"]));
    match std::panic::catch_unwind(|| displayed(hint, &bytes)) {
        Ok(_) => Ok(()),
        Err(_) => Err("it panics".to_owned()),
    }
}

fn target(case: &Json) -> Result<(), String> {
    let ours = case["target"].as_str().unwrap().parse::<Target>();
    if case["shouldErr"] == true {
        return same(ours.is_err(), true);
    }
    let ours = ours.map_err(|error| error.to_string())?;
    let transport = match ours.transport() {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
    };
    let theirs = (case["transport"].as_str().unwrap(), case["host"].as_str().unwrap());
    same(((transport, ours.host()), Some(ours.port().into())), (theirs, case["port"].as_u64()))
}

fn modules(case: &Json) -> Result<(), String> {
    let given: BTreeMap<String, Vec<String>> =
        serde_json::from_value(case["query"].clone()).unwrap();
    let given = given
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| format!("&{name}={value}")));
    let ours: Result<Query, _> = format!("target=a{}", given.collect::<String>()).parse();
    match (ours, case["wantErr"].as_str()) {
        (Ok(ours), _) => {
            same(ours.modules, serde_json::from_value(case["want"].clone()).unwrap_or_default())
        }
        (Err(ours), theirs) => same(Some(ours.to_string().as_str()), theirs),
    }
}
