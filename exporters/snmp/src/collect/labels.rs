//! Labels of a sample: what the indexes of its row say, and what other columns say of the same row.

use super::index::{Indexed, indexed};
use super::value::{integer, number, text};
use super::{LargeCounters, Table};
use crate::config::{EnumValues, Lookup, Metric, Type};
use crate::text::Labels;
use crate::varbind::{Oid, Value};

/// One label while labels are made.
struct Label<'m> {
    name: &'m str,
    value: String,
    /// What stands for it in the name of an object; nothing when it cannot.
    numbers: Vec<u32>,
}

/// The labels of the row that `index` names.
#[must_use]
pub fn labels<'m>(
    index: &[u32],
    metric: &'m Metric,
    table: &Table<'_>,
    counters: LargeCounters,
) -> Labels<'m> {
    let mut labels = Found(Vec::new());
    let mut numbers = index;
    for index in &metric.indexes {
        let Indexed { text, used, rest } =
            indexed(numbers, index.kind, index.size, &index.enum_values);
        labels.set(&index.label, text, Some(used));
        numbers = rest;
    }
    for lookup in &metric.lookups {
        match lookup {
            Lookup::Drop { label } => labels.0.retain(|found| found.name != &**label),
            Lookup::Find { row, label, oid, kind, enum_values, display_hint } => {
                let found = labels.row(row).and_then(|row| {
                    let value = table.find(&below(oid, &row))?;
                    Some((value, kind.map(|kind| meant(kind, oid, &row, table, counters))))
                });
                match found {
                    Some((value, kind)) => {
                        let numbers = u32::try_from(integer(&value)).map(|number| vec![number]);
                        let value = shown(&value, kind, enum_values, display_hint);
                        labels.set(label, value, Some(numbers.unwrap_or_default()));
                    }
                    None => labels.set(label, String::new(), None),
                }
            }
        }
    }
    Labels::new(labels.0.into_iter().map(|Label { name, value, .. }| (name, value)).collect())
}

/// The name of an object in a column.
pub(super) fn below(column: &Oid, row: &[u32]) -> Vec<u32> {
    [&column.0, row].concat()
}

/// The column before a column.
pub(super) fn before(column: &Oid) -> Option<Oid> {
    let mut before = column.clone();
    let last = before.0.last_mut()?;
    *last = last.checked_sub(1)?;
    Some(before)
}

/// What a type is, where that stands in the column before; the type itself where it does not.
fn meant(
    kind: Type,
    column: &Oid,
    row: &[u32],
    table: &Table<'_>,
    counters: LargeCounters,
) -> Type {
    let said = || table.find(&below(&before(column)?, row));
    let said = if kind.is_combined() { said() } else { None };
    said.and_then(|value| kind.combined(number(&value, counters) as i64)).unwrap_or(kind)
}

fn shown(value: &Value, kind: Option<Type>, enum_values: &EnumValues, hint: &str) -> String {
    if kind == Some(Type::EnumAsInfo) && !enum_values.is_empty() {
        let number = integer(value);
        return enum_values.get(&number).map_or_else(|| number.to_string(), ToString::to_string);
    }
    text(value, kind, hint)
}

/// The labels made so far.
struct Found<'m>(Vec<Label<'m>>);

impl<'m> Found<'m> {
    /// Sets a label. Numbers that are not given stay as they were.
    fn set(&mut self, name: &'m str, value: String, numbers: Option<Vec<u32>>) {
        match self.0.iter_mut().find(|label| label.name == name) {
            Some(label) => {
                label.value = value;
                if let Some(numbers) = numbers {
                    label.numbers = numbers;
                }
            }
            None => self.0.push(Label { name, value, numbers: numbers.unwrap_or_default() }),
        }
    }

    /// The numbers of these labels in order; `None` when one has none, for no object is named so.
    fn row(&self, names: &[Box<str>]) -> Option<Vec<u32>> {
        let mut row = Vec::new();
        for name in names {
            let label = self.0.iter().find(|label| label.name == &**name)?;
            if label.numbers.is_empty() {
                return None;
            }
            row.extend(&label.numbers);
        }
        Some(row)
    }
}
