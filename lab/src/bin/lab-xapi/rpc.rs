//! Remote procedure calls, whatever they are written in.

pub(crate) mod json;
pub(crate) mod xml;

use crate::value::Value;

/// A call as it came.
#[derive(Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) parameters: Vec<Value>,
}

/// What a call comes to.
pub(crate) type Outcome = Result<Value, Failure>;

/// An error of XenAPI: its code and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure(Vec<String>);

impl Failure {
    pub(crate) fn new<const N: usize>(code: &str, details: [&str; N]) -> Self {
        Self([code].into_iter().chain(details).map(str::to_owned).collect())
    }

    pub(crate) fn code(&self) -> &str {
        &self.0[0]
    }

    pub(crate) fn details(&self) -> &[String] {
        &self.0[1..]
    }
}
