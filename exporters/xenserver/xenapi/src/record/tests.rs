use serde_json::json;

use super::*;
use crate::Ref;

#[test]
fn integers_and_truths_are_read_from_either_dialect() {
    let json =
        json!({"VCPUs_max": 4, "is_control_domain": true, "memory_static_max": 17179869184_i64});
    let xml =
        json!({"VCPUs_max": "4", "is_control_domain": true, "memory_static_max": "17179869184"});
    assert_eq!(Vm::read(&json), Vm::read(&xml));
    let vm = Vm::read(&xml);
    assert_eq!((vm.vcpus_max, vm.memory_static_max), (4, 17_179_869_184));
}

#[test]
fn anything_at_all_is_a_record() {
    for value in
        [json!(null), json!([1]), json!("x"), json!({"uuid": 1, "tags": "x", "domid": "x"})]
    {
        let vm = Vm::read(&value);
        assert_eq!((vm.uuid.is_nil(), vm.domid, vm.power_state), (true, 0, PowerState::Unknown));
        assert!(vm.resident_on.is_null() && vm.tags.is_empty() && vm.is_kept());
    }
}

#[test]
fn templates_and_snapshots_are_not_kept() {
    assert!(!Vm::read(&json!({"is_a_template": true})).is_kept());
    assert!(!Vm::read(&json!({"is_a_snapshot": true, "is_a_template": true})).is_kept());
}

#[test]
fn secrets_do_not_get_into_a_record() {
    let pbd = Pbd::read(&json!({
        "device_config": {
            "target": "10.0.0.9", "password": "hunter2", "chappassword": "hunter2", "username": "hunter2",
            "cifspassword_secret": "hunter2", "options": "password=hunter2",
        },
        "other_config": {"mpath-3600a": "[3, 4]", "mpath-3600b": "odd", "multipathed": "true", "x": "hunter2"},
    }));
    assert!(!format!("{pbd:?}").contains("hunter2"));
    assert_eq!(pbd.device_config.0.get("target"), Some("10.0.0.9"));
    assert_eq!(pbd.paths.iter().collect::<Vec<_>>(), [("3600a", 3, 4)]);
    let vm = Vm::read(&json!({"other_config": {"perfmon": "<config/>", "password": "hunter2"}}));
    assert!(!format!("{vm:?}").contains("hunter2"));
    assert_eq!(vm.perfmon.as_deref(), Some("<config/>"));
}

#[test]
fn times_are_read_in_every_form_and_1970_is_none() {
    let start = |text: &str| {
        VmMetrics::read(&json!({"start_time": text})).start_time.map(|time| time.to_string())
    };
    let wanted = Some("2024-03-01T12:30:00Z".to_owned());
    for text in ["20240301T12:30:00Z", "2024-03-01T12:30:00Z", "20240301T12:30:00"] {
        assert_eq!(start(text), wanted, "{text}");
    }
    for text in ["19700101T00:00:00Z", "", "soon"] {
        assert_eq!(start(text), None, "{text}");
    }
}

#[test]
fn operations_and_pairs_are_found_by_name() {
    let vm = Vm::read(
        &json!({"current_operations": {"OpaqueRef:1": "pool_migrate", "a": "pool_migrate"}}),
    );
    assert!(vm.current_operations.contain("pool_migrate"));
    assert_eq!(vm.current_operations.iter().count(), 1);
    let guest =
        VmGuestMetrics::read(&json!({"networks": {"1/ip": "10.0.0.3", "0/ip": "10.0.0.2"}}));
    assert_eq!(guest.networks.get("1/ip"), Some("10.0.0.3"));
    assert_eq!(guest.networks.iter().next(), Some(("0/ip", "10.0.0.2")));
    assert_eq!(guest.networks.get("2/ip"), None);
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let message = Message::read(&json!({"body": "é".repeat(5000), "obj_uuid": "x"}));
    assert_eq!(message.body.len(), 4096);
    let vm = Vm::read(&json!({"resident_on": "OpaqueRef:bec8439d-edfb-6acd-e1e9-7dbc5306e630"}));
    assert!(matches!(vm.resident_on, Ref::Opaque(_)));
}
