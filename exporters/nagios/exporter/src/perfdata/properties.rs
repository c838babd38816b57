//! What holds for every text, and for every measurement written as the guidelines say.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;

/// A measurement as a plugin would write it: the base units, whose values pass unchanged.
#[derive(Debug, Clone)]
struct Written {
    unit: &'static str,
    value: f64,
    bounds: Bounds,
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        written in btree_map(label(), measurement(), 1..8),
        gap in " {1,3}",
        all_quoted: bool,
    ) {
        let items: Vec<String> = written
            .iter()
            .map(|(label, written)| format!("{}={}", quoted(label, all_quoted), text(written)))
            .collect();
        let reading = Reading { bounds: true, prefix: Prefix::Own, ..Reading::default() };
        let perfdata = parse(&items.join(&gap), reading);
        let expected: Vec<Measurement> = written
            .into_iter()
            .map(|(label, Written { unit, value, bounds })| Measurement {
                label: label.into(),
                quantity: base(unit),
                value,
                bounds: (bounds != Bounds::default()).then(|| Box::new(bounds)),
            })
            .collect();
        prop_assert_eq!(perfdata.measurements, expected);
        let none = Faults { unknown_units: perfdata.faults.unknown_units, ..Faults::default() };
        prop_assert_eq!(perfdata.faults, none);
    }

    #[test]
    fn no_text_makes_it_panic_or_grow(text in texts(), reading in reading()) {
        let Perfdata { measurements, faults } = parse(&text, reading);
        let Faults { broken, duplicates, bounds, unknown_units } = faults;
        // The shortest item is `a=1`; only the last stands without a space.
        let items = measurements.len() as u64 + broken + duplicates;
        prop_assert!(items <= text.len() as u64);
        prop_assert!(measurements.len() <= text.len().div_ceil(3));
        prop_assert!(unknown_units <= items && bounds <= 4 * items);
        for Measurement { label, value, bounds, .. } in &measurements {
            prop_assert!(!label.is_empty() && value.is_finite());
            prop_assert!(bounds.is_none() || reading.bounds);
        }
        let labels: BTreeSet<_> = measurements.iter().map(|one| &one.label).collect();
        prop_assert_eq!(labels.len(), measurements.len());
    }
}

/// Any text but the empty one; the shapes that need care come often.
fn label() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9_/:%]{1,8}", "[a-z '=;\\\\]{1,8}", "\\PC{1,12}"]
}

fn measurement() -> impl Strategy<Value = Written> {
    let unit = prop::sample::select(vec!["", "s", "B", "c", "rpm", "°C"]);
    let finite = || prop::num::f64::NORMAL | prop::num::f64::ZERO;
    let limits = (option::of(finite()), option::of(finite()));
    (unit, finite(), option::of(range()), option::of(range()), limits).prop_map(
        |(unit, value, warning, critical, (min, max))| Written {
            unit,
            value: if unit == "c" { value.abs() } else { value },
            bounds: Bounds { warning, critical, min, max },
        },
    )
}

fn range() -> impl Strategy<Value = Range> {
    let end = || option::of(-1e9..1e9);
    (end(), end(), any::<bool>()).prop_map(|(one, other, inside)| {
        let (low, high) = match (one, other) {
            (Some(one), Some(other)) => (Some(f64::min(one, other)), Some(f64::max(one, other))),
            ends => ends,
        };
        Range { low, high, inside }
    })
}

fn reading() -> impl Strategy<Value = Reading> {
    any::<[bool; 5]>().prop_map(|[mega, thousands, between, own, bounds]| Reading {
        unit_m: if mega { UnitM::Mega } else { UnitM::Minutes },
        comma: if thousands { Comma::Thousands } else { Comma::Decimal },
        spaces: if between { Spaces::BetweenItems } else { Spaces::InLabel },
        prefix: if own { Prefix::Own } else { Prefix::Carried },
        bounds,
    })
}

/// Any text, and texts of the pieces that performance data is made of.
fn texts() -> impl Strategy<Value = String> {
    let pieces = vec![
        "'", "=", ";", " ", "1", ".", ",", "E", "-", "µ", "::", ":", "~", "@", "U", "%", "a", "ms",
        "\n",
    ];
    prop_oneof![any::<String>(), vec(prop::sample::select(pieces), 0..40).prop_map(|p| p.concat())]
}

/// A label in quotes where it needs them.
fn quoted(label: &str, always: bool) -> String {
    let bare = label.chars().all(|character| character.is_ascii_alphanumeric());
    if bare && !always { label.to_owned() } else { format!("'{}'", label.replace('\'', "''")) }
}

fn text(Written { unit, value, bounds }: &Written) -> String {
    let Bounds { warning, critical, min, max } = bounds;
    let limit = |limit: &Option<f64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
    let range = |range: &Option<Range>| {
        let Some(Range { low, high, inside }) = range else { return String::new() };
        let low = low.map_or_else(|| "~".to_owned(), |low| low.to_string());
        format!("{}{low}:{}", if *inside { "@" } else { "" }, limit(high))
    };
    let (warning, critical) = (range(warning), range(critical));
    format!("{value}{unit};{warning};{critical};{};{}", limit(min), limit(max))
}

fn base(unit: &str) -> Quantity {
    match unit {
        "" => Quantity::Value,
        "s" => Quantity::Seconds,
        "B" => Quantity::Bytes,
        "c" => Quantity::Total,
        unknown => Quantity::Unknown(unknown.into()),
    }
}
