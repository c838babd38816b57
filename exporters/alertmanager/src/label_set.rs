//! Labels and annotations as Alertmanager accepts them.
//!
//! One bad name makes Alertmanager refuse a whole POST, so names are checked when a set is made. Knows
//! nothing of what the labels mean.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Serialize, Serializer};

/// Names with values: the labels of an alert (its identity), or its annotations. Cheap to clone.
///
/// A name matches `[a-zA-Z_][a-zA-Z0-9_]*`; a value is never empty, because for Alertmanager an empty label
/// is the same as none.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSet(Arc<BTreeMap<String, String>>);

/// A name that Alertmanager would refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("label name {name:?}: expected [a-zA-Z_][a-zA-Z0-9_]*")]
pub struct LabelError {
    /// The name as it came.
    pub name: String,
}

impl LabelSet {
    /// Pairs with an empty value are left out; of two with the same name the later wins.
    ///
    /// # Errors
    /// A name that does not match `[a-zA-Z_][a-zA-Z0-9_]*`.
    pub fn new<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, LabelError> {
        let mut set = BTreeMap::new();
        for (name, value) in pairs {
            let (name, value) = (name.into(), value.into());
            if !is_name(&name) {
                return Err(LabelError { name });
            }
            if value.is_empty() {
                set.remove(&name);
            } else {
                set.insert(name, value);
            }
        }
        Ok(Self(Arc::new(set)))
    }

    /// The value of a label, `None` when it is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All pairs, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is no pair at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs whose names are in `names`.
    #[must_use]
    pub fn only(&self, names: &[String]) -> Self {
        let kept = self.0.iter().filter(|(name, _)| names.contains(name));
        Self(Arc::new(kept.map(|(name, value)| (name.clone(), value.clone())).collect()))
    }

    /// The valid pairs of a peer's map; the others are left out.
    pub(crate) fn lenient(pairs: BTreeMap<String, String>) -> Self {
        Self(Arc::new(pairs.into_iter().filter(|(n, v)| is_name(n) && !v.is_empty()).collect()))
    }
}

/// As Alertmanager writes it: `{host="web", severity="critical"}`.
impl fmt::Debug for LabelSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(out, "{comma}{name}={value:?}")?;
        }
        out.write_str("}")
    }
}

impl Serialize for LabelSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_empty_values_left_out() {
        let set = LabelSet::new([("host", "web"), ("service", ""), ("_a1", "主机")]).unwrap();
        assert_eq!(set.iter().collect::<Vec<_>>(), [("_a1", "主机"), ("host", "web")]);
        for bad in ["", "1a", "a-b", "名"] {
            let error = LabelSet::new([(bad, "x")]).unwrap_err();
            assert_eq!(error, LabelError { name: bad.to_owned() });
        }
    }

    #[test]
    fn only_keeps_the_named() {
        let set = LabelSet::new([("host", "web"), ("severity", "critical")]).unwrap();
        let kept = set.only(&["host".to_owned(), "absent".to_owned()]);
        assert_eq!(kept, LabelSet::new([("host", "web")]).unwrap());
    }
}
