//! Makes up a cloud. The same size and seed make the same one, but for the times.

mod guest;
mod infrastructure;
mod serving;
mod tenant;

pub(crate) use guest::statistics;

use crate::clock;
use crate::cloud::{Cloud, Size};
use crate::record::*;
use lab::dice::Dice;

/// Bytes.
const GIB: i64 = 1 << 30;

/// A cloud of a size.
pub(crate) fn cloud(size: Size, seed: u64, version: &str) -> Cloud {
    let mut dice = Dice::new(seed);
    let places = infrastructure::places(size, &mut dice);
    let tenants = tenant::tenants(size, &mut dice);
    let guests = guest::guests(size, &places, &tenants, &mut dice);
    let infrastructure::Places { zones, pods, clusters, mut hosts, pools, image_stores } = places;
    let tenant::Tenants { domains, accounts, projects, limits, owners: _ } = tenants;
    let guest::Guests {
        vms,
        volumes,
        snapshots,
        templates,
        system_vms,
        routers,
        networks,
        vpcs,
        addresses,
        vlans,
    } = guests;
    let dedicated_hosts = vec![DedicatedHost {
        id: dice.uuid().into(),
        hostid: hosts[0].id.clone(),
        hostname: hosts[0].name.clone(),
        accountid: accounts[0].id.clone(),
        domainid: accounts[0].domainid.clone(),
        affinitygroupid: dice.uuid().into(),
    }];
    hosts.extend(system_vms.iter().map(infrastructure::agent));
    let mut cloud = Cloud {
        management_servers: vec![
            management_server("management-1", version, &mut dice),
            management_server("management-2", version, &mut dice),
        ],
        dice,
        zones,
        pods,
        clusters,
        hosts,
        dedicated_hosts,
        pools,
        image_stores,
        vms,
        volumes,
        snapshots,
        templates,
        system_vms,
        routers,
        networks,
        vpcs,
        addresses,
        vlans,
        domains,
        accounts,
        projects,
        limits,
        database: Database {
            hostname: "database-1",
            version: "8.0.36",
            versioncomment: "(Ubuntu)",
            collectiontime: clock::now(),
            connections: 61,
            queries: 48_211_902,
            uptime: 2_592_000,
            dbloadaverages: [0.42, 0.38, 0.35],
            replicas: [],
            tlsversions: "TLSv1.2,TLSv1.3",
        },
        usage_server: UsageServer {
            hostname: "management-1",
            state: "Up",
            collectiontime: clock::now(),
            lastheartbeat: clock::now(),
            lastsuccessfuljob: clock::ago(3600),
        },
        jobs: Vec::new(),
        events: Vec::new(),
        alerts: Vec::new(),
    };
    cloud.settle();
    (0..20).for_each(|_| crate::life::step(&mut cloud));
    cloud
}

fn management_server(name: &'static str, version: &str, dice: &mut Dice) -> ManagementServer {
    ManagementServer {
        id: dice.uuid().into(),
        name,
        state: "Up",
        version: version.to_owned(),
        javaversion: "11.0.22",
        javadistribution: "OpenJDK Runtime Environment",
        osdistribution: "Ubuntu 22.04.4 LTS",
        kernelversion: "5.15.0-101-generic",
        collectiontime: clock::now(),
        lastboottime: clock::ago(2_600_000),
        lastserverstart: clock::ago(2_592_000),
        agentcount: 0,
        sessions: 3 + dice.below(9) as i64,
        availableprocessors: 8,
        cpuload: "7.31".to_owned(),
        heapmemoryused: 1_400 << 20,
        heapmemorytotal: 4_096 << 20,
        systemmemorytotal: "15.62 GB",
        systemmemoryused: "9.87 GB",
        systemmemoryfree: "5.75 GB",
        systemmemoryvirtualsize: "19.62 GB",
        systemloadaverages: [0.61, 0.55, 0.5],
        systemcycleusage: [812_331, 120_204, 23_110_552],
        systemtotalcpucycles: 20_800.0,
        threadstotalcount: 412,
        threadsdaemoncount: 96,
        threadsrunnablecount: 38,
        threadsblockedcount: 0,
        threadswaitingcount: 290,
        threadsteminatedcount: 0,
        dbislocal: false,
        usageislocal: name == "management-1",
    }
}
