//! Zones, pods, clusters, hosts and storage.

use serde::Serialize;

use super::{InZone, Text, chosen_by};

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Zone {
    pub(crate) id: Text,
    pub(crate) name: Text,
    pub(crate) displaytext: String,
    pub(crate) allocationstate: &'static str,
    pub(crate) networktype: &'static str,
    pub(crate) r#type: &'static str,
    pub(crate) securitygroupsenabled: bool,
    pub(crate) localstorageenabled: bool,
    pub(crate) guestcidraddress: &'static str,
    pub(crate) dhcpprovider: &'static str,
    pub(crate) dns1: &'static str,
    pub(crate) internaldns1: &'static str,
    pub(crate) zonetoken: String,
    pub(crate) hasannotations: bool,
    pub(crate) tags: [(); 0],
}
chosen_by!(Zone: "id" id, "name" name, "networktype" networktype);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Pod {
    pub(crate) id: Text,
    pub(crate) name: Text,
    #[serde(flatten)]
    pub(crate) zone: InZone,
    pub(crate) allocationstate: &'static str,
    pub(crate) gateway: String,
    pub(crate) netmask: &'static str,
    pub(crate) startip: Vec<String>,
    pub(crate) endip: Vec<String>,
    pub(crate) forsystemvms: Vec<&'static str>,
    pub(crate) hasannotations: bool,
}
chosen_by!(Pod: "id" id, "name" name, "zoneid" zone.zoneid, "allocationstate" allocationstate);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Cluster {
    pub(crate) id: Text,
    pub(crate) name: Text,
    #[serde(flatten)]
    pub(crate) pod: InPod,
    pub(crate) hypervisortype: &'static str,
    pub(crate) clustertype: &'static str,
    pub(crate) allocationstate: &'static str,
    pub(crate) managedstate: &'static str,
    pub(crate) cpuovercommitratio: &'static str,
    pub(crate) memoryovercommitratio: &'static str,
    pub(crate) hasannotations: bool,
}
chosen_by!(Cluster: "id" id, "name" name, "zoneid" pod.zone.zoneid, "podid" pod.podid,
    "hypervisor" hypervisortype, "allocationstate" allocationstate);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct InPod {
    #[serde(flatten)]
    pub(crate) zone: InZone,
    pub(crate) podid: Text,
    pub(crate) podname: Text,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct InCluster {
    #[serde(flatten)]
    pub(crate) pod: InPod,
    pub(crate) clusterid: Text,
    pub(crate) clustername: Text,
}

/// A hypervisor (`Routing`), or the agent of a system VM, which the API lists among the hosts.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Host {
    pub(crate) id: Text,
    pub(crate) name: Text,
    pub(crate) r#type: &'static str,
    pub(crate) state: &'static str,
    pub(crate) resourcestate: &'static str,
    #[serde(flatten)]
    pub(crate) place: HostPlace,
    pub(crate) ipaddress: String,
    pub(crate) version: &'static str,
    pub(crate) created: String,
    pub(crate) lastpinged: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disconnected: Option<String>,
    pub(crate) managementserverid: &'static str,
    pub(crate) hasannotations: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) hypervisor: Option<Hypervisor>,
}
chosen_by!(Host: "id" id, "name" name, "type" r#type, "state" state, "resourcestate" resourcestate,
    "zoneid" place.pod.zone.zoneid, "podid" place.pod.podid, "clusterid" place.clusterid);

/// Where a host is. Agents of system VMs are in no cluster.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HostPlace {
    #[serde(flatten)]
    pub(crate) pod: InPod,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clusterid: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clustername: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clustertype: Option<&'static str>,
}

/// What only a hypervisor has. Numbers are texts where the API has them so.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Hypervisor {
    pub(crate) hypervisor: &'static str,
    pub(crate) hypervisorversion: &'static str,
    pub(crate) cpusockets: i32,
    pub(crate) cpunumber: i32,
    /// MHz.
    pub(crate) cpuspeed: i64,
    /// Percent, with the sign.
    pub(crate) cpuused: String,
    pub(crate) cpuloadaverage: f64,
    pub(crate) cpuallocated: String,
    pub(crate) cpuallocatedpercentage: String,
    /// MHz.
    pub(crate) cpuallocatedvalue: i64,
    pub(crate) cpuallocatedwithoverprovisioning: String,
    pub(crate) cpuwithoverprovisioning: String,
    /// Bytes, as are the others of memory.
    pub(crate) memorytotal: i64,
    pub(crate) memoryused: i64,
    pub(crate) memoryallocated: i64,
    pub(crate) memoryallocatedbytes: i64,
    pub(crate) memoryallocatedpercentage: String,
    pub(crate) memorywithoverprovisioning: String,
    pub(crate) networkkbsread: i64,
    pub(crate) networkkbswrite: i64,
    pub(crate) hosttags: &'static str,
    pub(crate) capabilities: &'static str,
    pub(crate) hahost: bool,
    pub(crate) hasenoughcapacity: bool,
    pub(crate) islocalstorageactive: bool,
    /// MHz that VMs may have together, times the over-provisioning.
    #[serde(skip)]
    pub(crate) cpu_total: i64,
    /// Cores of all VMs on it.
    #[serde(skip)]
    pub(crate) cores_allocated: i64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct DedicatedHost {
    pub(crate) id: Text,
    pub(crate) hostid: Text,
    pub(crate) hostname: Text,
    pub(crate) accountid: Text,
    pub(crate) domainid: Text,
    pub(crate) affinitygroupid: Text,
}
chosen_by!(DedicatedHost: "id" id, "hostid" hostid, "domainid" domainid);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct StoragePool {
    pub(crate) id: Text,
    pub(crate) name: Text,
    #[serde(flatten)]
    pub(crate) cluster: InCluster,
    pub(crate) scope: &'static str,
    pub(crate) state: &'static str,
    pub(crate) r#type: &'static str,
    pub(crate) ipaddress: String,
    pub(crate) path: &'static str,
    pub(crate) provider: &'static str,
    pub(crate) hypervisor: &'static str,
    pub(crate) overprovisionfactor: &'static str,
    pub(crate) created: String,
    /// Bytes, as are the other sizes.
    pub(crate) disksizetotal: i64,
    pub(crate) disksizeallocated: i64,
    pub(crate) disksizeused: i64,
    pub(crate) hasannotations: bool,
}
chosen_by!(StoragePool: "id" id, "name" name, "scope" scope, "zoneid" cluster.pod.zone.zoneid,
    "podid" cluster.pod.podid, "clusterid" cluster.clusterid, "ipaddress" ipaddress);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ImageStore {
    pub(crate) id: Text,
    pub(crate) name: Text,
    #[serde(flatten)]
    pub(crate) zone: InZone,
    pub(crate) url: String,
    pub(crate) protocol: &'static str,
    pub(crate) providername: &'static str,
    pub(crate) scope: &'static str,
    pub(crate) readonly: bool,
    pub(crate) disksizetotal: i64,
    pub(crate) disksizeused: i64,
    pub(crate) hasannotations: bool,
}
chosen_by!(ImageStore: "id" id, "name" name, "zoneid" zone.zoneid, "provider" providername,
    "protocol" protocol);

/// How much of something there is, in a zone, a pod or a cluster.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Capacity {
    #[serde(skip)]
    pub(crate) number: String,
    pub(crate) r#type: i16,
    pub(crate) name: &'static str,
    #[serde(flatten)]
    pub(crate) zone: InZone,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) podid: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) podname: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clusterid: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clustername: Option<Text>,
    pub(crate) capacityallocated: i64,
    pub(crate) capacityused: i64,
    pub(crate) capacitytotal: i64,
    pub(crate) percentused: String,
}
chosen_by!(Capacity: "type" number, "zoneid" zone.zoneid, "podid" podid, "clusterid" clusterid);
