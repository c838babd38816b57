//! The classes of XenAPI and the kinds of their fields, from `schema.txt`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::value::{Fields, NEVER, NULL, Value};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Ref,
    Bool,
    Int,
    Float,
    Time,
    Set,
    IntSet,
    Map,
    IntMap,
    FloatMap,
    SetMap,
}

type Class = BTreeMap<&'static str, Kind>;

static CLASSES: LazyLock<BTreeMap<&'static str, Class>> =
    LazyLock::new(|| read(include_str!("schema.txt")));

/// The names of all classes.
pub(crate) fn classes() -> impl Iterator<Item = &'static str> {
    CLASSES.keys().copied()
}

/// A class by its name, in any case: events have it in small letters.
pub(crate) fn class(name: &str) -> Option<&'static str> {
    classes().find(|class| class.eq_ignore_ascii_case(name))
}

/// What a field holds, if this schema knows it.
pub(crate) fn kind(class: &str, field: &str) -> Option<Kind> {
    CLASSES.get(class)?.get(field).copied()
}

/// A record of a class with nothing in it.
pub(crate) fn blank(class: &str) -> Fields {
    let fields = CLASSES.get(class).into_iter().flatten();
    fields.map(|(name, kind)| (Arc::from(*name), kind.blank())).collect()
}

impl Kind {
    pub(crate) fn blank(self) -> Value {
        match self {
            Self::Text => Value::text(""),
            Self::Ref => Value::text(NULL),
            Self::Bool => Value::Bool(false),
            Self::Int => Value::Int(0),
            Self::Float => Value::Float(0.0),
            Self::Time => Value::time(NEVER),
            Self::Set | Self::IntSet => Value::Set(Vec::new()),
            Self::Map | Self::IntMap | Self::FloatMap | Self::SetMap => Value::map([]),
        }
    }

    /// What the values of a set or a map are.
    pub(crate) fn inner(self) -> Self {
        match self {
            Self::IntSet | Self::IntMap => Self::Int,
            Self::FloatMap => Self::Float,
            Self::SetMap => Self::Set,
            _ => Self::Text,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "text" => Self::Text,
            "ref" => Self::Ref,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "float" => Self::Float,
            "time" => Self::Time,
            "set" => Self::Set,
            "intset" => Self::IntSet,
            "map" => Self::Map,
            "ints" => Self::IntMap,
            "floats" => Self::FloatMap,
            "sets" => Self::SetMap,
            _ => panic!("schema.txt: no kind is named {name:?}"),
        }
    }
}

fn read(text: &'static str) -> BTreeMap<&'static str, Class> {
    let mut classes = BTreeMap::new();
    let mut open = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.trim_start().split_once(": ") {
            None => {
                open = line;
                classes.insert(open, Class::new());
            }
            Some((kind, fields)) => {
                let kind = Kind::named(kind);
                let fields = fields.split(' ').map(|field| (field, kind));
                classes.entry(open).or_default().extend(fields);
            }
        }
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_schema_is_read() {
        assert_eq!(kind("VM", "power_state"), Some(Kind::Text));
        assert_eq!(kind("VM", "VCPUs_params"), Some(Kind::Map));
        assert_eq!(kind("VM_metrics", "VCPUs_utilisation"), Some(Kind::FloatMap));
        assert_eq!(kind("host_metrics", "live"), Some(Kind::Bool));
        assert_eq!(kind("VM", "no_such_field"), None);
        assert_eq!(class("vm_guest_metrics"), Some("VM_guest_metrics"));
        assert_eq!(blank("console").text("VM"), NULL);
    }
}
