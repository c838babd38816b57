//! RRDs from the laboratory's hosts.

use std::collections::HashSet;

use xenapi::{
    ErrorKind,
    rrd::{Binding, Feed, Owner, Totals},
};

use crate::lab::{Client, Lab, in_time};

#[tokio::test]
async fn each_host_tells_of_itself_and_of_the_vms_on_it() {
    let lab = Lab::start(&["--hosts", "2", "--vms", "20"]);
    let mut client = Client::new(lab.settings(0));
    let inventory = client.connected(|_| true).await.inventory;
    for (reference, host) in inventory.hosts.iter() {
        let mut feed = Feed::default();
        let update = in_time(feed.poll(&client.pool, &host.address)).await.unwrap();
        assert_eq!((update.step, update.skipped_rows), (5, 0));
        assert!((1..=3).contains(&update.rows()), "{} rows", update.rows());
        let newest = update.newest_first().next().unwrap();
        assert_eq!(newest.values.len(), update.legend.len());
        let owners: HashSet<_> = update.legend.columns().map(|(_, column)| column.owner).collect();
        assert!(owners.contains(&Owner::Host(host.uuid)));
        let resident = inventory
            .vms
            .values()
            .filter(|vm| vm.resident_on == *reference && !vm.is_control_domain);
        for vm in resident {
            assert!(owners.contains(&Owner::Vm(vm.uuid)), "{} is missing", vm.name_label);
        }
    }
}

#[tokio::test]
async fn a_second_poll_brings_only_what_is_new_and_totals_grow() {
    let lab = Lab::start(&["--hosts", "1"]);
    let mut client = Client::new(lab.settings(0));
    client.connected(|_| true).await;
    let host = lab.hosts[0].0.host();
    let (mut feed, mut totals, mut binding) =
        (Feed::default(), Totals::default(), Binding::default());
    let mut last = 0;
    let mut legend = None;
    while legend.is_none() || last == 0 {
        let update = in_time(feed.poll(&client.pool, host)).await.unwrap();
        assert!(update.newest_first().all(|row| row.time > last), "a row came twice");
        totals.add(&mut binding, update, |column| column.name.ends_with("_rx"));
        last = update.newest_first().next().map_or(last, |row| row.time);
        legend = Some(update.legend.clone());
    }
    let first = legend.unwrap();
    let update = in_time(feed.poll(&client.pool, host)).await.unwrap();
    assert!(update.newest_first().all(|row| row.time > last));
    assert!(std::sync::Arc::ptr_eq(&first, &update.legend), "the legend is not read twice");
    let owners: HashSet<_> = first.columns().map(|(_, column)| column.owner).collect();
    let found: usize = owners.iter().map(|owner| totals.of(*owner).count()).sum();
    assert!(found > 0);
}

#[tokio::test]
async fn a_session_that_is_over_is_replaced() {
    let lab = Lab::start(&["--hosts", "1"]);
    let mut client = Client::new(lab.settings(0));
    client.connected(|_| true).await;
    let host = lab.hosts[0].0.host();
    lab.begin("revoked-sessions").await;
    in_time(Feed::default().poll(&client.pool, host)).await.unwrap();
}

#[tokio::test]
async fn broken_answers_are_errors() {
    let lab = Lab::start(&["--hosts", "2"]);
    let mut client = Client::new(lab.settings(0));
    client.connected(|_| true).await;
    let member = lab.hosts[1].0.host();
    for fault in ["error", "truncated"] {
        let mut feed = Feed::default();
        lab.begin(&format!("{fault}?host={member}")).await;
        let error = in_time(feed.poll(&client.pool, member)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Garbage | ErrorKind::Unreachable), "{error}");
        lab.end(&format!("{fault}?host={member}")).await;
        assert!(in_time(feed.poll(&client.pool, member)).await.unwrap().rows() > 0);
    }
    assert_eq!(client.pool.stats().logins, 1);
}
