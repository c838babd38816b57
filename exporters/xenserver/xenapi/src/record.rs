//! XAPI's objects, as far as we use them.
//!
//! Reading a record never fails: a field that is missing, or of a type that is not expected, takes its default,
//! and fields that we do not know are passed over. So one record serves every version of XAPI. Each field names
//! where it stands by a JSON pointer, and of the maps in which passwords may be (`other_config`, `device_config`,
//! `license_params`) only single keys are taken.

mod field;
mod host;
mod message;
mod network;
mod pool;
mod storage;
mod vm;

use serde_json::Value;

pub use field::{DeviceConfig, MultipathPaths, Operations, Pairs};
pub use host::{Certificate, Host, HostCpu, HostMetrics, HostPatch};
pub use message::Message;
pub use network::{Bond, IpConfigurationMode, Network, Pif, PifMetrics, Vif};
pub use pool::{Pool, PoolPatch, PoolUpdate};
pub use storage::{Pbd, Sr, Vbd, VbdType, Vdi};
pub use vm::{Console, ConsoleProtocol, PowerState, Vm, VmGuestMetrics, VmMetrics};

/// An object's record.
pub trait Record: Sized + PartialEq {
    /// XAPI's name of the class.
    const CLASS: &'static str;

    /// Reads a record, leniently.
    fn read(record: &Value) -> Self;

    /// Whether it belongs into the inventory.
    fn is_kept(&self) -> bool {
        true
    }
}

/// A struct whose fields say where in XAPI's record they stand.
macro_rules! record {
    (
        $(#[$about:meta])*
        $name:ident($class:literal) {
            $($(#[$doc:meta])* $field:ident: $type:ty = $pointer:literal,)*
        }
        $($keep:item)?
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $crate::record::Record for $name {
            const CLASS: &'static str = $class;

            fn read(record: &serde_json::Value) -> Self {
                Self {
                    $($field: $crate::record::field::Field::read(
                        record.pointer($pointer).unwrap_or(&serde_json::Value::Null),
                    ),)*
                }
            }

            $($keep)?
        }
    };
}

/// An enum of XAPI's, with a variant for what later versions may add.
macro_rules! closed {
    (
        $(#[$about:meta])*
        $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// One that we do not know.
            Unknown,
        }

        impl $name {
            /// XAPI's name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown => "unknown",
                }
            }
        }

        impl $crate::record::field::Field for $name {
            fn read(value: &serde_json::Value) -> Self {
                let text = value.as_str().unwrap_or_default();
                $(if text.eq_ignore_ascii_case($text) { return Self::$variant; })*
                Self::Unknown
            }
        }
    };
}

use {closed, record};

#[cfg(test)]
mod tests;
