//! Values as CloudStack writes them: numbers as strings, percentages, `Unlimited`, ids that once were numbers.
//!
//! Promises: whatever comes in the place of one value, the rest of the object is read. A value that makes no sense
//! is absent.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text; empty when it is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Box<str>);

/// A number; `None` when there is none. `Unlimited` is infinite.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Number(pub Option<f64>);

/// Yes, no, or unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(pub Option<bool>);

/// A list. One object in its place is a list of one, anything else is empty.
#[derive(Debug, Clone, PartialEq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl Text {
    /// The text, `None` when it is empty.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(&*self.0)
    }
}

impl Number {
    /// A percentage as a ratio.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        self.0.map(|percent| percent / 100.0)
    }

    /// The number in units of a base unit.
    #[must_use]
    pub fn times(self, unit: f64) -> Option<f64> {
        self.0.map(|number| number * unit)
    }
}

impl Flag {
    /// As the value of a gauge.
    #[must_use]
    pub fn gauge(self) -> Option<f64> {
        self.0.map(|yes| f64::from(u8::from(yes)))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(text.into())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl From<Any> for Text {
    fn from(any: Any) -> Self {
        Text(match any {
            Any::Text(text) => text,
            Any::Whole(number) => number.to_string().into(),
            Any::Number(number) => number.to_string().into(),
            Any::Flag(flag) => flag.to_string().into(),
            Any::Nothing => Box::default(),
        })
    }
}

impl From<Any> for Number {
    fn from(any: Any) -> Self {
        let number = match any {
            Any::Text(text) => number(&text),
            Any::Whole(number) => Some(number as f64),
            Any::Number(number) => Some(number),
            Any::Flag(_) | Any::Nothing => None,
        };
        Number(number.filter(|number| !number.is_nan()))
    }
}

impl From<Any> for Flag {
    fn from(any: Any) -> Self {
        Flag(match any {
            Any::Flag(flag) => Some(flag),
            Any::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Any::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Any::Text(_) | Any::Whole(_) | Any::Number(_) | Any::Nothing => None,
        })
    }
}

fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("unlimited") {
        return Some(f64::INFINITY);
    }
    let plain = text.strip_suffix('%').unwrap_or(text).trim_end();
    // Java writes `5,67` where its language does.
    plain.parse().or_else(|_| plain.replacen(',', ".", 1).parse()).ok()
}

/// Any scalar that JSON has; whatever else comes is read over.
enum Any {
    Text(Box<str>),
    Whole(i64),
    Number(f64),
    Flag(bool),
    Nothing,
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Any;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Any, E> {
                Ok(if text == "null" { Any::Nothing } else { Any::Text(text.into()) })
            }

            fn visit_i64<E>(self, number: i64) -> Result<Any, E> {
                Ok(Any::Whole(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Any, E> {
                Ok(i64::try_from(number).map_or(Any::Number(number as f64), Any::Whole))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Any, E> {
                Ok(Any::Number(number))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Any, E> {
                Ok(Any::Flag(flag))
            }

            fn visit_unit<E>(self) -> Result<Any, E> {
                Ok(Any::Nothing)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Any, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Any::Nothing)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Any, A::Error> {
                while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Any::Nothing)
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

macro_rules! read_as_any {
    ($($name:ty),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Any::deserialize(deserializer).map(Self::from)
            }
        }
    )*};
}

read_as_any!(Text, Number, Flag);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of objects")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<T>, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = list.next_element()? {
                    rows.push(row);
                }
                rows.shrink_to_fit();
                Ok(List(rows))
            }

            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<List<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(object)).map(|row| List(vec![row]))
            }

            fn visit_str<E>(self, _: &str) -> Result<List<T>, E> {
                Ok(List::default())
            }

            fn visit_i64<E>(self, _: i64) -> Result<List<T>, E> {
                Ok(List::default())
            }

            fn visit_u64<E>(self, _: u64) -> Result<List<T>, E> {
                Ok(List::default())
            }

            fn visit_f64<E>(self, _: f64) -> Result<List<T>, E> {
                Ok(List::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<List<T>, E> {
                Ok(List::default())
            }

            fn visit_unit<E>(self) -> Result<List<T>, E> {
                Ok(List::default())
            }
        }

        deserializer.deserialize_any(Reader(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: serde::de::DeserializeOwned>(json: &str) -> T {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn numbers_come_in_many_clothes() {
        for (json, expected) in [
            ("3", Some(3.0)),
            ("-1.5", Some(-1.5)),
            (r#""6.6363974E10""#, Some(66_363_974_000.0)),
            (r#""2.76%""#, Some(2.76)),
            (r#""1,5%""#, Some(1.5)),
            (r#""Unlimited""#, Some(f64::INFINITY)),
            (r#""67.20 Ghz (x 4.0)""#, None),
            (r#""NaN""#, None),
            ("null", None),
            (r#"{"a":[1]}"#, None),
            ("[1,2]", None),
            ("18446744073709551615", Some(18_446_744_073_709_551_615.0)),
        ] {
            assert_eq!(read::<Number>(json), Number(expected), "{json}");
        }
    }

    #[test]
    fn lists_may_be_one_object_or_nothing() {
        for (json, expected) in [("[1,\"2\"]", 2), ("[]", 0), ("null", 0), ("7", 0), ("\"x\"", 0)] {
            assert_eq!(read::<List<Number>>(json).0.len(), expected, "{json}");
        }
        assert_eq!(read::<List<std::collections::BTreeMap<String, Text>>>(r#"{"a":1}"#).0.len(), 1);
    }

    #[test]
    fn texts_and_flags_too() {
        assert_eq!(&*read::<Text>("1"), "1");
        assert_eq!(&*read::<Text>("true"), "true");
        assert_eq!(read::<Text>(r#""null""#).known(), None);
        assert_eq!(read::<Flag>(r#""True""#), Flag(Some(true)));
        assert_eq!(read::<Flag>("false"), Flag(Some(false)));
        assert_eq!(read::<Flag>(r#""perhaps""#), Flag(None));
    }
}
