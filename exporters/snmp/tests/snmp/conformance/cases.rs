//! The peer's own test cases, run against ours one by one.
//!
//! Its tests are written in Go and build values by hand. Where a value cannot come from a wire it is given in the
//! nearest form that can: a bare string is an OCTET STRING whose type is DisplayString, and an expression that is
//! not anchored, as no configuration can have it, is put between `.*?` and `.*`.

mod fetched;
mod given;
mod tables;

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Runs a case: what is different, if anything.
type Run = fn(&Json) -> Result<(), String>;

/// What is done with a table of cases.
enum Table {
    /// Each case is run.
    Run(Run),
    /// None is, for this reason.
    Exempt(&'static str),
}

#[test]
fn the_peers_own_cases_hold() {
    let Some(data) = super::data() else { return };
    let file = std::fs::read(data.join("conformance.json")).unwrap();
    let file: Json = serde_json::from_slice(&file).unwrap();
    let tables: BTreeMap<String, Json> = serde_json::from_value(file["tables"].clone()).unwrap();
    let (mut equal, mut total, mut different) = (0, 0, Vec::new());
    for (name, cases) in &tables {
        let name = name.rsplit_once(':').map_or(name.as_str(), |(_, name)| name);
        // Tests without a table are not in the file; ours stand beside what they are about.
        let Json::Array(cases) = cases else { continue };
        total += cases.len();
        match tables::of(name) {
            Table::Run(run) => {
                for case in cases {
                    match run(case) {
                        Ok(()) => equal += 1,
                        Err(difference) => different.push(format!("{name} {case}\n  {difference}")),
                    }
                }
            }
            Table::Exempt(reason) => {
                println!("exempt: {name}, {} cases: {reason}", cases.len());
            }
        }
    }
    println!("snmp_cases {equal}/{total}");
    assert!(different.is_empty(), "different:\n{}", different.join("\n"));
    assert!(equal > 0, "no case was run");
}

/// Compares, and shows both when they differ.
fn same<T: PartialEq + std::fmt::Debug>(ours: T, theirs: T) -> Result<(), String> {
    match ours == theirs {
        true => Ok(()),
        false => Err(format!("ours {ours:?}, theirs {theirs:?}")),
    }
}
