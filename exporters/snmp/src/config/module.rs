//! Modules: what is asked of a device, and what becomes of the answers.
//!
//! The types are those of `snmp.yml` and are written back by `/config`. Everything is parsed when the file is
//! read: names of objects are [`Oid`]s, expressions are compiled, types are closed sets.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration;
use super::kind::Type;
use super::pattern::{Anchored, Pattern};
use crate::varbind::Oid;

/// Names of an enumeration's numbers.
pub type EnumValues = BTreeMap<i64, Box<str>>;

/// What is asked of a device, and what becomes of the answers.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Subtrees to walk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub walk: Vec<Oid>,
    /// Single objects to get.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub get: Vec<Oid>,
    /// What is made of what comes back.
    #[serde(default)]
    pub metrics: Vec<Metric>,
    /// How many objects one GETBULK asks for.
    #[serde(default = "default_max_repetitions")]
    pub max_repetitions: u32,
    /// How often a request is sent again.
    #[serde(default = "default_retries")]
    pub retries: u32,
    /// How long one request may take.
    #[serde(default = "default_timeout", with = "duration")]
    pub timeout: Duration,
    /// Accept answers from another address than the one that was asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub use_unconnected_udp_socket: bool,
    /// Go on when a walk's names do not increase.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_nonincreasing_oids: bool,
    /// Rows to restrict a walk to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
}

/// One column or scalar, and the metric it becomes.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Name of the metric.
    pub name: MetricName,
    /// The column, or the scalar without its `.0`.
    pub oid: Oid,
    /// How values are read.
    #[serde(rename = "type")]
    pub kind: Type,
    /// Help text.
    #[serde(default)]
    pub help: Box<str>,
    /// What the numbers after the column's name are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Labels taken from other columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<Lookup>,
    /// Numbers taken out of text, by the suffix of the metric that each becomes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub regex_extracts: BTreeMap<Box<str>, Vec<Extract>>,
    /// How [`Type::ParseDateAndTime`] reads its text: strptime's directives.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub datetime_pattern: Box<str>,
    /// Names of the numbers of an enumeration, or of bits.
    #[serde(default, skip_serializing_if = "EnumValues::is_empty")]
    pub enum_values: EnumValues,
    /// Added to the value.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: f64,
    /// Multiplied with the value; 0 leaves it as it is.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub scale: f64,
    /// RFC 2579's DISPLAY-HINT.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub display_hint: Box<str>,
}

/// The name of a metric, as Prometheus allows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct MetricName(Box<str>);

impl MetricName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One index of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "WrittenIndex", into = "WrittenIndex")]
pub struct Index {
    /// The label it becomes.
    pub label: Box<str>,
    /// How its numbers are read; always one for which [`Type::is_index`] holds.
    pub kind: Type,
    /// How many numbers of the name it takes.
    pub size: Size,
    /// Names of its numbers.
    pub enum_values: EnumValues,
}

/// How many numbers of an object's name a text takes that is an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// As many as the number before them says.
    Counted,
    /// Always this many.
    Fixed(usize),
    /// All that are left.
    Implied,
}

/// A label that is changed by another column.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "WrittenLookup", into = "WrittenLookup")]
pub enum Lookup {
    /// The label goes away.
    Drop {
        /// The label.
        label: Box<str>,
    },
    /// The label's value is that of another column in the same row.
    Find {
        /// The labels whose numbers name the row, in order.
        row: Vec<Box<str>>,
        /// The label.
        label: Box<str>,
        /// The other column.
        oid: Oid,
        /// How the other column is read; none: as its bytes.
        kind: Option<Type>,
        /// Names of its numbers.
        enum_values: EnumValues,
        /// RFC 2579's DISPLAY-HINT.
        display_hint: Box<str>,
    },
}

/// A number inside a text.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Extract {
    /// The number, where `$1` stands for the first group of the expression.
    #[serde(default = "first_group")]
    pub value: Box<str>,
    /// The whole text must match it.
    pub regex: Anchored,
}

/// Restricts the walk of some columns to the rows in which another column has certain values.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The column that decides.
    pub oid: Oid,
    /// The columns that are restricted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Oid>,
    /// Expressions, one of which must be found in the deciding column's value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Pattern>,
}

/// An index as written.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WrittenIndex {
    labelname: Box<str>,
    #[serde(rename = "type")]
    kind: Type,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fixed_size: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    implied: bool,
    #[serde(default, skip_serializing_if = "EnumValues::is_empty")]
    enum_values: EnumValues,
}

/// A lookup as written.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WrittenLookup {
    #[serde(default)]
    labels: Vec<Box<str>>,
    labelname: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oid: Option<Oid>,
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    kind: Option<Type>,
    #[serde(default, skip_serializing_if = "EnumValues::is_empty")]
    enum_values: EnumValues,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    display_hint: Box<str>,
}

impl TryFrom<String> for MetricName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let fits = |(at, c): (usize, char)| {
            c.is_ascii_alphabetic() || matches!(c, '_' | ':') || (at > 0 && c.is_ascii_digit())
        };
        match !name.is_empty() && name.char_indices().all(fits) {
            true => Ok(MetricName(name.into())),
            false => Err(format!(
                "name: {name:?} is not a metric name, expected letters, digits, _ and : with no digit first"
            )),
        }
    }
}

impl From<MetricName> for String {
    fn from(MetricName(name): MetricName) -> String {
        name.into()
    }
}

impl TryFrom<WrittenIndex> for Index {
    type Error = String;

    fn try_from(written: WrittenIndex) -> Result<Self, String> {
        let WrittenIndex { labelname: label, kind, fixed_size, implied, enum_values } = written;
        if !kind.is_index() {
            return Err(format!("type: {kind:?} cannot be the type of the index {label:?}"));
        }
        let size = match (implied, fixed_size) {
            (true, _) => Size::Implied,
            (false, Some(1..)) => Size::Fixed(fixed_size.unwrap_or_default()),
            (false, Some(0) | None) => Size::Counted,
        };
        Ok(Index { label, kind, size, enum_values })
    }
}

impl From<Index> for WrittenIndex {
    fn from(Index { label, kind, size, enum_values }: Index) -> Self {
        let fixed_size = match size {
            Size::Fixed(size) => Some(size),
            Size::Counted | Size::Implied => None,
        };
        let implied = size == Size::Implied;
        WrittenIndex { labelname: label, kind, fixed_size, implied, enum_values }
    }
}

impl TryFrom<WrittenLookup> for Lookup {
    type Error = String;

    fn try_from(written: WrittenLookup) -> Result<Self, String> {
        let WrittenLookup { labels: row, labelname: label, oid, kind, enum_values, display_hint } =
            written;
        match (row.is_empty(), oid) {
            (true, _) => Ok(Lookup::Drop { label }),
            (false, Some(oid)) => {
                Ok(Lookup::Find { row, label, oid, kind, enum_values, display_hint })
            }
            (false, None) => Err(format!("oid: missing in the lookup of {label:?}")),
        }
    }
}

impl From<Lookup> for WrittenLookup {
    fn from(lookup: Lookup) -> Self {
        match lookup {
            Lookup::Drop { label: labelname } => WrittenLookup {
                labels: Vec::new(),
                labelname,
                oid: None,
                kind: None,
                enum_values: EnumValues::new(),
                display_hint: Box::default(),
            },
            Lookup::Find {
                row: labels,
                label: labelname,
                oid,
                kind,
                enum_values,
                display_hint,
            } => {
                WrittenLookup { labels, labelname, oid: Some(oid), kind, enum_values, display_hint }
            }
        }
    }
}

fn default_max_repetitions() -> u32 {
    25
}

fn default_retries() -> u32 {
    3
}

fn default_timeout() -> Duration {
    Duration::from_secs(5)
}

fn first_group() -> Box<str> {
    "$1".into()
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}
