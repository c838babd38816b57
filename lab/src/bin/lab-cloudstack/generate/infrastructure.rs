//! Zones, and what stands in them.

use super::GIB;
use crate::clock;
use crate::cloud::Size;
use crate::record::*;
use lab::dice::Dice;

/// Pods of a zone.
const PODS: usize = 2;
/// Hosts of a cluster, where there are so many.
const CLUSTER: usize = 10;
const NAMES: [&str; 3] = ["north", "south", "west"];

/// What stands in the zones.
pub(super) struct Places {
    pub(super) zones: Vec<Zone>,
    pub(super) pods: Vec<Pod>,
    pub(super) clusters: Vec<Cluster>,
    pub(super) hosts: Vec<Host>,
    pub(super) pools: Vec<StoragePool>,
    pub(super) image_stores: Vec<ImageStore>,
}

impl Zone {
    pub(crate) fn here(&self) -> InZone {
        InZone { zoneid: self.id.clone(), zonename: self.name.clone() }
    }
}

pub(super) fn places(size: Size, dice: &mut Dice) -> Places {
    let zones: Vec<_> = (0..size.zones).map(|number| zone(number, dice)).collect();
    let mut pods = Vec::new();
    for zone in &zones {
        pods.extend((1..=PODS).map(|number| pod(zone, number, dice)));
    }
    let each = size.hosts.div_ceil(pods.len() * CLUSTER).max(1);
    let mut clusters = Vec::new();
    for pod in &pods {
        clusters.extend((1..=each).map(|number| cluster(pod, number, dice)));
    }
    let hosts = (0..size.hosts)
        .map(|number| host(&clusters[number % clusters.len()], number, dice))
        .collect();
    let pools = clusters.iter().enumerate().map(|(n, cluster)| pool(cluster, n, dice)).collect();
    let image_stores = zones.iter().map(|zone| image_store(zone, dice)).collect();
    Places { zones, pods, clusters, hosts, pools, image_stores }
}

fn zone(number: usize, dice: &mut Dice) -> Zone {
    let name = match NAMES.get(number) {
        Some(name) => (*name).to_owned(),
        None => format!("zone-{}", number + 1),
    };
    Zone {
        id: dice.uuid().into(),
        displaytext: format!("Zone {name}"),
        name: name.into(),
        allocationstate: "Enabled",
        networktype: "Advanced",
        r#type: "Core",
        securitygroupsenabled: false,
        localstorageenabled: false,
        guestcidraddress: "10.1.1.0/24",
        dhcpprovider: "VirtualRouter",
        dns1: "192.0.2.53",
        internaldns1: "10.0.0.53",
        zonetoken: dice.uuid(),
        hasannotations: false,
        tags: [],
    }
}

fn pod(zone: &Zone, number: usize, dice: &mut Dice) -> Pod {
    Pod {
        id: dice.uuid().into(),
        name: format!("{}-pod-{number}", zone.name).into(),
        zone: zone.here(),
        allocationstate: "Enabled",
        gateway: format!("10.{number}.0.1"),
        netmask: "255.255.255.0",
        startip: vec![format!("10.{number}.0.10")],
        endip: vec![format!("10.{number}.0.209")],
        forsystemvms: vec!["0"],
        hasannotations: false,
    }
}

fn cluster(pod: &Pod, number: usize, dice: &mut Dice) -> Cluster {
    Cluster {
        id: dice.uuid().into(),
        name: format!("{}-cluster-{number}", pod.name).into(),
        pod: InPod { zone: pod.zone.clone(), podid: pod.id.clone(), podname: pod.name.clone() },
        hypervisortype: "KVM",
        clustertype: "CloudManaged",
        allocationstate: "Enabled",
        managedstate: "Managed",
        cpuovercommitratio: "2.0",
        memoryovercommitratio: "1.0",
        hasannotations: false,
    }
}

fn host(cluster: &Cluster, number: usize, dice: &mut Dice) -> Host {
    let load = dice.between(1.0, 12.0);
    Host {
        id: dice.uuid().into(),
        name: format!("{}-host-{:03}", cluster.pod.zone.zonename, number + 1).into(),
        r#type: "Routing",
        state: "Up",
        resourcestate: "Enabled",
        place: HostPlace {
            pod: cluster.pod.clone(),
            clusterid: Some(cluster.id.clone()),
            clustername: Some(cluster.name.clone()),
            clustertype: Some(cluster.clustertype),
        },
        ipaddress: format!(
            "10.{}.{}.{}",
            100 + number / 40_000,
            number / 200 % 200,
            number % 200 + 10
        ),
        version: "4.18.2.0",
        created: clock::ago(31_536_000),
        lastpinged: clock::now(),
        disconnected: None,
        managementserverid: "90520737981520",
        hasannotations: false,
        hypervisor: Some(Hypervisor {
            hypervisor: "KVM",
            hypervisorversion: "6.2.0",
            cpusockets: 2,
            cpunumber: 64,
            cpuspeed: 2600,
            cpuused: format!("{:.2}%", dice.between(5.0, 70.0)),
            cpuloadaverage: (load * 100.0).round() / 100.0,
            cpuallocated: String::new(),
            cpuallocatedpercentage: String::new(),
            cpuallocatedvalue: 0,
            cpuallocatedwithoverprovisioning: String::new(),
            cpuwithoverprovisioning: String::new(),
            memorytotal: 512 * GIB,
            memoryused: 0,
            memoryallocated: 0,
            memoryallocatedbytes: 0,
            memoryallocatedpercentage: String::new(),
            memorywithoverprovisioning: String::new(),
            networkkbsread: dice.below(9_000_000) as i64,
            networkkbswrite: dice.below(9_000_000) as i64,
            hosttags: if number.is_multiple_of(4) { "ssd" } else { "" },
            capabilities: "hvm,snapshot",
            hahost: false,
            hasenoughcapacity: true,
            islocalstorageactive: false,
            cpu_total: 0,
            cores_allocated: 0,
        }),
    }
}

/// The agent of a system VM, as it is listed among the hosts.
pub(super) fn agent(vm: &SystemVm) -> Host {
    Host {
        id: vm.id.clone(),
        name: vm.name.as_str().into(),
        r#type: match vm.systemvmtype {
            "consoleproxy" => "ConsoleProxy",
            _ => "SecondaryStorageVM",
        },
        state: "Up",
        resourcestate: "Enabled",
        place: HostPlace {
            pod: vm.pod.clone(),
            clusterid: None,
            clustername: None,
            clustertype: None,
        },
        ipaddress: vm.privateip.clone(),
        version: "4.18.2.0",
        created: vm.created.clone(),
        // The server has never set it for these.
        lastpinged: "1970-01-16T00:54:43+0000".to_owned(),
        disconnected: None,
        managementserverid: "90520737981520",
        hasannotations: false,
        hypervisor: None,
    }
}

fn pool(cluster: &Cluster, number: usize, dice: &mut Dice) -> StoragePool {
    let total = 60_000 * GIB;
    StoragePool {
        id: dice.uuid().into(),
        name: format!("{}-primary", cluster.name).into(),
        cluster: InCluster {
            pod: cluster.pod.clone(),
            clusterid: cluster.id.clone(),
            clustername: cluster.name.clone(),
        },
        scope: "CLUSTER",
        state: "Up",
        r#type: "NetworkFilesystem",
        ipaddress: format!("10.200.{}.{}", number / 200, number % 200 + 10),
        path: "/export/primary",
        provider: "DefaultPrimary",
        hypervisor: "KVM",
        overprovisionfactor: "2.0",
        created: clock::ago(31_536_000),
        disksizetotal: total,
        disksizeallocated: 0,
        disksizeused: total / 100 * (20 + dice.below(50) as i64),
        hasannotations: false,
    }
}

fn image_store(zone: &Zone, dice: &mut Dice) -> ImageStore {
    ImageStore {
        id: dice.uuid().into(),
        name: format!("{}-secondary", zone.name).into(),
        zone: zone.here(),
        url: format!("nfs://secondary.{}.example/export/secondary", zone.name),
        protocol: "nfs",
        providername: "NFS",
        scope: "ZONE",
        readonly: false,
        disksizetotal: 100_000 * GIB,
        disksizeused: 31_500 * GIB,
        hasannotations: false,
    }
}
