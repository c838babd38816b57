//! Storage: repositories, disks, and how hosts and VMs reach them.

use uuid::Uuid;

use super::{DeviceConfig, MultipathPaths, closed, record};
use crate::Ref;

record! {
    /// A storage repository.
    Sr("SR") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// Its name.
        name_label: Box<str> = "/name_label",
        /// Its description.
        name_description: Box<str> = "/name_description",
        /// Its kind: `lvm`, `nfs`, `iso`.
        kind: Box<str> = "/type",
        /// What it holds: `user`, `iso`, `disk`, or nothing.
        content_type: Box<str> = "/content_type",
        /// Whether all hosts share it.
        shared: bool = "/shared",
        /// Bytes that its disks claim.
        virtual_allocation: i64 = "/virtual_allocation",
        /// Bytes that are used.
        physical_utilisation: i64 = "/physical_utilisation",
        /// Bytes that there are; -1 or 0 where it has no size of its own.
        physical_size: i64 = "/physical_size",
        /// Tags.
        tags: Box<[Box<str>]> = "/tags",
        /// Alarm settings, XML, from `other_config:perfmon`.
        perfmon: Option<Box<str>> = "/other_config/perfmon",
    }
}

record! {
    /// A virtual disk.
    Vdi("VDI") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// Its name.
        name_label: Box<str> = "/name_label",
        /// The repository.
        sr: Ref = "/SR",
        /// Bytes that the VM sees.
        virtual_size: i64 = "/virtual_size",
        /// Bytes that it takes in the repository.
        physical_utilisation: i64 = "/physical_utilisation",
        /// What it is for: `system`, `user`, `suspend`, `ha_statefile`.
        kind: Box<str> = "/type",
        /// Whether it is a snapshot.
        is_a_snapshot: bool = "/is_a_snapshot",
        /// Whether XAPI made it.
        managed: bool = "/managed",
        /// Whether the repository lost it.
        missing: bool = "/missing",
    }
}

closed! {
    /// What a VBD shows the VM.
    VbdType {
        /// A CD.
        Cd = "CD",
        /// A disk.
        Disk = "Disk",
        /// A floppy disk.
        Floppy = "Floppy",
    }
}

record! {
    /// A disk in a VM.
    Vbd("VBD") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// The VM.
        vm: Ref = "/VM",
        /// The disk, null for an empty drive.
        vdi: Ref = "/VDI",
        /// The device in the VM: `vbd_<device>_read` in the RRD. Empty while the VM is halted.
        device: Box<str> = "/device",
        /// Its number in the VM.
        userdevice: Box<str> = "/userdevice",
        /// What it shows the VM.
        kind: VbdType = "/type",
        /// Whether it is plugged in.
        currently_attached: bool = "/currently_attached",
    }
}

record! {
    /// How a host reaches a repository.
    Pbd("PBD") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// The host.
        host: Ref = "/host",
        /// The repository.
        sr: Ref = "/SR",
        /// How it is reached, without what may be secret.
        device_config: DeviceConfig = "/device_config",
        /// Whether it is plugged in.
        currently_attached: bool = "/currently_attached",
        /// Whether it has several paths: `true` or `false`.
        multipathed: Option<Box<str>> = "/other_config/multipathed",
        /// How many paths there are and work.
        paths: MultipathPaths = "/other_config",
    }
}
