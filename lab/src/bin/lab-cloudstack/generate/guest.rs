//! VMs and all that serves them.

use super::GIB;
use super::infrastructure::Places;
use super::serving::{system_vm, vlan};
use super::tenant::Tenants;
use crate::clock;
use crate::cloud::Size;
use crate::record::*;
use lab::dice::Dice;

/// Name, cores, MHz, MiB.
const OFFERINGS: [(&str, i32, i32, i32); 4] = [
    ("small", 1, 1000, 1024),
    ("medium", 2, 1000, 4096),
    ("large", 4, 1500, 8192),
    ("huge", 8, 2000, 16384),
];
const TEMPLATES: [&str; 3] = ["debian-12", "rocky-9", "windows-2022"];
/// Of 100 volumes, so many have a snapshot.
const SNAPSHOTS: usize = 4;

/// VMs and all that serves them.
#[derive(Default)]
pub(super) struct Guests {
    pub(super) vms: Vec<Vm>,
    pub(super) volumes: Vec<Volume>,
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) templates: Vec<Template>,
    pub(super) system_vms: Vec<SystemVm>,
    pub(super) routers: Vec<Router>,
    pub(super) networks: Vec<Network>,
    pub(super) vpcs: Vec<Vpc>,
    pub(super) addresses: Vec<PublicIp>,
    pub(super) vlans: Vec<VlanRange>,
}

pub(super) fn guests(size: Size, places: &Places, tenants: &Tenants, dice: &mut Dice) -> Guests {
    let mut guests = Guests::default();
    for (number, zone) in places.zones.iter().enumerate() {
        guests
            .templates
            .extend(TEMPLATES.map(|name| template(name, zone, &tenants.owners[0], dice)));
        for kind in ["consoleproxy", "secondarystoragevm"] {
            guests.system_vms.push(system_vm(kind, number, places, dice));
        }
        guests.vlans.push(vlan(number, zone, dice));
        for (place, owner) in tenants.owners.iter().enumerate() {
            guests.network(number, zone, place, owner, places, dice);
        }
    }
    let offerings = OFFERINGS.map(|offering| (Text::from(dice.uuid()), Text::from(offering.0)));
    for number in 0..size.vms {
        let vm = guests.vm(number, &offerings, places, tenants, dice);
        guests.vms.push(vm);
    }
    for number in 0..size.volumes {
        let volume = volume(number, &guests.vms[number % size.vms.max(1)], places, size.vms, dice);
        if dice.below(100) < SNAPSHOTS {
            guests.snapshots.push(snapshot(&volume, dice));
        }
        guests.volumes.push(volume);
    }
    guests
}

impl Guests {
    fn vm(
        &self,
        number: usize,
        offerings: &[(Text, Text)],
        places: &Places,
        tenants: &Tenants,
        dice: &mut Dice,
    ) -> Vm {
        let place = number % places.hosts.len();
        let host = &places.hosts[place];
        let zone = host.place.pod.zone.clone();
        let owners = tenants.owners.len();
        let owner = number / places.hosts.len() % owners;
        let here = places.zones.iter().position(|place| place.id == zone.zoneid).unwrap_or(0);
        let network = &self.networks[here * owners + owner];
        let offering = [0, 0, 0, 1, 1, 1, 2, 2, 3][dice.below(9)];
        let (_, cpunumber, cpuspeed, memory) = OFFERINGS[offering];
        let template = &self.templates[here * TEMPLATES.len() + dice.below(TEMPLATES.len())];
        let state = match dice.below(100) {
            0..8 => "Stopped",
            8 => "Error",
            _ => "Running",
        };
        let running = state == "Running";
        let name = format!("vm-{:05}", number + 1);
        Vm {
            id: dice.uuid().into(),
            displayname: name.clone(),
            name,
            instancename: format!("i-{}-{}-VM", owner + 3, number + 100),
            state,
            owner: tenants.owners[owner].clone(),
            hostid: running.then(|| host.id.clone()),
            hostname: running.then(|| host.name.clone()),
            zone,
            hypervisor: "KVM",
            serviceofferingid: offerings[offering].0.clone(),
            serviceofferingname: offerings[offering].1.clone(),
            templateid: template.id.clone(),
            templatename: template.name.clone(),
            cpunumber,
            cpuspeed,
            memory,
            created: clock::ago(86_400 * (1 + dice.below(300) as i64)),
            haenable: false,
            isdynamicallyscalable: false,
            passwordenabled: false,
            displayvm: true,
            nic: [Nic {
                id: dice.uuid().into(),
                networkid: network.id.clone(),
                networkname: network.name.clone(),
                ipaddress: format!("10.1.{}.{}", 1 + number / 200 % 200, 10 + number % 200),
                netmask: network.netmask,
                macaddress: format!("02:00:{:02x}:{:02x}:00:01", number >> 8 & 0xff, number & 0xff),
                traffictype: "Guest",
                r#type: "Isolated",
                isdefault: true,
            }],
            host: running.then_some(place),
            statistics: statistics(memory, dice),
        }
    }
}

/// What a VM uses, at a time.
pub(crate) fn statistics(memory: i32, dice: &mut Dice) -> VmStatistics {
    let kibibytes = i64::from(memory) << 10;
    VmStatistics {
        cpuused: format!("{:.2}%", dice.between(0.1, 95.0)),
        memorykbs: kibibytes,
        memoryintfreekbs: kibibytes * (10 + dice.below(70) as i64) / 100,
        memorytargetkbs: kibibytes,
        networkkbsread: dice.below(90_000) as i64,
        networkkbswrite: dice.below(90_000) as i64,
        diskkbsread: dice.below(400_000) as i64,
        diskkbswrite: dice.below(400_000) as i64,
        diskioread: dice.below(30_000) as i64,
        diskiowrite: dice.below(30_000) as i64,
    }
}

fn volume(number: usize, vm: &Vm, places: &Places, vms: usize, dice: &mut Dice) -> Volume {
    let root = number < vms;
    let deviceid = (number / vms.max(1)) as i64;
    let pool = &places.pools[number % places.pools.len()];
    let size = GIB * if root { 20 } else { [50, 100, 200, 500][dice.below(4)] };
    Volume {
        id: dice.uuid().into(),
        name: format!("{}-{}", if root { "ROOT" } else { "DATA" }, number + 1),
        r#type: if root { "ROOT" } else { "DATADISK" },
        state: match dice.below(200) {
            0 => "Allocated",
            1 => "Destroy",
            _ => "Ready",
        },
        owner: vm.owner.clone(),
        zone: vm.zone.clone(),
        storageid: pool.id.clone(),
        storage: pool.name.clone(),
        storagetype: "shared",
        size,
        physicalsize: size / 100 * (5 + dice.below(90) as i64),
        created: vm.created.clone(),
        destroyed: false,
        displayvolume: true,
        isextractable: true,
        virtualmachineid: vm.id.clone(),
        vmname: vm.name.clone(),
        deviceid,
    }
}

fn snapshot(volume: &Volume, dice: &mut Dice) -> Snapshot {
    Snapshot {
        id: dice.uuid().into(),
        name: format!("{}_{}", volume.name, dice.below(90_000)),
        state: "BackedUp",
        snapshottype: "MANUAL",
        intervaltype: "MANUAL",
        owner: volume.owner.clone(),
        zoneid: volume.zone.zoneid.clone(),
        volumeid: volume.id.clone(),
        volumename: volume.name.clone(),
        volumetype: volume.r#type,
        physicalsize: volume.physicalsize,
        virtualsize: volume.size,
        created: clock::ago(86_400),
        revertable: true,
    }
}

fn template(name: &str, zone: &Zone, owner: &Owner, dice: &mut Dice) -> Template {
    Template {
        id: dice.uuid().into(),
        name: name.into(),
        displaytext: name.into(),
        owner: owner.clone(),
        zone: zone.here(),
        format: "QCOW2",
        hypervisor: "KVM",
        templatetype: "USER",
        status: "Download Complete",
        ostypename: "Other Linux (64-bit)",
        size: 20 * GIB,
        physicalsize: 2 * GIB,
        created: clock::ago(20_000_000),
        isready: true,
        ispublic: true,
        isfeatured: true,
        cross_zones: true,
    }
}
