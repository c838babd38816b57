//! Makes up hosts, with what hangs on them: processors, interfaces, storage and the control domain.

use super::{GIB, SIZES, add_resident, blank};
use crate::clock;
use crate::database::Ref;
use crate::pool::State;
use crate::value::Value;

/// How many processors a host has.
const PROCESSORS: i64 = 16;

/// A storage repository that all hosts share.
pub(super) fn shared_storage(state: &mut State, name: &str) -> Ref {
    storage(state, name, "nfs", (20_000 * GIB, true))
}

/// Adds a host.
pub(super) fn add(state: &mut State, name: &str, network: &Ref, shared: &[Ref]) -> Ref {
    let now = Value::time(clock::written(clock::now()));
    let metrics = state.add(
        "host_metrics",
        [
            ("memory_total", Value::Int(512 * GIB)),
            ("memory_free", Value::Int(96 * GIB)),
            ("live", Value::Bool(true)),
            ("last_updated", now),
        ],
    );
    let boot = clock::now() - state.dice.between(30.0, 90.0) * 86_400.0;
    let texts =
        |pairs: &[(&str, &str)]| Value::map(pairs.iter().map(|(n, v)| (*n, Value::text(*v))));
    let host = state.add(
        "host",
        [
            ("name_label", Value::text(name)),
            ("name_description", Value::text("A host of the lab")),
            ("hostname", Value::text(name)),
            ("metrics", Value::Text(metrics)),
            ("enabled", Value::Bool(true)),
            ("API_version_major", Value::Int(2)),
            ("API_version_minor", Value::Int(21)),
            ("API_version_vendor", Value::text("XenSource")),
            ("edition", Value::text("xcp-ng")),
            (
                "software_version",
                texts(&[
                    ("product_brand", "XCP-ng"),
                    ("product_version", "8.3.0"),
                    ("product_version_text", "8.3"),
                    ("build_number", "cloud"),
                    ("xapi", "24.19"),
                    ("xen", "4.17.5"),
                    ("linux", "4.19.0+1"),
                ]),
            ),
            (
                "cpu_info",
                texts(&[
                    ("cpu_count", "16"),
                    ("socket_count", "2"),
                    ("vendor", "GenuineIntel"),
                    ("speed", "2400.000"),
                    ("modelname", "Lab(R) Processor 2.40GHz"),
                ]),
            ),
            (
                "bios_strings",
                texts(&[
                    ("system-manufacturer", "Lab"),
                    ("system-product-name", "Simulated server"),
                    ("system-serial-number", name),
                ]),
            ),
            ("license_params", texts(&[("expiry", "20400101T00:00:00Z")])),
            (
                "other_config",
                texts(&[
                    ("boot_time", &format!("{boot:.0}.")),
                    ("agent_start_time", &format!("{:.0}.", boot + 60.0)),
                ]),
            ),
        ],
    );
    let processors = (0..PROCESSORS).map(|number| processor(state, &host, number)).collect();
    let interfaces = vec![interface(state, &host, network, 0), interface(state, &host, network, 1)];
    let local = storage(state, &format!("{name} local storage"), "lvm", (900 * GIB, false));
    let plugs = shared.iter().chain([&local]).map(|storage| plug(state, &host, storage)).collect();
    state.database.modify("host", &host, |fields| {
        fields.set("host_CPUs", Value::Set(processors));
        fields.set("PIFs", Value::Set(interfaces));
        fields.set("PBDs", Value::Set(plugs));
    });
    control_domain(state, name, &host);
    host
}

fn processor(state: &mut State, host: &Ref, number: i64) -> Value {
    Value::Text(state.add(
        "host_cpu",
        [
            ("host", Value::Text(host.clone())),
            ("number", Value::Int(number)),
            ("vendor", Value::text("GenuineIntel")),
            ("speed", Value::Int(2400)),
            ("modelname", Value::text("Lab(R) Processor 2.40GHz")),
        ],
    ))
}

fn interface(state: &mut State, host: &Ref, network: &Ref, number: u64) -> Value {
    let metrics = state.add(
        "PIF_metrics",
        [
            ("carrier", Value::Bool(true)),
            ("speed", Value::Int(10_000)),
            ("duplex", Value::Bool(true)),
            ("device_name", Value::text("Simulated 10-gigabit adapter")),
        ],
    );
    let octets = state.dice.roll().to_be_bytes();
    let interface = state.add(
        "PIF",
        [
            ("device", Value::text(format!("eth{number}"))),
            ("host", Value::Text(host.clone())),
            ("network", Value::Text(network.clone())),
            ("metrics", Value::Text(metrics)),
            (
                "MAC",
                Value::text(format!(
                    "06:{:02x}:{:02x}:{:02x}:00:0{number}",
                    octets[0], octets[1], octets[2]
                )),
            ),
            ("MTU", Value::Int(1500)),
            ("VLAN", Value::Int(-1)),
            ("physical", Value::Bool(true)),
            ("currently_attached", Value::Bool(true)),
            ("management", Value::Bool(number == 0)),
            ("ip_configuration_mode", Value::text(if number == 0 { "Static" } else { "None" })),
            (
                "IP",
                Value::text(if number == 0 {
                    format!("10.63.{}.{}", octets[3], octets[4])
                } else {
                    String::new()
                }),
            ),
            ("netmask", Value::text(if number == 0 { "255.255.0.0" } else { "" })),
        ],
    );
    state.database.modify("network", network, |fields| {
        let members = fields.references("PIFs").cloned().chain([interface.clone()]);
        let members = members.map(Value::Text).collect();
        fields.set("PIFs", Value::Set(members));
    });
    Value::Text(interface)
}

fn storage(state: &mut State, name: &str, kind: &str, (size, shared): (i64, bool)) -> Ref {
    state.add(
        "SR",
        [
            ("name_label", Value::text(name)),
            ("type", Value::text(kind)),
            ("content_type", Value::text("user")),
            ("shared", Value::Bool(shared)),
            ("physical_size", Value::Int(size)),
            ("physical_utilisation", Value::Int(size / 100 * 55)),
            ("virtual_allocation", Value::Int(size / 100 * 80)),
        ],
    )
}

fn plug(state: &mut State, host: &Ref, storage: &Ref) -> Value {
    let plug = state.add(
        "PBD",
        [
            ("host", Value::Text(host.clone())),
            ("SR", Value::Text(storage.clone())),
            ("currently_attached", Value::Bool(true)),
            (
                "device_config",
                Value::map([
                    ("server", Value::text("10.62.0.1")),
                    ("serverpath", Value::text("/lab")),
                    ("password", Value::text("never-to-be-shown")),
                ]),
            ),
        ],
    );
    state.database.modify("SR", storage, |fields| {
        let plugs = fields.references("PBDs").cloned().chain([plug.clone()]);
        let plugs = plugs.map(Value::Text).collect();
        fields.set("PBDs", Value::Set(plugs));
    });
    Value::Text(plug)
}

fn control_domain(state: &mut State, name: &str, host: &Ref) {
    let vm = blank(state, &format!("Control domain on host: {name}"), &SIZES[0]);
    let consoles = ["rfb", "vt100"].map(|protocol| {
        Value::Text(state.add(
            "console",
            [
                ("protocol", Value::text(protocol)),
                ("VM", Value::Text(vm.clone())),
                ("location", Value::text("https://localhost/console?ref=")),
            ],
        ))
    });
    state.database.modify("VM", &vm, |fields| {
        fields.set("is_control_domain", Value::Bool(true));
        fields.set("power_state", Value::text("Running"));
        fields.set("resident_on", Value::Text(host.clone()));
        fields.set("domid", Value::Int(0));
        fields.set("consoles", Value::Set(consoles.to_vec()));
    });
    state.database.set("host", host, "control_domain", Value::Text(vm.clone()));
    add_resident(state, host, &vm);
}
