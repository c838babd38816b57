//! A page is text 0.0.4 that means what it says: read by rules of its own, not by those that wrote it.

use std::collections::HashSet;

use snmp_exporter::collect::{LargeCounters, collect};
use snmp_exporter::config::Module;
use snmp_exporter::text::{Duplicates, Page};
use snmp_exporter::varbind::Varbind;

/// Makes the page of a module, reads it and counts its samples. A page that has a flaw which the exporter names is
/// none.
pub(crate) fn check(module: &Module, answers: &[Varbind]) -> usize {
    let mut samples = 0;
    for (counters, duplicates) in
        [(LargeCounters::Wrap, Duplicates::Drop), (LargeCounters::Keep, Duplicates::Fail)]
    {
        let mut page = Page::default();
        collect(module, &answers.iter().cloned().collect(), counters, &mut page);
        if let Ok(written) = page.write(duplicates) {
            samples += read(&written.text);
        }
    }
    samples
}

/// Counts the samples of a text; panics where it is not what Prometheus reads.
pub(crate) fn read(text: &str) -> usize {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
    let mut family: Option<&str> = None;
    let (mut families, mut samples) = (HashSet::new(), HashSet::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let name = help.split(' ').next().unwrap_or_default();
            let kind = lines.next().and_then(|line| line.strip_prefix("# TYPE "));
            let kind = kind.and_then(|line| line.strip_prefix(name)).expect("a TYPE follows");
            assert!(matches!(kind, " counter" | " gauge"), "{name}: {kind}");
            assert!(families.insert(name), "{name} comes twice");
            family = Some(name);
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').expect("a value");
        let (name, labels) = sample.split_once('{').map_or((sample, ""), |(name, labels)| {
            (name, labels.strip_suffix('}').expect("the labels end"))
        });
        assert_eq!(Some(name), family, "a sample stands below its family");
        assert!(value.parse::<f64>().is_ok(), "{value} is not a number");
        read_labels(labels);
        assert!(samples.insert(sample), "{sample} comes twice");
    }
    samples.len()
}

/// `name="value",…`, where `\`, `"` and the end of a line are escaped.
fn read_labels(mut labels: &str) {
    let mut names = HashSet::new();
    while !labels.is_empty() {
        let (name, mut rest) = labels.split_once("=\"").expect("a label");
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(!name.is_empty() && name.chars().all(is_name), "{name:?} is not a label");
        assert!(names.insert(name), "label {name} comes twice");
        loop {
            let at = rest.find(['"', '\\']).expect("the value ends");
            let (mark, after) = rest[at..].split_at(1);
            rest = after;
            if mark == "\"" {
                break;
            }
            assert!(rest.starts_with(['\\', '"', 'n']), "an escape that is none");
            rest = &rest[1..];
        }
        labels = rest.strip_prefix(',').unwrap_or(rest);
        assert!(rest.is_empty() || labels.len() < rest.len(), "labels stand apart");
    }
}
