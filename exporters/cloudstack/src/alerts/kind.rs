//! The types of CloudStack's alerts (`AlertService.AlertType`).

use history::Severity;
use serde::{Deserialize, Serialize};

/// A type by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kind(i16);

/// Number, name and whether it is critical: something does not work, where others run short or want attention.
const KINDS: [(i16, &str, bool); 33] = [
    (0, "memory", false),
    (1, "cpu", false),
    (2, "storage", false),
    (3, "storage_allocated", false),
    (4, "virtual_network_public_ip", false),
    (5, "private_ip", false),
    (6, "secondary_storage", false),
    (7, "host", true),
    (8, "user_vm", false),
    (9, "domain_router", true),
    (10, "console_proxy", true),
    (11, "routing", true),
    (12, "storage_misc", true),
    (13, "usage_server", true),
    (14, "management_node", true),
    (15, "domain_router_migrate", false),
    (16, "console_proxy_migrate", false),
    (17, "user_vm_migrate", false),
    (18, "vlan", false),
    (19, "secondary_storage_vm", true),
    (20, "usage_server_result", false),
    (21, "storage_delete", false),
    (22, "update_resource_count", false),
    (23, "usage_sanity_result", false),
    (24, "direct_attached_public_ip", false),
    (25, "local_storage", false),
    (26, "resource_limit_exceeded", false),
    (27, "sync", false),
    (28, "upload_failed", false),
    (29, "out_of_band_management_authentication", false),
    (30, "ha_action", true),
    (31, "certificate", false),
    (32, "vm_snapshot", false),
];

impl Kind {
    /// The type with this number.
    #[must_use]
    pub fn of(number: Option<f64>) -> Self {
        Kind(number.map_or(-1, |number| number as i16))
    }

    /// Value of the label `type`; `other` for a type newer than this program.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.known().map_or("other", |(_, name, _)| *name)
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self.known() {
            Some((_, _, true)) => Severity::Critical,
            _ => Severity::Warning,
        }
    }

    /// Value of the label `severity`.
    #[must_use]
    pub fn severity_label(self) -> &'static str {
        match self.severity() {
            Severity::Critical => "critical",
            _ => "warning",
        }
    }

    fn known(self) -> Option<&'static (i16, &'static str, bool)> {
        KINDS.iter().find(|(number, ..)| *number == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_names_and_what_is_newer_is_other() {
        assert_eq!(Kind::of(Some(7.0)).name(), "host");
        assert_eq!(Kind::of(Some(7.0)).severity_label(), "critical");
        assert_eq!(Kind::of(Some(0.0)).severity_label(), "warning");
        assert_eq!((Kind::of(Some(99.0)).name(), Kind::of(None).name()), ("other", "other"));
        assert!(KINDS.iter().enumerate().all(|(index, (number, ..))| index == *number as usize));
    }
}
