//! Who can be told.

use crate::alert::Severity;
use crate::text::Language;

/// A person, or a phone that is handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) language: Language,
    /// Of new problems only those at least so bad are told.
    pub(crate) floor: Severity,
    /// Name of the transport that carries this contact's messages.
    pub(crate) transport: String,
    /// Those that take over, in this order.
    pub(crate) fallbacks: Vec<String>,
    /// Most parts of one message.
    pub(crate) max_segments: usize,
}
