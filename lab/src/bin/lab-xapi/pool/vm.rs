//! What happens to VMs: they start, stop, crash and move to another host.

use super::{Pool, State};
use crate::clock;
use crate::database::Ref;
use crate::host::Host;
use crate::value::{NULL, Value};

/// How urgent the messages about VMs are: XenAPI's scale goes from 1, the most urgent, to 5.
const NOTICE: i64 = 5;
const CRASH: i64 = 2;

impl Pool {
    /// Starts a VM on a host.
    pub(crate) fn start(&self, vm: &str, host: &Host) {
        self.with(|state| {
            let home = Value::Text(Ref::clone(&host.reference));
            let domain = Value::Int(state.dice.below(30_000) as i64 + 1);
            state.database.modify("VM", vm, |fields| {
                fields.set("power_state", Value::text("Running"));
                fields.set("resident_on", home);
                fields.set("domid", domain);
            });
            state.charts.started(vm);
            state.equip(vm, host.now());
            state.settle(vm, None, Some(host));
            state.tell(vm, ("VM_STARTED", NOTICE), host.now());
        });
    }

    /// Stops a VM.
    pub(crate) fn stop(&self, vm: &str) {
        self.halt(vm, ("VM_SHUTDOWN", NOTICE));
    }

    /// Lets a VM crash; it does not start again by itself.
    pub(crate) fn crash(&self, vm: &str) {
        self.halt(vm, ("VM_CRASHED", CRASH));
    }

    /// Begins to move a VM; until [`Pool::moved`] it is measured on both hosts.
    pub(crate) fn moving(&self, vm: &str, to: &Host) {
        self.with(|state| {
            let task = state.new_reference();
            let operations = Value::map([(&*task, Value::text("pool_migrate"))]);
            state.database.set("VM", vm, "current_operations", operations);
            state.charts.moves(vm, Some(&to.reference));
        });
    }

    /// Ends the move of a VM.
    pub(crate) fn moved(&self, vm: &str, to: &Host) {
        self.with(|state| {
            let from = state.resident_on(vm);
            state.database.modify("VM", vm, |fields| {
                fields.set("resident_on", Value::Text(Ref::clone(&to.reference)));
                fields.set("current_operations", Value::map([]));
            });
            state.charts.moves(vm, None);
            state.settle(vm, Some(&from), Some(to));
            state.tell(vm, ("VM_MIGRATED", NOTICE), to.now());
        });
    }

    /// The host of a reference.
    pub(crate) fn host(&self, reference: &str) -> Option<&Host> {
        self.hosts.iter().map(|host| &**host).find(|host| *host.reference == *reference)
    }

    fn halt(&self, vm: &str, message: (&str, i64)) {
        self.with(|state| {
            let from = state.resident_on(vm);
            state.database.modify("VM", vm, |fields| {
                fields.set("power_state", Value::text("Halted"));
                fields.set("resident_on", Value::text(NULL));
                fields.set("domid", Value::Int(-1));
                fields.set("current_operations", Value::map([]));
            });
            state.charts.moves(vm, None);
            state.strip(vm);
            state.settle(vm, Some(&from), None);
            state.tell(vm, message, clock::now());
        });
    }
}

impl State {
    /// VMs that are neither templates, snapshots nor control domains, and are in a power state.
    pub(crate) fn vms(&self, power_state: &str) -> Vec<Ref> {
        let all = self.database.all("VM").filter(|(_, vm)| {
            vm.text("power_state") == power_state
                && !["is_a_template", "is_a_snapshot", "is_control_domain"]
                    .into_iter()
                    .any(|field| vm.is(field))
        });
        all.map(|(vm, _)| Ref::clone(vm)).collect()
    }

    pub(crate) fn resident_on(&self, vm: &str) -> Ref {
        self.database.get("VM", vm).map_or(NULL, |vm| vm.text("resident_on")).into()
    }

    /// Gives a running VM its console and what the tools in the guest report.
    pub(crate) fn equip(&mut self, vm: &str, now: f64) {
        let console = self.add(
            "console",
            [
                ("protocol", Value::text("rfb")),
                ("VM", Value::text(vm)),
                // The address follows when the VM has settled.
                ("location", Value::text("https://localhost/console?uuid=")),
            ],
        );
        let number = self.dice.below(250 * 250);
        let address = format!("10.64.{}.{}", number / 250 + 1, number % 250 + 1);
        let guest = self.add(
            "VM_guest_metrics",
            [
                ("live", Value::Bool(true)),
                ("PV_drivers_detected", Value::Bool(true)),
                ("PV_drivers_up_to_date", Value::Bool(true)),
                ("last_updated", Value::time(clock::written(now))),
                (
                    "os_version",
                    Value::map([
                        ("name", Value::text("Debian GNU/Linux 12 (bookworm)")),
                        ("distro", Value::text("debian")),
                        ("major", Value::text("12")),
                        ("uname", Value::text("6.1.0-28-amd64")),
                    ]),
                ),
                (
                    "networks",
                    Value::map([
                        ("0/ip", Value::text(address.as_str())),
                        ("0/ipv4/0", Value::text(address)),
                    ]),
                ),
                (
                    "PV_drivers_version",
                    Value::map([
                        ("major", Value::text("7")),
                        ("minor", Value::text("30")),
                        ("micro", Value::text("0")),
                    ]),
                ),
            ],
        );
        let metrics: Ref = self.database.get("VM", vm).map_or("", |vm| vm.text("metrics")).into();
        self.database.set("VM_metrics", &metrics, "start_time", Value::time(clock::written(now)));
        self.database.modify("VM", vm, |fields| {
            fields.set("consoles", Value::Set(vec![Value::Text(console)]));
            fields.set("guest_metrics", Value::Text(guest));
        });
    }

    /// Takes from a VM what only a running one has.
    fn strip(&mut self, vm: &str) {
        let Some(fields) = self.database.get("VM", vm).cloned() else { return };
        for console in fields.references("consoles") {
            self.database.remove("console", console);
        }
        self.database.remove("VM_guest_metrics", fields.text("guest_metrics"));
        self.database.modify("VM", vm, |fields| {
            fields.set("consoles", Value::Set(Vec::new()));
            fields.set("guest_metrics", Value::text(NULL));
        });
    }

    /// Moves a VM in the lists of its hosts, and its consoles to the new one.
    fn settle(&mut self, vm: &str, from: Option<&str>, to: Option<&Host>) {
        self.charts.changed();
        for (host, stays) in
            from.map(|from| (from, false)).into_iter().chain(to.map(|to| (&*to.reference, true)))
        {
            self.database.modify("host", host, |fields| {
                let mut residents: Vec<_> =
                    fields.references("resident_VMs").cloned().map(Value::Text).collect();
                residents.retain(|resident| resident.as_text().is_none_or(|other| **other != *vm));
                residents.extend(stays.then(|| Value::text(vm)));
                fields.set("resident_VMs", Value::Set(residents));
            });
        }
        let consoles: Vec<_> = self
            .database
            .get("VM", vm)
            .map(|vm| vm.references("consoles").cloned().collect())
            .unwrap_or_default();
        for (console, host) in consoles.iter().zip(std::iter::repeat(to)) {
            if let Some(host) = host {
                self.relocate(console, host.address);
            }
        }
    }

    /// Writes a message about a VM.
    fn tell(&mut self, vm: &str, message: (&str, i64), now: f64) {
        let Some(fields) = self.database.get("VM", vm).cloned() else { return };
        let body = format!("VM '{}'", fields.text("name_label"));
        self.message(message, ("VM", fields.text("uuid")), &body, now);
    }
}
