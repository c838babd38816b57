use super::*;
use crate::config::{Config, File};
use crate::text::Duplicates;
use crate::varbind::Oid;

/// A module of metrics in YAML, one a line.
fn module(metrics: &str) -> Module {
    let lines = metrics.trim().lines().map(|line| format!("    - {{{}}}\n", line.trim()));
    let lines: String = lines.collect();
    let text = format!("auths: {{a: {{}}}}\nmodules:\n  m:\n    metrics:\n{lines}");
    let file: File = serde_saphyr::from_str(&text).unwrap();
    Module::clone(&Config::joined([file], None).unwrap().modules["m"])
}

fn varbind(name: &str, value: Value) -> Varbind {
    Varbind { oid: name.parse().unwrap(), value }
}

fn text(text: &'static str) -> Value {
    Value::OctetString(text.into())
}

/// The samples, without help and type.
fn samples(module: &Module, answers: &[Varbind], counters: LargeCounters) -> String {
    let mut page = Page::default();
    collect(module, &answers.iter().cloned().collect(), counters, &mut page);
    let written = page.write(Duplicates::Fail).unwrap_or_else(|flaws| panic!("{flaws:?}"));
    written.text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_wire_decides_what_the_value_is() {
    let module = module("name: n, oid: 1.1, type: gauge");
    let keep = |value| samples(&module, &[varbind("1.1.0", value)], LargeCounters::Keep);
    for (value, expected) in [
        (Value::Integer(-7), "n -7"),
        (Value::TimeTicks(u32::MAX), "n 4.294967295e+09"),
        (Value::Counter64(1 << 60), "n 1.152921504606847e+18"),
        (Value::Float(1.5), "n 1.5"),
        (Value::Double(0.1), "n 0.1"),
        (text("12"), "n 0"),
        (Value::IpAddress([1, 2, 3, 4]), "n 0"),
        (Value::Null, "n 0"),
    ] {
        assert_eq!(keep(value), expected);
    }
    let large = [varbind("1.1.0", Value::Counter64((1 << 53) + 5))];
    assert_eq!(samples(&module, &large, LargeCounters::Wrap), "n 5");
}

#[test]
fn the_shorter_name_takes_what_is_below_and_the_last_of_equals_stands() {
    let module = module(
        "name: below, oid: 1.1.2, type: gauge, indexes: [{labelname: i, type: gauge}]
         name: first, oid: 1.1, type: gauge
         name: last, oid: 1.1, type: gauge
         name: other, oid: 1.2, type: gauge",
    );
    let answers = [
        varbind("1.2.0", Value::Integer(1)),
        varbind("1.1.2.7", Value::Integer(2)),
        varbind("1.2.0", Value::Integer(3)),
        varbind("1.3.0", Value::Integer(4)),
        varbind("1", Value::Integer(5)),
    ];
    assert_eq!(samples(&module, &answers, LargeCounters::Wrap), "last 2\nother 3");
}

#[test]
fn lookups_find_chain_miss_and_drop() {
    let module = module(
        "name: n, oid: 1.1, type: gauge, indexes: [{labelname: i, type: gauge}], lookups: [\
         {labels: [i], labelname: port, oid: 1.2, type: gauge}, \
         {labels: [port], labelname: name, oid: 1.3, type: DisplayString}, \
         {labels: [name], labelname: nothing, oid: 1.3, type: DisplayString}, \
         {labels: [], labelname: i}]",
    );
    let answers = [
        varbind("1.1.1", Value::Integer(10)),
        varbind("1.1.2", Value::Integer(20)),
        varbind("1.1.3", Value::Integer(30)),
        varbind("1.2.1", Value::Integer(5)),
        varbind("1.2.3", Value::Integer(-5)),
        varbind("1.3.5", text("eth")),
    ];
    assert_eq!(
        samples(&module, &answers, LargeCounters::Wrap),
        "n{name=\"\",nothing=\"\",port=\"\"} 20\n\
         n{name=\"\",nothing=\"\",port=\"-5\"} 30\n\
         n{name=\"eth\",nothing=\"\",port=\"5\"} 10"
    );
}

#[test]
fn bits_need_bytes_and_states_need_a_free_label() {
    let module = module(
        "name: b, oid: 1.1, type: Bits, enum_values: {0: x, 9: y}
         name: s, oid: 1.2, type: EnumAsStateSet, indexes: [{labelname: s, type: gauge}]
         name: i, oid: 1.3, type: EnumAsInfo, indexes: [{labelname: i, type: gauge}]",
    );
    let flaws = |name: &str| {
        let answers = [varbind(name, Value::Integer(1))].into_iter().collect();
        let mut page = Page::default();
        collect(&module, &answers, LargeCounters::Wrap, &mut page);
        page.write(Duplicates::Fail).map_err(|flaws| flaws[0].to_string())
    };
    assert!(flaws("1.1.0").unwrap_err().starts_with("b is not an OCTET STRING"));
    assert!(flaws("1.2.1").unwrap_err().starts_with("s has a label s already"));
    assert_eq!(flaws("1.3.1").unwrap().text, "");
}

/// Whatever comes, under whatever type: nothing panics.
#[test]
fn no_answer_panics() {
    let mut seed = 1_u64;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let kinds = [
        "gauge",
        "counter",
        "Float",
        "Double",
        "OctetString",
        "DisplayString",
        "PhysAddress48",
        "InetAddressIPv4",
        "InetAddressIPv6",
        "InetAddress",
        "InetAddressMissingSize",
        "LldpPortId",
        "EnumAsInfo",
        "EnumAsStateSet",
        "Bits",
        "DateAndTime",
        "ParseDateAndTime",
        "NTPTimeStamp",
    ];
    for kind in kinds {
        for index in kinds {
            let index = match index {
                "Float" | "Double" | "EnumAsStateSet" | "Bits" | "DateAndTime"
                | "ParseDateAndTime" | "NTPTimeStamp" => "Integer32",
                index => index,
            };
            let module = module(&format!(
                "name: n, oid: 1.2, type: {kind}, enum_values: {{0: a, 70000: b, -1: c}}, datetime_pattern: '%Y %j', display_hint: '*1x:-3d', \
                 indexes: [{{labelname: i, type: {index}}}, {{labelname: j, type: gauge}}], \
                 lookups: [{{labels: [i, j], labelname: k, oid: 1.2, type: {kind}}}]"
            ));
            for _ in 0..40 {
                let answers: Answers = (0..6)
                    .map(|_| {
                        let mut name = vec![1, u32::try_from(random(2)).unwrap() + 1];
                        name.extend((0..random(9)).map(|_| {
                            let edge = [0, 1, 2, 4, 16, 255, 256, u32::MAX];
                            edge[usize::try_from(random(8)).unwrap()]
                        }));
                        let bytes: Vec<u8> =
                            (0..random(20)).map(|_| random(256).to_le_bytes()[0]).collect();
                        let value = match random(8) {
                            0 => Value::Integer(i32::MIN),
                            1 => Value::Counter64(u64::MAX),
                            2 => Value::Float(f32::NAN),
                            3 => Value::ObjectIdentifier(Oid(Vec::new())),
                            4 => Value::Null,
                            _ => Value::OctetString(bytes.into()),
                        };
                        Varbind { oid: Oid(name), value }
                    })
                    .collect();
                let mut page = Page::default();
                collect(&module, &answers, LargeCounters::Wrap, &mut page);
                let _ = page.write(Duplicates::Drop);
            }
        }
    }
}
