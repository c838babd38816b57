//! Makes up pools. The same seed makes the same pool.
//!
//! The VMs come in three sizes with 40 columns of measurements on average, nine in ten of them run, and each tenth
//! has an alarm setting. Beside them there are what makes clients stumble: control domains, templates and a snapshot.

mod host;

use crate::alarm;
use crate::clock;
use crate::database::{Database, Ref};
use crate::pool::State;
use crate::value::{NULL, Value};
use lab::dice::Dice;

const GIB: i64 = 1 << 30;

/// What is alike for all VMs of a pool.
struct Place {
    hosts: Vec<Ref>,
    network: Ref,
    storage: Vec<Ref>,
}

/// A size of VM.
struct Size {
    processors: i64,
    memory: i64,
    interfaces: usize,
    disks: usize,
}

/// Their columns of measurements are 22, 40 and 58.
const SIZES: [Size; 3] = [
    Size { processors: 2, memory: 2 * GIB, interfaces: 1, disks: 1 },
    Size { processors: 4, memory: 4 * GIB, interfaces: 2, disks: 2 },
    Size { processors: 8, memory: 16 * GIB, interfaces: 2, disks: 3 },
];

/// A pool of this name.
pub(crate) fn pool(name: &str, hosts: usize, vms: usize, seed: u64) -> State {
    let mut dice = Dice::of(name);
    let dice = Dice::new(dice.roll() ^ seed);
    let mut state = State::new(Database::default(), dice);
    let network = state.add(
        "network",
        [
            ("name_label", Value::text("Pool-wide network associated with eth0")),
            ("bridge", Value::text("xenbr0")),
            ("MTU", Value::Int(1500)),
        ],
    );
    let pool = state.add(
        "pool",
        [
            ("name_label", Value::text(name)),
            ("name_description", Value::text("A pool of the lab: nothing in it is real")),
            ("ha_enabled", Value::Bool(hosts > 2)),
            ("ha_host_failures_to_tolerate", Value::Int(i64::from(hosts > 2))),
            ("ha_plan_exists_for", Value::Int(i64::from(hosts > 2))),
        ],
    );
    let shared = ["lab-nfs-1", "lab-nfs-2"].map(|name| host::shared_storage(&mut state, name));
    let hosts: Vec<_> = (1..=hosts)
        .map(|number| host::add(&mut state, &format!("{name}-host-{number}"), &network, &shared))
        .collect();
    state.database.modify("pool", &pool, |fields| {
        fields.set("master", Value::text(hosts.first().map_or(NULL, |host| host)));
        fields.set("default_SR", Value::Text(shared[0].clone()));
    });
    let place = Place { hosts, network, storage: shared.to_vec() };
    for number in 1..=vms {
        vm(&mut state, &place, &format!("{name}-vm-{number:04}"), number);
    }
    for template in ["Debian Bookworm 12", "Windows Server 2022", "Other install media"] {
        let vm = blank(&mut state, template, &SIZES[0]);
        state.database.set("VM", &vm, "is_a_template", Value::Bool(true));
    }
    snapshot(&mut state, &place);
    state
}

fn vm(state: &mut State, place: &Place, name: &str, number: usize) {
    let size = &SIZES[number % SIZES.len()];
    let vm = blank(state, name, size);
    let runs = !number.is_multiple_of(10);
    let host = &place.hosts[number % place.hosts.len().max(1)];
    let mut vbds = Vec::new();
    let mut vifs = Vec::new();
    for disk in 0..size.disks {
        let storage = &place.storage[number % place.storage.len()];
        vbds.push(Value::Text(add_disk(state, &vm, storage, (name, disk), runs)));
    }
    for device in 0..size.interfaces {
        let address = state.dice.roll();
        let octets = address.to_be_bytes();
        let mac = format!(
            "02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}",
            octets[0], octets[1], octets[2], octets[3], octets[4]
        );
        let vif = state.add(
            "VIF",
            [
                ("device", Value::text(device.to_string())),
                ("VM", Value::Text(vm.clone())),
                ("network", Value::Text(place.network.clone())),
                ("MAC", Value::text(mac)),
                ("MTU", Value::Int(1500)),
                ("currently_attached", Value::Bool(runs)),
                ("locking_mode", Value::text("network_default")),
            ],
        );
        vifs.push(Value::Text(vif));
    }
    let settings = format!("<config>{}</config>", alarm::setting("cpu_usage", 0.9, 300));
    let settings = [("perfmon", Value::text(settings))];
    let settings = settings.into_iter().filter(|_| number % 10 == 1);
    state.database.modify("VM", &vm, |fields| {
        fields.set("VBDs", Value::Set(vbds));
        fields.set("VIFs", Value::Set(vifs));
        fields.set("other_config", Value::map(settings));
        if number % 4 == 1 {
            fields.set("tags", Value::texts(["web"]));
        }
    });
    if runs {
        run(state, &vm, host);
    }
}

/// Lets a VM run on a host.
fn run(state: &mut State, vm: &Ref, host: &Ref) {
    let domain = state.dice.below(30_000) as i64 + 1;
    let started = clock::now() - state.dice.between(3600.0, 90.0 * 86_400.0);
    state.database.modify("VM", vm, |fields| {
        fields.set("power_state", Value::text("Running"));
        fields.set("resident_on", Value::Text(host.clone()));
        fields.set("domid", Value::Int(domain));
    });
    state.equip(vm, started);
    add_resident(state, host, vm);
}

fn add_resident(state: &mut State, host: &str, vm: &Ref) {
    state.database.modify("host", host, |fields| {
        let residents = fields.references("resident_VMs").cloned();
        let residents = residents.chain([vm.clone()]).map(Value::Text).collect();
        fields.set("resident_VMs", Value::Set(residents));
    });
}

/// A VM that is halted and has nothing attached.
fn blank(state: &mut State, name: &str, size: &Size) -> Ref {
    let processors = Value::Int(size.processors);
    let metrics = state.add(
        "VM_metrics",
        [
            ("memory_actual", Value::Int(size.memory)),
            ("VCPUs_number", processors.clone()),
            ("install_time", Value::time("20240101T00:00:00Z")),
            ("last_updated", Value::time(clock::written(clock::now()))),
        ],
    );
    let memory = Value::Int(size.memory);
    state.add(
        "VM",
        [
            ("name_label", Value::text(name)),
            ("power_state", Value::text("Halted")),
            ("domid", Value::Int(-1)),
            ("metrics", Value::Text(metrics)),
            ("VCPUs_max", processors.clone()),
            ("VCPUs_at_startup", processors),
            ("memory_static_max", memory.clone()),
            ("memory_dynamic_max", memory.clone()),
            ("memory_dynamic_min", memory.clone()),
            ("memory_target", memory),
            ("HVM_boot_policy", Value::text("BIOS order")),
            ("actions_after_crash", Value::text("restart")),
            ("domain_type", Value::text("hvm")),
        ],
    )
}

fn add_disk(
    state: &mut State,
    vm: &Ref,
    storage: &Ref,
    (name, disk): (&str, usize),
    attached: bool,
) -> Ref {
    let size = 20 * GIB * (disk as i64 + 1);
    let vdi = state.add(
        "VDI",
        [
            ("name_label", Value::text(format!("{name} disk {disk}"))),
            ("SR", Value::Text(storage.clone())),
            ("virtual_size", Value::Int(size)),
            ("physical_utilisation", Value::Int(size / 2)),
            ("type", Value::text("system")),
            ("managed", Value::Bool(true)),
        ],
    );
    let letter = char::from(b'a' + disk as u8);
    let vbd = state.add(
        "VBD",
        [
            ("VM", Value::Text(vm.clone())),
            ("VDI", Value::Text(vdi.clone())),
            ("device", Value::text(format!("xvd{letter}"))),
            ("userdevice", Value::text(disk.to_string())),
            ("bootable", Value::Bool(disk == 0)),
            ("mode", Value::text("RW")),
            ("type", Value::text("Disk")),
            ("currently_attached", Value::Bool(attached)),
        ],
    );
    state.database.set("VDI", &vdi, "VBDs", Value::Set(vec![Value::Text(vbd.clone())]));
    vbd
}

/// A snapshot of the first VM, if there is one.
fn snapshot(state: &mut State, place: &Place) {
    let Some(vm) = state.vms("Running").into_iter().next() else { return };
    let name = state.database.get("VM", &vm).map_or("", |vm| vm.text("name_label")).to_owned();
    let snapshot = blank(state, &format!("{name} before the upgrade"), &SIZES[0]);
    let disk = add_disk(state, &snapshot, &place.storage[0], (&name, 0), false);
    state.database.modify("VM", &snapshot, |fields| {
        fields.set("is_a_snapshot", Value::Bool(true));
        fields.set("is_a_template", Value::Bool(true));
        fields.set("snapshot_of", Value::Text(vm.clone()));
        fields.set("snapshot_time", Value::time("20250101T00:00:00Z"));
        fields.set("VBDs", Value::Set(vec![Value::Text(disk)]));
    });
    state.database.set("VM", &vm, "snapshots", Value::Set(vec![Value::Text(snapshot)]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_pool() {
        let names = |seed| {
            let state = pool("lab-pool-1", 2, 30, seed);
            state.database.all("VM").map(|(vm, _)| vm.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(1), names(1));
        assert_ne!(names(1), names(2));
    }

    #[test]
    fn everything_that_is_referred_to_is_there() {
        let state = pool("lab-pool-1", 3, 30, 0);
        assert_eq!(state.vms("Running").len(), 27);
        for class in crate::schema::classes() {
            for (reference, fields) in state.database.all(class) {
                for (name, value) in fields.iter() {
                    let set = value.as_set().unwrap_or_default().iter();
                    let texts = set.chain([value]).filter_map(Value::as_text);
                    for text in texts.filter(|text| text.starts_with("OpaqueRef:")) {
                        let found = &**text == NULL
                            || crate::schema::classes()
                                .any(|class| state.database.get(class, text).is_some());
                        assert!(found, "{class} {reference}: {name}: {text}");
                    }
                }
            }
        }
    }
}
