//! References, by which XAPI's objects name each other.

use std::{fmt, sync::Arc};

use uuid::Uuid;

const PREFIX: &str = "OpaqueRef:";

/// A reference: 24 bytes for what XAPI writes in 46.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Ref {
    /// To nothing: `OpaqueRef:NULL`, or no text at all.
    #[default]
    Null,
    /// As XAPI makes them: `OpaqueRef:` and a UUID.
    Opaque([u8; 16]),
    /// Any other text.
    Other(Arc<str>),
}

impl Ref {
    /// Reads a reference; [`fmt::Display`] writes it again as it was.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let Some(id) = text.strip_prefix(PREFIX) else {
            return if text.is_empty() { Self::Null } else { Self::Other(text.into()) };
        };
        if id == "NULL" {
            return Self::Null;
        }
        match Uuid::try_parse(id) {
            // Only the form that is written again: lower case, with hyphens.
            Ok(uuid) if uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == id => {
                Self::Opaque(uuid.into_bytes())
            }
            _ => Self::Other(text.into()),
        }
    }

    /// Whether it refers to nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => write!(f, "{PREFIX}NULL"),
            Self::Opaque(bytes) => write!(f, "{PREFIX}{}", Uuid::from_bytes(*bytes)),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_written_as_it_was_read() {
        let opaque = "OpaqueRef:bec8439d-edfb-6acd-e1e9-7dbc5306e630";
        assert!(matches!(Ref::new(opaque), Ref::Opaque(_)));
        for text in [
            opaque,
            "OpaqueRef:NULL",
            "OpaqueRef:BEC8439D-edfb-6acd-e1e9-7dbc5306e630",
            "OpaqueRef:bec8439dedfb6acde1e97dbc5306e630",
            "OpaqueRef:7",
            "DummyRef:|x|VM",
        ] {
            assert_eq!(Ref::new(text).to_string(), text);
        }
        assert!(Ref::new("").is_null() && Ref::new("OpaqueRef:NULL").is_null());
        assert!(std::mem::size_of::<Ref>() <= 24);
    }
}
