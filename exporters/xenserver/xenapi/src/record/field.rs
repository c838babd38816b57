//! How one value becomes a field, whatever XAPI sent.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;
use uuid::Uuid;

use crate::{Fingerprint, Ref};

/// Longest text kept, in bytes. Names are far shorter; message bodies may be long.
const LONGEST_TEXT: usize = 4096;

/// Keys of `device_config` that are kept. None of them is a password, a user or a token.
const DEVICE_CONFIG: &[&str] = &[
    "ISCSIid",
    "SCSIid",
    "device",
    "location",
    "multihomelist",
    "nfsversion",
    "path",
    "port",
    "provider",
    "server",
    "serverpath",
    "subdir",
    "target",
    "targetIQN",
    "type",
    "vers",
];

/// A type that reads any value: one that it does not expect is its default.
pub(super) trait Field {
    fn read(value: &Value) -> Self;
}

impl Field for Box<str> {
    fn read(value: &Value) -> Self {
        let text = value.as_str().unwrap_or_default();
        let mut end = text.len().min(LONGEST_TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text[..end].into()
    }
}

/// A key of a map that may be absent.
impl Field for Option<Box<str>> {
    fn read(value: &Value) -> Self {
        value.as_str().map(Into::into)
    }
}

impl Field for bool {
    fn read(value: &Value) -> Self {
        match value {
            Value::Bool(value) => *value,
            Value::String(text) => matches!(text.as_str(), "true" | "1"),
            _ => false,
        }
    }
}

/// XML-RPC writes integers as strings.
impl Field for i64 {
    fn read(value: &Value) -> Self {
        match value {
            Value::Number(number) => number.as_i64().unwrap_or_default(),
            Value::String(text) => text.trim().parse().unwrap_or_default(),
            _ => 0,
        }
    }
}

/// XAPI's unset time is the beginning of 1970.
impl Field for Option<Timestamp> {
    fn read(value: &Value) -> Self {
        let text = value.as_str()?.trim().trim_end_matches('Z');
        let time = text.parse::<DateTime>().ok()?;
        let time = time.to_zoned(TimeZone::UTC).ok()?.timestamp();
        (time > Timestamp::UNIX_EPOCH).then_some(time)
    }
}

impl Field for Uuid {
    fn read(value: &Value) -> Self {
        value.as_str().and_then(|text| Uuid::try_parse(text).ok()).unwrap_or_default()
    }
}

impl Field for Ref {
    fn read(value: &Value) -> Self {
        Ref::new(value.as_str().unwrap_or_default())
    }
}

impl Field for Option<Fingerprint> {
    fn read(value: &Value) -> Self {
        value.as_str()?.parse().ok()
    }
}

/// A list.
impl<T: Field> Field for Box<[T]> {
    fn read(value: &Value) -> Self {
        value.as_array().map_or_else(Box::default, |list| list.iter().map(T::read).collect())
    }
}

/// A map of texts, in the order of its keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pairs(Box<[(Box<str>, Box<str>)]>);

impl Pairs {
    /// The text under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let place = self.0.binary_search_by(|(known, _)| (**known).cmp(key)).ok()?;
        Some(&self.0[place].1)
    }

    /// All keys and texts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, text)| (&**key, &**text))
    }

    fn of(value: &Value, wanted: impl Fn(&str) -> bool) -> Self {
        let Some(map) = value.as_object() else { return Self::default() };
        let mut pairs: Vec<_> = map
            .iter()
            .filter(|(key, _)| wanted(key))
            .map(|(key, text)| (key.as_str().into(), Field::read(text)))
            .collect();
        pairs.sort_unstable();
        Self(pairs.into())
    }
}

impl Field for Pairs {
    fn read(value: &Value) -> Self {
        Self::of(value, |_| true)
    }
}

/// A PBD's `device_config` without what may be secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceConfig(pub Pairs);

impl Field for DeviceConfig {
    fn read(value: &Value) -> Self {
        Self(Pairs::of(value, |key| DEVICE_CONFIG.contains(&key)))
    }
}

/// The `mpath-..` keys of a PBD's `other_config`: a SCSI id, and `[active, all]` paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MultipathPaths(Pairs);

impl MultipathPaths {
    /// SCSI id, paths that work, and paths that there should be.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32, u32)> {
        self.0.iter().filter_map(|(key, text)| {
            let text = text.trim().strip_prefix('[')?.strip_suffix(']')?;
            let (active, all) = text.split_once(',')?;
            let id = key.strip_prefix("mpath-")?;
            Some((id, active.trim().parse().ok()?, all.trim().parse().ok()?))
        })
    }
}

impl Field for MultipathPaths {
    fn read(value: &Value) -> Self {
        Self(Pairs::of(value, |key| key.starts_with("mpath-")))
    }
}

/// The names of the operations that run on an object, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operations(Box<[Box<str>]>);

impl Operations {
    /// Whether one of this name runs, for example `pool_migrate`.
    #[must_use]
    pub fn contain(&self, name: &str) -> bool {
        self.iter().any(|known| known == name)
    }

    /// All names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }
}

impl Field for Operations {
    fn read(value: &Value) -> Self {
        let Some(map) = value.as_object() else { return Self::default() };
        let mut names: Vec<Box<str>> = map.values().map(Field::read).collect();
        names.sort_unstable();
        names.dedup();
        Self(names.into())
    }
}
