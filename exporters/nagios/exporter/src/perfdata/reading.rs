//! How hard cases are read. Each choice is between two readings that are both in use, so neither is wrong.

use serde::Deserialize;

/// Which of two readings holds for each hard case. As the file writes it: the keys are the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reading {
    /// The unit `m`.
    pub unit_m: UnitM,
    /// A comma within a number.
    pub comma: Comma,
    /// Spaces in front of an `=`, without quotes.
    pub spaces: Spaces,
    /// A label such as `web::time`, which `check_multi` writes.
    pub prefix: Prefix,
    /// Whether thresholds and limits are kept. Follows from the metrics that are asked for.
    #[serde(skip)]
    pub bounds: bool,
}

/// What the unit `m` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitM {
    /// Minutes; `M` is no unit that we know.
    #[default]
    Minutes,
    /// Millions, and so is `M`.
    Mega,
}

/// What a comma within a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comma {
    /// The decimal point: `1,5` is one and a half.
    #[default]
    Decimal,
    /// Between thousands: `1,500` is fifteen hundred, and `1,5` is no number.
    Thousands,
}

/// What spaces in front of an `=` are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spaces {
    /// Part of the label: `disk used=5` is about `disk used`.
    #[default]
    InLabel,
    /// Between two items: `disk used=5` is a broken item `disk` and one about `used`.
    BetweenItems,
}

/// What `test::` in front of a label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prefix {
    /// The name of a check, written once: `test::a=3 b=4` is about `test::a` and `test::b`.
    #[default]
    Carried,
    /// Part of that label alone.
    Own,
}
