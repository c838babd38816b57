//! What XenAPI passes about: values, and records of named fields.
//!
//! A record is shared until somebody changes it, so that `get_all_records` of a large class copies pointers.

use std::sync::Arc;

/// The reference that refers to nothing.
pub(crate) const NULL: &str = "OpaqueRef:NULL";

/// The time of what has not happened.
pub(crate) const NEVER: &str = "19700101T00:00:00Z";

/// A value of XenAPI.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Bool(bool),
    Int(i64),
    Float(f64),
    /// As XenAPI writes it: `19700101T00:00:00Z`.
    Time(Arc<str>),
    /// Also references and enums.
    Text(Arc<str>),
    Set(Vec<Value>),
    /// Also records.
    Map(Arc<Fields>),
}

/// Named values, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields(Vec<(Arc<str>, Value)>);

impl Value {
    pub(crate) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn time(text: impl Into<Arc<str>>) -> Self {
        Self::Time(text.into())
    }

    /// What a method without a result answers.
    pub(crate) fn nothing() -> Self {
        Self::text("")
    }

    pub(crate) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Set(texts.into_iter().map(Value::text).collect())
    }

    pub(crate) fn map<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        Self::Map(Arc::new(
            pairs.into_iter().map(|(name, value)| (Arc::from(name), value)).collect(),
        ))
    }

    pub(crate) fn as_text(&self) -> Option<&Arc<str>> {
        match self {
            Self::Text(text) | Self::Time(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_map(&self) -> Option<&Fields> {
        match self {
            Self::Map(fields) => Some(fields),
            _ => None,
        }
    }

    pub(crate) fn as_set(&self) -> Option<&[Value]> {
        match self {
            Self::Set(values) => Some(values),
            _ => None,
        }
    }

    /// A number, also one that came as text: XML-RPC clients write integers so.
    pub(crate) fn as_float(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| **known == *name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.into(), value)),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| **known != *name);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The text of a field; without one it is empty.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_text).map_or("", |text| text)
    }

    pub(crate) fn int(&self, name: &str) -> i64 {
        self.get(name).and_then(Value::as_int).unwrap_or(0)
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Bool(true)))
    }

    /// The references in a field that is a set.
    pub(crate) fn references(&self, name: &str) -> impl Iterator<Item = &Arc<str>> {
        self.get(name).and_then(Value::as_set).unwrap_or_default().iter().filter_map(Value::as_text)
    }
}

impl FromIterator<(Arc<str>, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Value)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}
