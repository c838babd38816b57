//! Messages that XAPI keeps, alarms among them.

use jiff::Timestamp;
use uuid::Uuid;

use super::record;

record! {
    /// A message.
    Message("message") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// What happened: `ALARM`, `VM_CRASHED`.
        name: Box<str> = "/name",
        /// How urgent it is.
        priority: i64 = "/priority",
        /// The class of the object: `VM`, `Host`, `SR`, `Pool`.
        class: Box<str> = "/cls",
        /// The object.
        object: Uuid = "/obj_uuid",
        /// When.
        timestamp: Option<Timestamp> = "/timestamp",
        /// The rest, 4 KiB of it at most.
        body: Box<str> = "/body",
    }
}
