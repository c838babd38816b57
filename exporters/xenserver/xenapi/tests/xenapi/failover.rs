//! Hosts that fail: the client finds the pool again by itself, and nothing waits for ever.

use std::time::Duration;

use xenapi::{Error, ErrorKind, rrd::Feed};

use crate::lab::{Client, Lab, in_time};

#[tokio::test]
async fn another_master_is_found() {
    let lab = Lab::start(&["--hosts", "3"]);
    let mut client = Client::new(lab.settings(0));
    let before = client.connected(|_| true).await;
    lab.begin("master-dead").await;
    let after = client.connected(|now| now.master != before.master).await;
    let master = after.inventory.master().unwrap();
    assert_eq!(master.address.as_ref(), after.master.host());
    let vms = |inventory: &xenapi::Inventory| {
        let mut uuids: Vec<_> = inventory.vms.values().map(|vm| vm.uuid).collect();
        uuids.sort_unstable();
        uuids.dedup();
        uuids.len()
    };
    assert_eq!(vms(&after.inventory), vms(&before.inventory));
    client.pool.call("pool.get_all", &[]).await.unwrap();
}

#[tokio::test]
async fn a_master_that_is_gone_is_told_and_found_again() {
    let lab = Lab::start(&["--hosts", "1"]);
    let mut client = Client::new(lab.settings(0));
    client.connected(|_| true).await;
    lab.begin("down").await;
    let error = client.failed(|_| true).await;
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().contains(&lab.hosts[0].0.to_string()), "{error}");
    lab.end("down").await;
    client.connected(|_| true).await;
}

#[tokio::test]
async fn a_host_that_hangs_delays_no_longer_than_the_deadline() {
    let lab = Lab::start(&["--hosts", "1", "--fault", "hang"]);
    let mut settings = lab.settings(0);
    settings.deadlines.call = Duration::from_millis(300);
    let mut client = Client::new(settings);
    let error = client.failed(|_| true).await;
    assert!(matches!(&*error, Error::Timeout { after, .. } if after.as_millis() == 300), "{error}");
    lab.end("hang").await;
    client.connected(|_| true).await;
}

#[tokio::test]
async fn broken_answers_are_errors_and_nothing_more() {
    for (fault, kind) in [("error", ErrorKind::Garbage), ("truncated", ErrorKind::Unreachable)] {
        for dialect in ["no-xml", "no-json"] {
            let lab = Lab::start(&["--hosts", "1", "--fault", dialect, "--fault", fault]);
            let mut client = Client::new(lab.settings(0));
            let error = client.failed(|_| true).await;
            assert!(error.kind() == kind || error.kind() == ErrorKind::Garbage, "{fault}: {error}");
            lab.end(fault).await;
            client.connected(|_| true).await;
            lab.begin(fault).await;
            client.failed(|_| true).await;
            lab.end(fault).await;
            client.connected(|_| true).await;
        }
    }
}

#[tokio::test]
async fn a_member_that_is_down_is_no_reason_to_log_in_again() {
    let lab = Lab::start(&["--hosts", "2"]);
    let mut client = Client::new(lab.settings(0));
    client.connected(|_| true).await;
    let member = &lab.hosts[1].0;
    lab.begin(&format!("down?host={}", member.host())).await;
    let error = in_time(Feed::default().poll(&client.pool, member.host())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(client.pool.stats().logins, 1);
}
