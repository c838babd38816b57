//! The inventory is as the pool is, through events and through their loss.

use xenapi::{MessageEvent, record::PowerState};

use crate::lab::{Client, Lab, in_time};

#[tokio::test]
async fn the_inventory_has_everything_but_templates() {
    let lab = Lab::start(&["--hosts", "4", "--vms", "25"]);
    let mut client = Client::new(lab.settings(0));
    let inventory = client.connected(|_| true).await.inventory;
    assert_eq!(inventory.hosts.len(), 4);
    let (dom0, vms): (Vec<_>, Vec<_>) = inventory.vms.values().partition(|vm| vm.is_control_domain);
    assert_eq!((dom0.len(), vms.len()), (4, 25));
    assert!(inventory.vms.values().all(|vm| !vm.is_a_template && !vm.uuid.is_nil()));
    assert_eq!(inventory.master().unwrap().address.as_ref(), lab.hosts[0].0.host());
    for running in vms.iter().filter(|vm| vm.power_state == PowerState::Running) {
        assert!(inventory.hosts.get(&running.resident_on).is_some());
        assert!(inventory.vm_metrics.get(&running.metrics).is_some());
    }
    assert!(!inventory.srs.is_empty() && !inventory.pifs.is_empty());
    assert_eq!(lab.count("task.get_all_records").await, 0);
}

#[tokio::test]
async fn what_happens_to_a_vm_is_in_the_inventory() {
    let lab = Lab::start(&[]);
    let mut client = Client::new(lab.settings(0));
    let before = client.connected(|_| true).await.inventory;
    let (vm, record) = before
        .vms
        .iter()
        .find(|(_, vm)| !vm.is_control_domain && vm.power_state == PowerState::Running)
        .unwrap();
    lab.post(&format!("vms/stop?vm={}", record.uuid)).await;
    client
        .connected(|now| now.inventory.vms.get(vm).unwrap().power_state == PowerState::Halted)
        .await;
    lab.post(&format!("vms/start?vm={}", record.uuid)).await;
    client
        .connected(|now| now.inventory.vms.get(vm).unwrap().power_state == PowerState::Running)
        .await;
    assert_eq!(client.pool.stats().snapshots, 1);
}

#[tokio::test]
async fn lost_events_lead_to_a_new_inventory_and_no_login() {
    let lab = Lab::start(&[]);
    let mut client = Client::new(lab.settings(0));
    let before = client.connected(|_| true).await.inventory;
    lab.begin("lost-events").await;
    let record = before
        .vms
        .values()
        .find(|vm| !vm.is_control_domain && vm.power_state == PowerState::Running)
        .unwrap();
    lab.post(&format!("vms/stop?vm={}", record.uuid)).await;
    client
        .connected(|now| {
            let mut vms = now.inventory.vms.values();
            vms.any(|vm| vm.uuid == record.uuid && vm.power_state == PowerState::Halted)
        })
        .await;
    let stats = client.pool.stats();
    assert_eq!((stats.snapshots, stats.logins), (2, 1));
}

#[tokio::test]
async fn a_message_is_told_once_also_one_that_came_meanwhile() {
    let lab = Lab::start(&[]);
    lab.post("alarms?variable=cpu_usage&value=0.5").await;
    let mut client = Client::new(lab.settings(0));
    let mut messages = client.pool.messages();
    client.connected(|now| now.inventory.messages.len() == 1).await;
    lab.post("alarms?variable=cpu_usage&value=0.9").await;
    let MessageEvent::Raised(reference, message) = in_time(messages.recv()).await.unwrap() else {
        panic!("a new message")
    };
    assert_eq!(&*message.name, "ALARM");
    assert!(message.body.starts_with("value: 0.9"), "{}", message.body);
    assert!(message.timestamp.is_some() && !message.object.is_nil());

    lab.begin("down").await;
    lab.post("alarms?variable=cpu_usage&value=0.7").await;
    client.failed(|_| true).await;
    lab.end("down").await;
    let MessageEvent::Raised(_, message) = in_time(messages.recv()).await.unwrap() else {
        panic!("the message that came meanwhile")
    };
    assert!(message.body.starts_with("value: 0.7"), "{}", message.body);

    client.pool.call("message.destroy", &[reference.to_string().into()]).await.unwrap();
    let ended = in_time(messages.recv()).await.unwrap();
    assert!(matches!(ended, MessageEvent::Ended(gone, _) if gone == reference));
}
