//! A threshold: how much traffic of an interface is too much, as a share of its speed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The metric that holds thresholds; `rules/network.yml` compares with it.
pub(super) const RECORD: &str = "wisemonitor_interface_threshold_ratio";

/// One threshold of one direction of an interface.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Threshold {
    /// Name of the device: label `instance`.
    pub(super) device: String,
    /// Name of the interface: label `ifName`.
    pub(super) interface: String,
    /// Which traffic.
    pub(super) direction: Direction,
    /// What it is to be over it.
    pub(super) severity: Severity,
    /// Share of the speed.
    pub(super) ratio: f64,
}

/// Which way traffic goes, as the device sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Direction {
    /// It comes in.
    In,
    /// It goes out.
    Out,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// Somebody should look.
    Warning,
    /// Somebody must act.
    Critical,
}

/// A share of the speed of an interface, written as a percentage.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct Share(pub(super) f64);

impl Threshold {
    /// The constant as PromQL.
    pub(super) fn expression(&self) -> String {
        format!("vector({})", self.ratio)
    }

    /// The constant of an expression, if it is one.
    pub(super) fn ratio_of(expression: &str) -> Option<f64> {
        expression.strip_prefix("vector(")?.strip_suffix(')')?.parse().ok()
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_suffix('%')
            .and_then(|number| number.parse::<f64>().ok())
            .filter(|percentage| *percentage > 0.0 && *percentage <= 100.0)
            .map(|percentage| Share(percentage / 100.0))
            .ok_or_else(|| {
                format!("`{text}`: expected a percentage above 0% up to 100%, such as 70%")
            })
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::In => "in",
            Direction::Out => "out",
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_percentage() {
        assert_eq!("70%".parse(), Ok(Share(0.7)));
        assert_eq!("99.5%".parse(), Ok(Share(0.995)));
        for wrong in ["70", "0%", "-1%", "101%", "NaN%", "%", "a%"] {
            assert!(wrong.parse::<Share>().unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
