//! Performance data: the text behind the `|` of a plugin's output, turned into measurements.
//!
//! `'label'=value[UOM];warn;crit;min;max`, separated by spaces (Nagios Plugin Development Guidelines, and the
//! liberties that plugins take with them). Promises: never panics; a broken item is counted and left out, the
//! others stay; what comes out is bounded by the length of the text. Where projects disagree on a hard case,
//! [`Reading`] decides.

mod item;
mod quantity;
mod range;
mod reading;

use std::collections::BTreeSet;
use std::ops::AddAssign;

use item::{Items, Prefixes};
use quantity::Number;
pub use quantity::Quantity;
pub use range::Range;
pub use reading::{Comma, Prefix, Reading, Spaces, UnitM};

/// One measured value in a base unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Label as the plugin wrote it, without quotes.
    pub label: Box<str>,
    /// What the value is.
    pub quantity: Quantity,
    /// The value in the base unit of its quantity.
    pub value: f64,
    /// Thresholds and limits; `None` where the plugin gave none, or [`Reading::bounds`] is off.
    pub bounds: Option<Box<Bounds>>,
}

/// What stands behind a value, in the same base unit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounds {
    /// Threshold of WARNING.
    pub warning: Option<Range>,
    /// Threshold of CRITICAL.
    pub critical: Option<Range>,
    /// Smallest value that is possible.
    pub min: Option<f64>,
    /// Largest value that is possible.
    pub max: Option<f64>,
}

/// What one text of performance data holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Perfdata {
    /// What could be read, in the order of the text.
    pub measurements: Vec<Measurement>,
    /// What could not.
    pub faults: Faults,
}

/// How much of a text could not be read, or not be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Items left out because they are no performance data.
    pub broken: u64,
    /// Items left out because an earlier one of the same text has the same label.
    pub duplicates: u64,
    /// Thresholds and limits left out because they are no range or number; the value itself stays.
    pub bounds: u64,
    /// Values that stay as they came, because their unit is none that we know.
    pub unknown_units: u64,
}

/// Reads texts one after the other and adds up what was wrong in them.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    /// How hard cases are read.
    pub reading: Reading,
    /// What was wrong so far.
    pub faults: Faults,
}

impl Reader {
    /// The measurements of one text.
    #[must_use]
    pub fn read(&mut self, text: &str) -> Box<[Measurement]> {
        let Perfdata { measurements, faults } = parse(text, self.reading);
        self.faults += faults;
        measurements.into()
    }
}

/// Reads performance data. An item whose value is `U` (unknown) is left out and is no fault.
#[must_use]
pub fn parse(text: &str, reading: Reading) -> Perfdata {
    let mut perfdata = Perfdata::default();
    let Perfdata { measurements, faults } = &mut perfdata;
    let mut labels = BTreeSet::new();
    let mut prefixes = Prefixes::new(reading.prefix);
    for item in Items::new(text, reading.spaces) {
        let Some(item) = item else {
            faults.broken += 1;
            continue;
        };
        let label = prefixes.complete(item.label);
        let mut fields = item.fields.split(';');
        match Number::read(fields.next().unwrap_or_default(), reading) {
            Some(_) if labels.contains(&label) => faults.duplicates += 1,
            Some(Number::Unknown) => {}
            Some(Number::Known { quantity, value, scale }) => {
                faults.unknown_units += u64::from(matches!(quantity, Quantity::Unknown(_)));
                let bounds = match reading.bounds {
                    true => Bounds::read(fields, |text| scale.read(text, reading), faults),
                    false => None,
                };
                labels.insert(label.clone());
                measurements.push(Measurement { label: label.into(), quantity, value, bounds });
            }
            None => faults.broken += 1,
        }
    }
    perfdata
}

impl Bounds {
    /// Reads the fields behind the value; `None` when all are empty.
    fn read<'a>(
        mut fields: impl Iterator<Item = &'a str>,
        number: impl Fn(&str) -> Option<f64>,
        faults: &mut Faults,
    ) -> Option<Box<Self>> {
        let mut next = || fields.next().filter(|field| !matches!(*field, "" | "U"));
        let (warning, critical, min, max) = (next(), next(), next(), next());
        let mut broken = 0;
        let mut counted = |known: bool| broken += u64::from(!known);
        let mut range = |field: Option<&str>| {
            let range = Range::read(field?, &number);
            counted(range.is_some());
            range
        };
        let (warning, critical) = (range(warning), range(critical));
        let mut limit = |field: Option<&str>| {
            let limit = number(field?);
            counted(limit.is_some());
            limit
        };
        let bounds = Bounds { warning, critical, min: limit(min), max: limit(max) };
        faults.bounds += broken;
        (bounds != Bounds::default()).then(|| Box::new(bounds))
    }
}

impl AddAssign for Faults {
    fn add_assign(&mut self, Faults { broken, duplicates, bounds, unknown_units }: Faults) {
        self.broken += broken;
        self.duplicates += duplicates;
        self.bounds += bounds;
        self.unknown_units += unknown_units;
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
