//! What the cloud has, each named and written as the API has it. Who asks filters by the names of parameters.

mod control;
mod guest;
mod infrastructure;
mod tenant;

use std::sync::Arc;

use serde::Serialize;

pub(crate) use control::*;
pub(crate) use guest::*;
pub(crate) use infrastructure::*;
pub(crate) use tenant::*;

/// A text; many records have the same one.
pub(crate) type Text = Arc<str>;

/// Something that a list has.
pub(crate) trait Record: Serialize {
    /// What a parameter of the call is compared with; `None` for parameters that choose nothing.
    fn field(&self, parameter: &str) -> Option<&str>;

    /// Whose it is; `None` for what is the operator's.
    fn owner(&self) -> Option<&Owner> {
        None
    }
}

/// Says which parameters choose among the records of a type, by which field, and which field is the owner if any.
macro_rules! chosen_by {
    ($type:ty $(, owner $owner:ident)?: $($parameter:literal $($field:ident).+),*) => {
        impl $crate::record::Record for $type {
            fn field(&self, parameter: &str) -> Option<&str> {
                match parameter {
                    $($parameter => Some($crate::record::Compared::text(&self.$($field).+)),)*
                    _ => None,
                }
            }

            $(fn owner(&self) -> Option<&$crate::record::Owner> {
                Some(&self.$owner)
            })?
        }
    };
}
use chosen_by;

/// A field that parameters are compared with.
trait Compared {
    fn text(&self) -> &str;
}

impl Compared for Text {
    fn text(&self) -> &str {
        self
    }
}

impl Compared for String {
    fn text(&self) -> &str {
        self
    }
}

impl Compared for &'static str {
    fn text(&self) -> &str {
        self
    }
}

/// What is not there equals nothing that is asked for.
impl<T: Compared> Compared for Option<T> {
    fn text(&self) -> &str {
        self.as_ref().map_or("", T::text)
    }
}

/// Where something is.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct InZone {
    pub(crate) zoneid: Text,
    pub(crate) zonename: Text,
}

/// Whose something is.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Owner {
    /// Not there if a project owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<Text>,
    pub(crate) domain: Text,
    pub(crate) domainid: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) projectid: Option<Text>,
}
