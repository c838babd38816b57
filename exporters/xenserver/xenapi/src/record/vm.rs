//! Virtual machines. Templates and snapshots are VMs to XAPI; the inventory leaves them out.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Operations, Pairs, closed, record};
use crate::Ref;

closed! {
    /// Whether a VM runs.
    PowerState {
        /// Off.
        Halted = "Halted",
        /// In memory, not running.
        Paused = "Paused",
        /// On.
        Running = "Running",
        /// Written to disk.
        Suspended = "Suspended",
    }
}

record! {
    /// A virtual machine, or the dom0 of a host.
    Vm("VM") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// Its name.
        name_label: Box<str> = "/name_label",
        /// Its description.
        name_description: Box<str> = "/name_description",
        /// Whether it runs.
        power_state: PowerState = "/power_state",
        /// What XAPI does with it now: `pool_migrate`, `migrate_send`.
        current_operations: Operations = "/current_operations",
        /// The host it runs on.
        resident_on: Ref = "/resident_on",
        /// The host it is to run on.
        affinity: Ref = "/affinity",
        /// Whether it is a template; snapshots are, too.
        is_a_template: bool = "/is_a_template",
        /// Whether it is a snapshot.
        is_a_snapshot: bool = "/is_a_snapshot",
        /// Whether it is the dom0 of a host, or a driver domain.
        is_control_domain: bool = "/is_control_domain",
        /// Xen's number of it, -1 when it does not run.
        domid: i64 = "/domid",
        /// Its measurements.
        metrics: Ref = "/metrics",
        /// What its guest tools tell.
        guest_metrics: Ref = "/guest_metrics",
        /// Most virtual CPUs it may have.
        vcpus_max: i64 = "/VCPUs_max",
        /// Virtual CPUs it starts with.
        vcpus_at_startup: i64 = "/VCPUs_at_startup",
        /// Most memory it may ever have, in bytes.
        memory_static_max: i64 = "/memory_static_max",
        /// Most memory it has while it runs, in bytes.
        memory_dynamic_max: i64 = "/memory_dynamic_max",
        /// Least memory it has while it runs, in bytes.
        memory_dynamic_min: i64 = "/memory_dynamic_min",
        /// `restart` and the like where high availability protects it.
        ha_restart_priority: Box<str> = "/ha_restart_priority",
        /// Tags.
        tags: Box<[Box<str>]> = "/tags",
        /// Alarm settings, XML, from `other_config:perfmon`.
        perfmon: Option<Box<str>> = "/other_config/perfmon",
    }

    fn is_kept(&self) -> bool {
        !self.is_a_template && !self.is_a_snapshot
    }
}

record! {
    /// What XAPI measures of a VM.
    VmMetrics("VM_metrics") {
        /// Memory it has, in bytes.
        memory_actual: i64 = "/memory_actual",
        /// Virtual CPUs it has.
        vcpus_number: i64 = "/VCPUs_number",
        /// When it started.
        start_time: Option<Timestamp> = "/start_time",
        /// When it was made.
        install_time: Option<Timestamp> = "/install_time",
    }
}

record! {
    /// What a VM's guest tools tell.
    VmGuestMetrics("VM_guest_metrics") {
        /// The operating system in words.
        os_name: Box<str> = "/os_version/name",
        /// Its distribution: `debian`, `windows`.
        os_distribution: Box<str> = "/os_version/distro",
        /// Its major version.
        os_major: Box<str> = "/os_version/major",
        /// Its minor version.
        os_minor: Box<str> = "/os_version/minor",
        /// Its kernel.
        os_kernel: Box<str> = "/os_version/uname",
        /// Addresses: `0/ip`, `0/ipv4/0`, `1/ipv6/0`, where the first number is the VIF's device.
        networks: Pairs = "/networks",
        /// Version of the tools: `major`, `minor`, `micro`, `build`.
        tools_version: Pairs = "/PV_drivers_version",
        /// Whether the tools are the newest.
        tools_up_to_date: bool = "/PV_drivers_up_to_date",
        /// Whether the tools were found.
        tools_detected: bool = "/PV_drivers_detected",
        /// Whether they tell this since the VM started.
        live: bool = "/live",
    }
}

closed! {
    /// How a console is spoken to.
    ConsoleProtocol {
        /// VNC.
        Rfb = "rfb",
        /// Text.
        Vt100 = "vt100",
        /// Remote desktop.
        Rdp = "rdp",
    }
}

record! {
    /// A console of a VM.
    Console("console") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// The VM.
        vm: Ref = "/VM",
        /// How it is spoken to.
        protocol: ConsoleProtocol = "/protocol",
        /// The URL to CONNECT to, on the host where the VM runs; another after a migration.
        location: Box<str> = "/location",
    }
}
