//! The conditions of a query, built up with their values.

use jiff::Timestamp;
use rusqlite::types::Value;

use super::to_millis;

/// Conditions that must all hold, and their values in the same order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    /// As SQL, after a `WHERE`; always true when there are none.
    pub(crate) fn text(&self) -> String {
        format!("1{}", self.text)
    }

    /// The values of the conditions, and of the `LIMIT` behind them.
    pub(crate) fn values(self, limit: usize) -> Vec<Value> {
        let mut values = self.values;
        values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        values
    }

    pub(crate) fn add<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
        self.values.extend(values);
    }

    /// The column has this value, if one is given.
    pub(crate) fn equal(&mut self, column: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(&format!("{column} = ?"), [value.to_owned().into()]);
        }
    }

    /// The column has one of these values, if any are given.
    pub(crate) fn among(
        &mut self,
        column: &str,
        names: impl ExactSizeIterator<Item = &'static str>,
    ) {
        if names.len() > 0 {
            let places = vec!["?"; names.len()].join(", ");
            self.add(&format!("{column} IN ({places})"), []);
            self.values.extend(names.map(|name| Value::from(name.to_owned())));
        }
    }

    /// The column `search` has each of these words, in lower case.
    pub(crate) fn words(&mut self, words: &[String]) {
        for word in words {
            self.add("instr(search, ?) > 0", [word.clone().into()]);
        }
    }

    /// The column is a time from `from` on and before `to`.
    pub(crate) fn between(&mut self, column: &str, from: Option<Timestamp>, to: Option<Timestamp>) {
        for (comparison, at) in [(">=", from), ("<", to)] {
            if let Some(at) = at {
                self.add(&format!("{column} {comparison} ?"), [to_millis(at).into()]);
            }
        }
    }
}
