//! Hosts and what belongs to them.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Operations, Pairs, record};
use crate::{Fingerprint, Ref};

record! {
    /// A host.
    Host("host") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// Its name.
        name_label: Box<str> = "/name_label",
        /// Its description.
        name_description: Box<str> = "/name_description",
        /// The name it has itself.
        hostname: Box<str> = "/hostname",
        /// The address of its management interface.
        address: Box<str> = "/address",
        /// Whether new VMs may start on it.
        enabled: bool = "/enabled",
        /// What XAPI does with it now.
        current_operations: Operations = "/current_operations",
        /// Its measurements.
        metrics: Ref = "/metrics",
        /// Memory that Xen takes for itself, in bytes.
        memory_overhead: i64 = "/memory_overhead",
        /// The VM that is its dom0.
        control_domain: Ref = "/control_domain",
        /// Whether storage is to be reached over several paths.
        multipathing: bool = "/multipathing",
        /// The same, as hosts before XenServer 7.6 have it: `true` or `false`.
        multipathing_before: Option<Box<str>> = "/other_config/multipathing",
        /// Seconds since 1970 when it booted, as text: `1411129914.`.
        boot_time: Option<Box<str>> = "/other_config/boot_time",
        /// Seconds since 1970 when XAPI started on it, as text.
        agent_start_time: Option<Box<str>> = "/other_config/agent_start_time",
        /// Alarm settings, XML, from `other_config:perfmon`.
        perfmon: Option<Box<str>> = "/other_config/perfmon",
        /// `cpu_count`, `socket_count`, `vendor`, `modelname`, `speed` (MHz) and the like.
        cpu_info: Pairs = "/cpu_info",
        /// Manufacturer of the machine.
        system_manufacturer: Box<str> = "/bios_strings/system-manufacturer",
        /// Model of the machine.
        system_product_name: Box<str> = "/bios_strings/system-product-name",
        /// Serial number of the machine.
        system_serial_number: Box<str> = "/bios_strings/system-serial-number",
        /// Version of the BIOS.
        bios_version: Box<str> = "/bios_strings/bios-version",
        /// `XenServer` or `XCP-ng`.
        product_brand: Box<str> = "/software_version/product_brand",
        /// Version of the product.
        product_version: Box<str> = "/software_version/product_version",
        /// Version of the product in words.
        product_version_text: Box<str> = "/software_version/product_version_text",
        /// Build of the product.
        build_number: Box<str> = "/software_version/build_number",
        /// Version of Xen.
        xen_version: Box<str> = "/software_version/xen",
        /// Version of dom0's kernel.
        linux_version: Box<str> = "/software_version/linux",
        /// Version of XAPI.
        xapi_version: Box<str> = "/software_version/xapi",
        /// Edition of the licence.
        edition: Box<str> = "/edition",
        /// When the licence ends.
        license_expiry: Option<Timestamp> = "/license_params/expiry",
        /// Updates it has, since XenServer 7.1.
        updates: Box<[Ref]> = "/updates",
        /// Updates that wait for a reboot.
        updates_requiring_reboot: Box<[Ref]> = "/updates_requiring_reboot",
        /// What must be done for updates to take effect, since XenServer 8.
        pending_guidances: Box<[Box<str>]> = "/pending_guidances",
        /// Tags.
        tags: Box<[Box<str>]> = "/tags",
    }
}

impl Host {
    /// Whether storage is to be reached over several paths, by either field.
    #[must_use]
    pub fn is_multipathing(&self) -> bool {
        self.multipathing || self.multipathing_before.as_deref() == Some("true")
    }
}

record! {
    /// What XAPI measures of a host.
    HostMetrics("host_metrics") {
        /// Memory, in bytes.
        memory_total: i64 = "/memory_total",
        /// Free memory, in bytes. Old; the RRD is right.
        memory_free: i64 = "/memory_free",
        /// Whether XAPI believes that it lives, which it may for ten minutes after its death.
        live: bool = "/live",
    }
}

record! {
    /// A processor of a host, as XAPI sees one: a thread.
    HostCpu("host_cpu") {
        /// The host.
        host: Ref = "/host",
        /// Its number, from 0.
        number: i64 = "/number",
        /// Its model.
        modelname: Box<str> = "/modelname",
        /// Its clock, in MHz.
        speed: i64 = "/speed",
    }
}

record! {
    /// An old update on a host.
    HostPatch("host_patch") {
        /// The host.
        host: Ref = "/host",
        /// The pool's update.
        pool_patch: Ref = "/pool_patch",
        /// Its name.
        name_label: Box<str> = "/name_label",
        /// Whether it is applied.
        applied: bool = "/applied",
        /// When it was.
        timestamp_applied: Option<Timestamp> = "/timestamp_applied",
    }
}

record! {
    /// A certificate, since XenServer 8.
    Certificate("Certificate") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// Its name, for authorities.
        name: Box<str> = "/name",
        /// `host` (for clients), `host_internal` (between hosts) or `ca`.
        kind: Box<str> = "/type",
        /// The host, for those of hosts.
        host: Ref = "/host",
        /// When its time begins.
        not_before: Option<Timestamp> = "/not_before",
        /// When its time ends.
        not_after: Option<Timestamp> = "/not_after",
        /// Its SHA-256.
        fingerprint: Option<Fingerprint> = "/fingerprint",
    }
}
