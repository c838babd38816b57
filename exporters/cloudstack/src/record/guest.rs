//! What runs in a cloud.

use crate::client::lenient::{Flag, Number, Text};

use super::records;

records! {
    /// `listVirtualMachines`. Memory in MiB, network and disk in KiB since the last reading.
    Machine by id {
        id: Text,
        name: Text,
        displayname: Text,
        instancename: Text,
        state: Text,
        account: Text,
        domain: Text,
        domainid: Text,
        project: Text,
        zoneid: Text,
        zonename: Text,
        hostid: Text,
        hostname: Text,
        hypervisor: Text,
        templatename: Text,
        serviceofferingname: Text,
        cpunumber: Number,
        cpuspeed: Number,
        memory: Number,
        haenable: Flag,
        cpuused: Number,
        memoryintfreekbs: Number,
        networkkbsread: Number,
        networkkbswrite: Number,
        diskkbsread: Number,
        diskkbswrite: Number,
        diskioread: Number,
        diskiowrite: Number,
    }

    /// `listNetworks`.
    Network by id {
        id: Text,
        name: Text,
        #[serde(rename = "type")] kind: Text,
        traffictype: Text,
        state: Text,
        zoneid: Text,
        zonename: Text,
        cidr: Text,
        account: Text,
        domain: Text,
        project: Text,
        restartrequired: Flag,
    }

    /// `listVPCs`.
    Vpc by id {
        id: Text,
        name: Text,
        state: Text,
        zoneid: Text,
        zonename: Text,
        cidr: Text,
        account: Text,
        domain: Text,
        project: Text,
        restartrequired: Flag,
    }

    /// `listVlanIpRanges`.
    VlanRange by id {
        id: Text,
        vlan: Text,
        zoneid: Text,
        gateway: Text,
        netmask: Text,
        cidr: Text,
        startip: Text,
        endip: Text,
        forvirtualnetwork: Flag,
    }
}
