//! What serves VMs: their networks with routers and addresses, and the system VMs of a zone.

use super::guest::Guests;
use super::infrastructure::Places;
use crate::clock;
use crate::record::*;
use lab::dice::Dice;

impl Guests {
    /// An isolated network with its router and address; the first owner's is of a VPC as well.
    pub(super) fn network(
        &mut self,
        number: usize,
        zone: &Zone,
        place: usize,
        owner: &Owner,
        places: &Places,
        dice: &mut Dice,
    ) {
        let tenant = owner.account.as_ref().or(owner.project.as_ref());
        let tenant = tenant.map_or("", |name| name);
        let name = Text::from(format!("{}-{tenant}", zone.name));
        let vlan = 100 + place;
        let network = Network {
            id: dice.uuid().into(),
            displaytext: name.clone(),
            name,
            state: "Implemented",
            r#type: "Isolated",
            traffictype: "Guest",
            acltype: "Account",
            cidr: "10.1.1.0/24".to_owned(),
            gateway: "10.1.1.1".to_owned(),
            netmask: "255.255.255.0",
            owner: owner.clone(),
            zone: zone.here(),
            vlan: vlan.to_string(),
            broadcasturi: format!("vlan://{vlan}"),
            broadcastdomaintype: "Vlan",
            networkofferingname: "DefaultIsolatedNetworkOfferingWithSourceNatService",
            issystem: false,
            ispersistent: false,
            restartrequired: false,
        };
        // Every fourth tenant has a pair of routers.
        let redundant = place.is_multiple_of(4);
        let states: &[&str] = if redundant { &["PRIMARY", "BACKUP"] } else { &["UNKNOWN"] };
        for state in states {
            let id = self.routers.len() + 1;
            self.routers.push(router(
                id,
                &network,
                redundant,
                state,
                (number, place),
                places,
                dice,
            ));
        }
        self.addresses.push(address(number, place, &network, &self.vlans[number], dice));
        if place == 0 {
            self.vpcs.push(Vpc {
                id: dice.uuid().into(),
                name: format!("{}-vpc", zone.name),
                displaytext: format!("VPC of {}", zone.name),
                state: "Enabled",
                cidr: "10.8.0.0/16".to_owned(),
                owner: owner.clone(),
                zone: zone.here(),
                vpcofferingname: "Default VPC offering",
                created: clock::ago(5_000_000),
                redundantvpcrouter: false,
                restartrequired: false,
            });
        }
        self.networks.push(network);
    }
}

pub(super) fn system_vm(
    kind: &'static str,
    zone: usize,
    places: &Places,
    dice: &mut Dice,
) -> SystemVm {
    let here = &places.zones[zone].id;
    let mut hosts = places.hosts.iter().filter(|host| host.place.pod.zone.zoneid == *here);
    let host = hosts.next().unwrap_or(&places.hosts[0]);
    let proxy = kind == "consoleproxy";
    SystemVm {
        id: dice.uuid().into(),
        name: format!(
            "{}-{}-VM",
            if proxy { "v" } else { "s" },
            zone * 2 + usize::from(!proxy) + 1
        ),
        systemvmtype: kind,
        state: "Running",
        agentstate: "Up",
        pod: host.place.pod.clone(),
        hostid: host.id.clone(),
        hostname: host.name.clone(),
        hypervisor: "KVM",
        publicip: format!("192.0.2.{}", 10 + zone * 2 + usize::from(!proxy)),
        privateip: format!("10.1.0.{}", 10 + zone * 2 + usize::from(!proxy)),
        linklocalip: format!("169.254.1.{}", 10 + zone * 2 + usize::from(!proxy)),
        created: clock::ago(20_000_000),
        version: "4.18.2.0",
        hasannotations: false,
        activeviewersessions: proxy.then_some(0),
    }
}

fn router(
    number: usize,
    network: &Network,
    redundant: bool,
    state: &'static str,
    (zone, place): (usize, usize),
    places: &Places,
    dice: &mut Dice,
) -> Router {
    let here = &places.zones[zone].id;
    let hosts: Vec<_> =
        places.hosts.iter().filter(|host| host.place.pod.zone.zoneid == *here).collect();
    let host = hosts.get(number % hosts.len().max(1)).copied().unwrap_or(&places.hosts[0]);
    Router {
        id: dice.uuid().into(),
        name: format!("r-{number}-VM"),
        state: "Running",
        role: "VIRTUAL_ROUTER",
        owner: network.owner.clone(),
        pod: host.place.pod.clone(),
        hostid: host.id.clone(),
        hostname: host.name.clone(),
        guestnetworkid: network.id.clone(),
        guestnetworkname: network.name.clone(),
        guestipaddress: "10.1.1.1",
        publicip: public(zone, place),
        linklocalip: format!("169.254.{}.{}", 2 + number / 200, 10 + number % 200),
        hypervisor: "KVM",
        isredundantrouter: redundant,
        redundantstate: state,
        requiresupgrade: false,
        version: "4.18.2.0",
        created: clock::ago(9_000_000),
        hasannotations: false,
        healthchecksfailed: false,
        checks: [
            ("basic", "connectivity.test"),
            ("basic", "services.running"),
            ("advanced", "dns.test"),
        ]
        .map(|(checktype, checkname)| HealthCheck {
            checkname,
            checktype,
            success: true,
            lastupdated: clock::ago(300),
            details: "passed",
        })
        .into(),
    }
}

fn address(
    zone: usize,
    place: usize,
    network: &Network,
    vlan: &VlanRange,
    dice: &mut Dice,
) -> PublicIp {
    PublicIp {
        id: dice.uuid().into(),
        ipaddress: public(zone, place),
        state: "Allocated",
        allocated: clock::ago(9_000_000),
        owner: network.owner.clone(),
        zone: network.zone.clone(),
        associatednetworkid: network.id.clone(),
        associatednetworkname: network.name.clone(),
        vlanid: vlan.id.clone(),
        vlanname: vlan.vlan,
        issourcenat: true,
        isstaticnat: false,
        issystem: false,
        forvirtualnetwork: true,
    }
}

/// The address of a tenant's network, of those kept for benchmarks of networks (RFC 2544).
fn public(zone: usize, place: usize) -> String {
    format!("198.18.{zone}.{}", 10 + place)
}

pub(super) fn vlan(number: usize, zone: &Zone, dice: &mut Dice) -> VlanRange {
    VlanRange {
        id: dice.uuid().into(),
        zoneid: zone.id.clone(),
        vlan: "vlan://untagged",
        gateway: format!("198.18.{number}.1"),
        netmask: "255.255.255.0",
        startip: format!("198.18.{number}.10"),
        endip: format!("198.18.{number}.250"),
        networkid: dice.uuid().into(),
        physicalnetworkid: dice.uuid().into(),
        forvirtualnetwork: true,
        forsystemvms: false,
    }
}
