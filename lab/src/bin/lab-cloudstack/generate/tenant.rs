//! Who uses the cloud.

use crate::clock;
use crate::cloud::Size;
use crate::record::*;
use lab::dice::Dice;

/// VMs for which there is an account.
const VMS: usize = 250;
const PROJECTS: usize = 3;

/// Who uses the cloud.
pub(super) struct Tenants {
    pub(super) domains: Vec<Domain>,
    pub(super) accounts: Vec<Account>,
    pub(super) projects: Vec<Project>,
    pub(super) limits: Vec<ResourceLimit>,
    /// Accounts and projects that VMs may belong to.
    pub(super) owners: Vec<Owner>,
}

pub(super) fn tenants(size: Size, dice: &mut Dice) -> Tenants {
    let root: Text = dice.uuid().into();
    let number = (size.vms / VMS).clamp(4, 40);
    // What one tenant has on the average, and room for twice as much.
    let share = (size.vms / (number + PROJECTS)) as i64;
    let mut domains = vec![domain("ROOT", root.clone(), None, 0)];
    for name in ["design", "production", "research", "sales"] {
        let parent = Some((root.clone(), Text::from("ROOT")));
        let mut domain = domain(name, dice.uuid().into(), parent, 1);
        domain.resources = resources(share, number as i64);
        domains.push(domain);
    }
    let mut accounts = vec![account("admin", &domains[0], true, dice, free())];
    for number in 1..=number {
        let resources = resources(share, if number % 5 == 0 { 1 } else { 2 });
        let name = format!("account-{number}");
        let domain = &domains[1 + number % (domains.len() - 1)];
        accounts.push(account(&name, domain, false, dice, resources));
    }
    let projects: Vec<_> = (1..=PROJECTS)
        .map(|number| {
            let mut resources = resources(share, 2);
            resources.0.retain(|(name, _)| *name != "project");
            (number, resources)
        })
        .map(|(number, resources)| Project {
            id: dice.uuid().into(),
            name: format!("project-{number}").into(),
            displaytext: format!("Project {number}"),
            domain: domains[number].name.clone(),
            domainid: domains[number].id.clone(),
            state: "Active",
            created: clock::ago(8_000_000),
            projectaccountname: format!("PrjAcct-project-{number}-1"),
            vmrunning: 0,
            vmstopped: 0,
            owner: [],
            resources,
        })
        .collect();
    let limits = accounts.iter().skip(1).flat_map(limits).collect();
    let owners = accounts.iter().skip(1).map(|account| account.owner.clone());
    let owners = owners.chain(projects.iter().map(|project| Owner {
        account: None,
        domain: project.domain.clone(),
        domainid: project.domainid.clone(),
        project: Some(project.name.clone()),
        projectid: Some(project.id.clone()),
    }));
    Tenants { owners: owners.collect(), domains, accounts, projects, limits }
}

fn domain(name: &str, id: Text, parent: Option<(Text, Text)>, level: i32) -> Domain {
    let (parentdomainid, parentdomainname) = parent.unzip();
    Domain {
        id,
        path: if level == 0 { name.to_owned() } else { format!("ROOT/{name}") },
        name: name.into(),
        level,
        haschild: level == 0,
        parentdomainid,
        parentdomainname,
        state: "Active",
        created: clock::ago(31_536_000),
        hasannotations: false,
        resources: free(),
    }
}

fn account(
    name: &str,
    domain: &Domain,
    admin: bool,
    dice: &mut Dice,
    resources: Resources,
) -> Account {
    let role = if admin { (1, "Admin", "Root Admin") } else { (0, "User", "User") };
    let name = Text::from(name);
    Account {
        id: dice.uuid().into(),
        accounttype: role.0,
        roletype: role.1,
        rolename: role.2,
        domain: domain.name.clone(),
        domainid: domain.id.clone(),
        domainpath: domain.path.clone(),
        state: "enabled",
        created: clock::ago(20_000_000),
        isdefault: admin,
        vmrunning: 0,
        vmstopped: 0,
        receivedbytes: 0,
        sentbytes: 0,
        user: [],
        resources,
        owner: Owner {
            account: Some(name.clone()),
            domain: domain.name.clone(),
            domainid: domain.id.clone(),
            project: None,
            projectid: None,
        },
        name,
    }
}

/// Without limits.
fn free() -> Resources {
    Resources(RESOURCES.map(|name| (name, Resource::default())).into())
}

/// Room for `times` the share of VMs and of what belongs to them.
fn resources(share: i64, times: i64) -> Resources {
    let mut resources = free();
    let room = share.max(1) * times;
    for (name, total, limit) in [
        ("vm", 0, Some(room + room / 8)),
        ("ip", 3, Some(20)),
        ("volume", share * 5 / 2, Some(room * 3)),
        ("snapshot", share / 10, Some(room)),
        ("template", 2, None),
        ("project", 0, Some(5)),
        ("network", 3, Some(20)),
        ("vpc", 1, Some(20)),
        ("cpu", 0, Some(room * 5)),
        ("memory", 0, Some(room * 8192)),
        ("primarystorage", share * 60, Some(room * 200)),
        ("secondarystorage", share, Some(room * 50)),
    ] {
        *resources.of(name) = Resource { total, limit };
    }
    resources
}

/// The limits of an account as a list of their own, which has storage in GiB as well.
fn limits(account: &Account) -> impl Iterator<Item = ResourceLimit> {
    const NUMBERED: [(usize, &str, &str); 12] = [
        (0, "vm", "user_vm"),
        (1, "ip", "public_ip"),
        (2, "volume", "volume"),
        (3, "snapshot", "snapshot"),
        (4, "template", "template"),
        (5, "project", "project"),
        (6, "network", "network"),
        (7, "vpc", "vpc"),
        (8, "cpu", "cpu"),
        (9, "memory", "memory"),
        (10, "primarystorage", "primary_storage"),
        (11, "secondarystorage", "secondary_storage"),
    ];
    let mut resources = account.resources.clone();
    NUMBERED.into_iter().map(move |(number, name, long)| ResourceLimit {
        account: account.name.clone(),
        domain: account.domain.clone(),
        domainid: account.domainid.clone(),
        resourcetype: number.to_string(),
        resourcetypename: long,
        max: resources.of(name).limit.unwrap_or(-1),
    })
}
