//! Bytes as performance data, in every reading: what comes out is finite, told apart by its label, and no
//! more than the text can hold.

#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use nagios_exporter::perfdata::{Comma, Faults, Prefix, Range, Reading, Spaces, UnitM, parse};

fuzz_target!(|bytes: &[u8]| {
    let Some((choices, text)) = bytes.split_first() else { return };
    check(&String::from_utf8_lossy(text), reading(*choices));
});

fn check(text: &str, reading: Reading) {
    let perfdata = parse(text, reading);
    let Faults { broken, duplicates, bounds, unknown_units } = perfdata.faults;
    let items = perfdata.measurements.len() as u64 + broken + duplicates;
    assert!(items <= text.len() as u64);
    assert!(perfdata.measurements.len() <= text.len().div_ceil(3));
    assert!(bounds <= 4 * items && unknown_units <= items);
    let mut labels = HashSet::new();
    for measurement in &perfdata.measurements {
        assert!(measurement.value.is_finite());
        assert!(!measurement.label.is_empty() && labels.insert(&measurement.label));
        let Some(bounds) = measurement.bounds.as_deref() else { continue };
        assert!(reading.bounds);
        let ranges = [bounds.warning, bounds.critical].into_iter().flatten();
        for Range { low, high, inside: _ } in ranges {
            assert!(low.zip(high).is_none_or(|(low, high)| low <= high));
        }
    }
}

/// One of all readings.
fn reading(choices: u8) -> Reading {
    let chosen = |bit: u8| choices & (1 << bit) != 0;
    Reading {
        unit_m: if chosen(0) { UnitM::Mega } else { UnitM::Minutes },
        comma: if chosen(1) { Comma::Thousands } else { Comma::Decimal },
        spaces: if chosen(2) { Spaces::BetweenItems } else { Spaces::InLabel },
        prefix: if chosen(3) { Prefix::Own } else { Prefix::Carried },
        bounds: chosen(4),
    }
}
