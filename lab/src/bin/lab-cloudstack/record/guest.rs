//! What runs on the infrastructure: VMs, their volumes and networks, and the machines that serve them.

use serde::Serialize;

use super::{InPod, InZone, Owner, Text, chosen_by};

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Vm {
    pub(crate) id: Text,
    pub(crate) name: String,
    pub(crate) displayname: String,
    pub(crate) instancename: String,
    pub(crate) state: &'static str,
    #[serde(flatten)]
    pub(crate) owner: Owner,
    #[serde(flatten)]
    pub(crate) zone: InZone,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hostid: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hostname: Option<Text>,
    pub(crate) hypervisor: &'static str,
    pub(crate) serviceofferingid: Text,
    pub(crate) serviceofferingname: Text,
    pub(crate) templateid: Text,
    pub(crate) templatename: Text,
    pub(crate) cpunumber: i32,
    /// MHz.
    pub(crate) cpuspeed: i32,
    /// MiB.
    pub(crate) memory: i32,
    pub(crate) created: String,
    pub(crate) haenable: bool,
    pub(crate) isdynamicallyscalable: bool,
    pub(crate) passwordenabled: bool,
    pub(crate) displayvm: bool,
    pub(crate) nic: [Nic; 1],
    /// Its place in the list of hosts.
    #[serde(skip)]
    pub(crate) host: Option<usize>,
    #[serde(skip)]
    pub(crate) statistics: VmStatistics,
}
chosen_by!(Vm, owner owner: "id" id, "name" name, "state" state, "zoneid" zone.zoneid,
    "hostid" hostid, "hypervisor" hypervisor, "domainid" owner.domainid, "account" owner.account);

/// What a VM uses; told only to who asks for `stats`. Kibibytes are those since the last look at it.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct VmStatistics {
    /// Percent, with the sign.
    pub(crate) cpuused: String,
    pub(crate) memorykbs: i64,
    pub(crate) memoryintfreekbs: i64,
    pub(crate) memorytargetkbs: i64,
    pub(crate) networkkbsread: i64,
    pub(crate) networkkbswrite: i64,
    pub(crate) diskkbsread: i64,
    pub(crate) diskkbswrite: i64,
    pub(crate) diskioread: i64,
    pub(crate) diskiowrite: i64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Nic {
    pub(crate) id: Text,
    pub(crate) networkid: Text,
    pub(crate) networkname: Text,
    pub(crate) ipaddress: String,
    pub(crate) netmask: &'static str,
    pub(crate) macaddress: String,
    pub(crate) traffictype: &'static str,
    pub(crate) r#type: &'static str,
    pub(crate) isdefault: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Volume {
    pub(crate) id: Text,
    pub(crate) name: String,
    pub(crate) r#type: &'static str,
    pub(crate) state: &'static str,
    #[serde(flatten)]
    pub(crate) owner: Owner,
    #[serde(flatten)]
    pub(crate) zone: InZone,
    pub(crate) storageid: Text,
    pub(crate) storage: Text,
    pub(crate) storagetype: &'static str,
    /// Bytes.
    pub(crate) size: i64,
    pub(crate) physicalsize: i64,
    pub(crate) created: String,
    pub(crate) destroyed: bool,
    pub(crate) displayvolume: bool,
    pub(crate) isextractable: bool,
    pub(crate) virtualmachineid: Text,
    pub(crate) vmname: String,
    pub(crate) deviceid: i64,
}
chosen_by!(Volume, owner owner: "id" id, "name" name, "type" r#type, "state" state, "zoneid" zone.zoneid,
    "storageid" storageid, "virtualmachineid" virtualmachineid, "account" owner.account);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct SystemVm {
    pub(crate) id: Text,
    pub(crate) name: String,
    pub(crate) systemvmtype: &'static str,
    pub(crate) state: &'static str,
    pub(crate) agentstate: &'static str,
    #[serde(flatten)]
    pub(crate) pod: InPod,
    pub(crate) hostid: Text,
    pub(crate) hostname: Text,
    pub(crate) hypervisor: &'static str,
    pub(crate) publicip: String,
    pub(crate) privateip: String,
    pub(crate) linklocalip: String,
    pub(crate) created: String,
    pub(crate) version: &'static str,
    pub(crate) hasannotations: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) activeviewersessions: Option<i32>,
}
chosen_by!(SystemVm: "id" id, "name" name, "systemvmtype" systemvmtype, "state" state,
    "zoneid" pod.zone.zoneid, "podid" pod.podid, "hostid" hostid);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Router {
    pub(crate) id: Text,
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) role: &'static str,
    #[serde(flatten)]
    pub(crate) owner: Owner,
    #[serde(flatten)]
    pub(crate) pod: InPod,
    pub(crate) hostid: Text,
    pub(crate) hostname: Text,
    pub(crate) guestnetworkid: Text,
    pub(crate) guestnetworkname: Text,
    pub(crate) guestipaddress: &'static str,
    pub(crate) publicip: String,
    pub(crate) linklocalip: String,
    pub(crate) hypervisor: &'static str,
    pub(crate) isredundantrouter: bool,
    pub(crate) redundantstate: &'static str,
    pub(crate) requiresupgrade: bool,
    pub(crate) version: &'static str,
    pub(crate) created: String,
    pub(crate) hasannotations: bool,
    pub(crate) healthchecksfailed: bool,
    /// Told only to who asks for it.
    #[serde(skip)]
    pub(crate) checks: Vec<HealthCheck>,
}
chosen_by!(Router, owner owner: "id" id, "name" name, "state" state, "zoneid" pod.zone.zoneid,
    "podid" pod.podid, "hostid" hostid, "networkid" guestnetworkid, "account" owner.account);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct HealthCheck {
    pub(crate) checkname: &'static str,
    pub(crate) checktype: &'static str,
    pub(crate) success: bool,
    pub(crate) lastupdated: String,
    pub(crate) details: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Network {
    pub(crate) id: Text,
    pub(crate) name: Text,
    pub(crate) displaytext: Text,
    pub(crate) state: &'static str,
    pub(crate) r#type: &'static str,
    pub(crate) traffictype: &'static str,
    pub(crate) acltype: &'static str,
    pub(crate) cidr: String,
    pub(crate) gateway: String,
    pub(crate) netmask: &'static str,
    #[serde(flatten)]
    pub(crate) owner: Owner,
    #[serde(flatten)]
    pub(crate) zone: InZone,
    pub(crate) vlan: String,
    pub(crate) broadcasturi: String,
    pub(crate) broadcastdomaintype: &'static str,
    pub(crate) networkofferingname: &'static str,
    pub(crate) issystem: bool,
    pub(crate) ispersistent: bool,
    pub(crate) restartrequired: bool,
}
chosen_by!(Network, owner owner: "id" id, "name" name, "zoneid" zone.zoneid, "type" r#type,
    "traffictype" traffictype, "account" owner.account);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Vpc {
    pub(crate) id: Text,
    pub(crate) name: String,
    pub(crate) displaytext: String,
    pub(crate) state: &'static str,
    pub(crate) cidr: String,
    #[serde(flatten)]
    pub(crate) owner: Owner,
    #[serde(flatten)]
    pub(crate) zone: InZone,
    pub(crate) vpcofferingname: &'static str,
    pub(crate) created: String,
    pub(crate) redundantvpcrouter: bool,
    pub(crate) restartrequired: bool,
}
chosen_by!(Vpc, owner owner: "id" id, "name" name, "zoneid" zone.zoneid, "state" state,
    "account" owner.account);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Snapshot {
    pub(crate) id: Text,
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) snapshottype: &'static str,
    pub(crate) intervaltype: &'static str,
    #[serde(flatten)]
    pub(crate) owner: Owner,
    pub(crate) zoneid: Text,
    pub(crate) volumeid: Text,
    pub(crate) volumename: String,
    pub(crate) volumetype: &'static str,
    pub(crate) physicalsize: i64,
    pub(crate) virtualsize: i64,
    pub(crate) created: String,
    pub(crate) revertable: bool,
}
chosen_by!(Snapshot, owner owner: "id" id, "name" name, "zoneid" zoneid, "volumeid" volumeid,
    "snapshottype" snapshottype, "account" owner.account);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Template {
    pub(crate) id: Text,
    pub(crate) name: Text,
    pub(crate) displaytext: Text,
    #[serde(flatten)]
    pub(crate) owner: Owner,
    #[serde(flatten)]
    pub(crate) zone: InZone,
    pub(crate) format: &'static str,
    pub(crate) hypervisor: &'static str,
    pub(crate) templatetype: &'static str,
    pub(crate) status: &'static str,
    pub(crate) ostypename: &'static str,
    pub(crate) size: i64,
    pub(crate) physicalsize: i64,
    pub(crate) created: String,
    pub(crate) isready: bool,
    pub(crate) ispublic: bool,
    pub(crate) isfeatured: bool,
    #[serde(rename = "crossZones")]
    pub(crate) cross_zones: bool,
}
chosen_by!(Template: "id" id, "name" name, "zoneid" zone.zoneid, "hypervisor" hypervisor);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct PublicIp {
    pub(crate) id: Text,
    pub(crate) ipaddress: String,
    pub(crate) state: &'static str,
    pub(crate) allocated: String,
    #[serde(flatten)]
    pub(crate) owner: Owner,
    #[serde(flatten)]
    pub(crate) zone: InZone,
    pub(crate) associatednetworkid: Text,
    pub(crate) associatednetworkname: Text,
    pub(crate) vlanid: Text,
    pub(crate) vlanname: &'static str,
    pub(crate) issourcenat: bool,
    pub(crate) isstaticnat: bool,
    pub(crate) issystem: bool,
    pub(crate) forvirtualnetwork: bool,
}
chosen_by!(PublicIp, owner owner: "id" id, "ipaddress" ipaddress, "state" state, "zoneid" zone.zoneid,
    "vlanid" vlanid, "account" owner.account);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct VlanRange {
    pub(crate) id: Text,
    pub(crate) zoneid: Text,
    pub(crate) vlan: &'static str,
    pub(crate) gateway: String,
    pub(crate) netmask: &'static str,
    pub(crate) startip: String,
    pub(crate) endip: String,
    pub(crate) networkid: Text,
    pub(crate) physicalnetworkid: Text,
    pub(crate) forvirtualnetwork: bool,
    pub(crate) forsystemvms: bool,
}
chosen_by!(VlanRange: "id" id, "zoneid" zoneid, "vlan" vlan, "networkid" networkid);
