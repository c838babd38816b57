//! Zones and what they are made of.

use crate::client::lenient::{Flag, List, Number, Text};

use super::records;

records! {
    /// A sum of capacity (`listCapacity`, or `capacity` of a pod or cluster). Memory and storage in bytes, CPU in MHz.
    Capacity by none {
        #[serde(rename = "type")] kind: Number,
        name: Text,
        zoneid: Text,
        zonename: Text,
        podid: Text,
        clusterid: Text,
        tag: Text,
        capacityused: Number,
        capacityallocated: Number,
        capacitytotal: Number,
        #[serde(skip)] none: Text,
    }

    /// `listZones`.
    Zone by id {
        id: Text,
        name: Text,
        allocationstate: Text,
        networktype: Text,
        guestcidraddress: Text,
        securitygroupsenabled: Flag,
        localstorageenabled: Flag,
        dhcpprovider: Text,
        dns1: Text,
        internaldns1: Text,
        domain: Text,
        #[serde(rename = "type")] kind: Text,
    }

    /// `listPods`.
    Pod by id {
        id: Text,
        name: Text,
        zoneid: Text,
        zonename: Text,
        gateway: Text,
        netmask: Text,
        allocationstate: Text,
        capacity: List<Capacity>,
    }

    /// `listClusters`.
    Cluster by id {
        id: Text,
        name: Text,
        podid: Text,
        podname: Text,
        zoneid: Text,
        zonename: Text,
        hypervisortype: Text,
        clustertype: Text,
        allocationstate: Text,
        managedstate: Text,
        cpuovercommitratio: Number,
        memoryovercommitratio: Number,
        capacity: List<Capacity>,
    }

    /// `listHosts`. Memory in bytes, CPU in MHz, network in KiB since the last reading.
    Host by id {
        id: Text,
        name: Text,
        #[serde(rename = "type")] kind: Text,
        state: Text,
        resourcestate: Text,
        allocationstate: Text,
        ipaddress: Text,
        hypervisor: Text,
        hypervisorversion: Text,
        version: Text,
        zoneid: Text,
        zonename: Text,
        podid: Text,
        podname: Text,
        clusterid: Text,
        clustername: Text,
        hosttags: Text,
        cpunumber: Number,
        cpusockets: Number,
        cpuspeed: Number,
        cpuused: Number,
        cpuallocated: Number,
        cpuallocatedvalue: Number,
        cpuwithoverprovisioning: Number,
        cpuloadaverage: Number,
        memorytotal: Number,
        memorywithoverprovisioning: Number,
        memoryallocated: Number,
        memoryallocatedbytes: Number,
        memoryused: Number,
        networkkbsread: Number,
        networkkbswrite: Number,
        lastpinged: Text,
        managementserverid: Text,
        hahost: Flag,
        hostha: List<HostHa>,
    }

    /// `hostha` of a host.
    HostHa by hastate {
        hastate: Text,
        haenable: Flag,
    }

    /// `listDedicatedHosts`.
    DedicatedHost by hostid {
        hostid: Text,
        accountid: Text,
        domainid: Text,
    }

    /// `listStoragePools`. Sizes in bytes.
    Pool by id {
        id: Text,
        name: Text,
        zoneid: Text,
        zonename: Text,
        podname: Text,
        clustername: Text,
        ipaddress: Text,
        path: Text,
        #[serde(rename = "type")] kind: Text,
        scope: Text,
        state: Text,
        tags: Text,
        overprovisionfactor: Number,
        disksizetotal: Number,
        disksizeallocated: Number,
        disksizeused: Number,
    }

    /// `listImageStores`. Sizes in bytes.
    ImageStore by id {
        id: Text,
        name: Text,
        zoneid: Text,
        zonename: Text,
        url: Text,
        protocol: Text,
        providername: Text,
        scope: Text,
        readonly: Flag,
        disksizetotal: Number,
        disksizeused: Number,
    }

    /// `listSystemVms`.
    SystemVm by id {
        id: Text,
        name: Text,
        systemvmtype: Text,
        state: Text,
        agentstate: Text,
        zonename: Text,
        zoneid: Text,
        podname: Text,
        hostname: Text,
        hostid: Text,
        version: Text,
        activeviewersessions: Number,
    }

    /// `listRouters`.
    Router by id {
        id: Text,
        name: Text,
        state: Text,
        redundantstate: Text,
        isredundantrouter: Flag,
        requiresupgrade: Flag,
        healthchecksfailed: Flag,
        healthcheckresults: List<Health>,
        role: Text,
        version: Text,
        zoneid: Text,
        zonename: Text,
        hostname: Text,
        hostid: Text,
        account: Text,
        domain: Text,
        project: Text,
        guestnetworkname: Text,
        vpcname: Text,
    }

    /// A check of a router's health (`healthcheckresults`).
    Health by checkname {
        checkname: Text,
        checktype: Text,
        success: Flag,
    }
}
