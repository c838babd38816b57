//! What alerts say, for people.

use xenapi::Uuid;
use xenapi::record::Message;

use crate::perfmon::{Alarm, Sense};
use crate::snapshot::Snapshot;

/// What a message is about, by names; empty where it has none.
#[derive(Debug, Default)]
pub(crate) struct Thing {
    /// The host, also that of a VM.
    pub(crate) host: String,
    pub(crate) vm: String,
    /// In a sentence: `VM web-1 on host xen-1`.
    words: String,
}

impl Thing {
    /// The object of a class and UUID.
    pub(crate) fn find(snapshot: &Snapshot, class: &str, object: Uuid) -> Self {
        let inventory = &snapshot.inventory;
        match class {
            "VM" => {
                let vm = inventory.vms.values().find(|vm| vm.uuid == object);
                let Some(vm) = vm else { return Self::unknown("VM", object) };
                let host = inventory.hosts.get(&vm.resident_on);
                let host = host.map(|host| host.name_label.to_string()).unwrap_or_default();
                let name = vm.name_label.to_string();
                let words = match host.is_empty() {
                    true => format!("VM {name}"),
                    false => format!("VM {name} on host {host}"),
                };
                Self { host, vm: name, words }
            }
            "Host" => {
                let host = inventory.hosts.values().find(|host| host.uuid == object);
                let Some(host) = host else { return Self::unknown("host", object) };
                let host = host.name_label.to_string();
                Self { words: format!("host {host}"), host, vm: String::new() }
            }
            "SR" => {
                let sr = inventory.srs.values().find(|sr| sr.uuid == object);
                let Some(sr) = sr else { return Self::unknown("repository", object) };
                Self { words: format!("repository {}", sr.name_label), ..Self::default() }
            }
            "Pool" => Self { words: format!("pool {}", snapshot.pool), ..Self::default() },
            class => Self::unknown(class, object),
        }
    }

    fn unknown(class: &str, object: Uuid) -> Self {
        Self { words: format!("{class} {object}"), ..Self::default() }
    }
}

/// One sentence.
pub(crate) fn summary(message: &Message, alarm: Option<&Alarm>, thing: &Thing) -> String {
    let Some(Alarm { value, variable }) = alarm else {
        return format!("{} of {}", message.name, thing.words);
    };
    let side = match variable.sense {
        Sense::High => "above",
        Sense::Low => "below",
    };
    let amount = |value: f64| match &*variable.name {
        "cpu_usage" | "fs_usage" | "log_fs_usage" | "mem_usage" | "physical_utilisation" => {
            format!("{:.0} %", value * 100.0)
        }
        "network_usage" | "disk_usage" => format!("{:.1} MiB/s", value / 1_048_576.0),
        "memory_free_kib" | "memory_internal_free" => format!("{:.0} MiB", value / 1024.0),
        _ => format!("{value}"),
    };
    format!(
        "{} of {} is {}, alarm {side} {}",
        variable.name,
        thing.words,
        amount(*value),
        amount(variable.level)
    )
}
