//! Networks and interfaces.

use uuid::Uuid;

use super::{Pairs, closed, record};
use crate::Ref;

record! {
    /// A network: what interfaces of hosts and VMs are plugged into.
    Network("network") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// Its name.
        name_label: Box<str> = "/name_label",
        /// The bridge on each host.
        bridge: Box<str> = "/bridge",
        /// Longest packet, in bytes.
        mtu: i64 = "/MTU",
    }
}

closed! {
    /// Where an interface has its address from.
    IpConfigurationMode {
        /// It has none.
        None = "None",
        /// From DHCP.
        Dhcp = "DHCP",
        /// From its configuration.
        Static = "Static",
    }
}

record! {
    /// A physical interface of a host, or a VLAN or bond over some.
    Pif("PIF") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// The host.
        host: Ref = "/host",
        /// The network.
        network: Ref = "/network",
        /// The device: `eth0`, `bond0`.
        device: Box<str> = "/device",
        /// The MAC address.
        mac: Box<str> = "/MAC",
        /// Longest packet, in bytes.
        mtu: i64 = "/MTU",
        /// The VLAN's tag, -1 without.
        vlan: i64 = "/VLAN",
        /// Its measurements.
        metrics: Ref = "/metrics",
        /// Whether it is a card, not a VLAN or a bond.
        physical: bool = "/physical",
        /// Whether it is up.
        currently_attached: bool = "/currently_attached",
        /// Where its IPv4 address comes from.
        ip_configuration_mode: IpConfigurationMode = "/ip_configuration_mode",
        /// Its IPv4 address.
        ip: Box<str> = "/IP",
        /// Its IPv4 mask.
        netmask: Box<str> = "/netmask",
        /// Its IPv4 gateway.
        gateway: Box<str> = "/gateway",
        /// Its IPv6 addresses with prefix lengths.
        ipv6: Box<[Box<str>]> = "/IPv6",
        /// The bond that it is a part of.
        bond_slave_of: Ref = "/bond_slave_of",
        /// The bonds that it is.
        bond_master_of: Box<[Ref]> = "/bond_master_of",
        /// Whether XAPI is reached over it.
        management: bool = "/management",
    }
}

record! {
    /// What XAPI measures of a PIF.
    PifMetrics("PIF_metrics") {
        /// Whether there is a link.
        carrier: bool = "/carrier",
        /// The link's speed, in Mbit/s.
        speed: i64 = "/speed",
        /// Whether the link is full duplex.
        duplex: bool = "/duplex",
        /// The card's maker.
        vendor_name: Box<str> = "/vendor_name",
        /// The card's model.
        device_name: Box<str> = "/device_name",
        /// The card's place.
        pci_bus_path: Box<str> = "/pci_bus_path",
    }
}

record! {
    /// A bond of PIFs.
    Bond("Bond") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// The PIF that it is.
        master: Ref = "/master",
        /// The PIFs that it is made of.
        slaves: Box<[Ref]> = "/slaves",
        /// How packets are spread: `balance-slb`, `active-backup`, `lacp`.
        mode: Box<str> = "/mode",
        /// How many links are up.
        links_up: i64 = "/links_up",
        /// Settings of the mode.
        properties: Pairs = "/properties",
    }
}

record! {
    /// An interface of a VM.
    Vif("VIF") {
        /// Its UUID.
        uuid: Uuid = "/uuid",
        /// The VM.
        vm: Ref = "/VM",
        /// The network.
        network: Ref = "/network",
        /// Its number in the VM: `vif_<device>_rx` in the RRD.
        device: Box<str> = "/device",
        /// The MAC address.
        mac: Box<str> = "/MAC",
        /// Longest packet, in bytes.
        mtu: i64 = "/MTU",
        /// Whether it is plugged in.
        currently_attached: bool = "/currently_attached",
    }
}
