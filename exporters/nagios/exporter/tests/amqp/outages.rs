//! Brokers that hang, die, come back or take nothing, while Nagios goes on at 1,000 events a second.

use std::time::Duration;

use crate::consumer::Consumer;
use crate::observer::Observer;
use crate::rabbit::Rabbit;
use crate::station::{EPOCH, Station};
use crate::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_hangs_is_killed_and_comes_back_costs_and_doubles_nothing() {
    let mut rabbit = Rabbit::start().await;
    let mut observer = Observer::start(&rabbit.url()).await;
    let consumer = Consumer::start(&rabbit.url(), "").await;
    consumer.reaches(None, "nagios_exporter_amqp_connected", 1.0).await;
    let spool = tempfile::tempdir().unwrap();
    let station = Station::start("test", &rabbit.url(), spool.path()).await;
    let exporter = &station.relay;
    exporter.reaches("nagios_exporter_amqp_connected", 1.0).await;
    let seconds = Duration::from_secs;

    station.load(seconds(2)).await;
    rabbit.freeze();
    station.load(seconds(3)).await;
    rabbit.thaw();
    station.load(seconds(2)).await;
    rabbit.kill().await;
    let last = station.load(seconds(3)).await;
    // Everything is safe at the relay, long before the broker is back.
    station.acknowledged(last).await;
    rabbit.launch().await;
    observer.listen().await;
    let last = station.load(seconds(1)).await;
    station.acknowledged(last).await;

    observer.complete(EPOCH, last).await;
    consumer.reaches(None, "nagios_exporter_amqp_events_received_total", last as f64).await;
    assert_eq!(consumer.metric(None, "nagios_exporter_amqp_events_lost_total").await, Some(0.0));
    let checks = "nagios_checks_total{object=\"service\",kind=\"active\"}";
    consumer.reaches(Some("test"), checks, last as f64).await;
    assert_eq!(exporter.metric("nagios_exporter_amqp_spool_lost_records_total").await, Some(0.0));
    exporter.reaches("nagios_exporter_amqp_spool_records", 0.0).await;
    let twice = observer.events(EPOCH).values().filter(|count| **count > 1).count();
    println!("{last} events, {twice} of them delivered more than once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_without_memory_takes_nothing_and_gets_everything_later() {
    let rabbit = Rabbit::start().await;
    let observer = Observer::start(&rabbit.url()).await;
    let spool = tempfile::tempdir().unwrap();
    let station = Station::start("test", &rabbit.url(), spool.path()).await;
    let exporter = &station.relay;
    exporter.reaches("nagios_exporter_amqp_connected", 1.0).await;
    rabbit.memory_limit("0.0000001").await;
    let last = station.load(Duration::from_secs(2)).await;
    station.acknowledged(last).await;
    let waiting = async || {
        let records = exporter.metric("nagios_exporter_amqp_spool_records").await?;
        (records > 100.0).then_some(())
    };
    until("events that wait", waiting).await;
    rabbit.memory_limit("0.9").await;
    observer.complete(EPOCH, last).await;
    exporter.reaches("nagios_exporter_amqp_spool_records", 0.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_cannot_write_its_spool_acknowledges_what_the_broker_has_and_nothing_else() {
    let mut rabbit = Rabbit::reserve("").await;
    let spool = tempfile::tempdir().unwrap();
    let station = Station::start("test", &rabbit.url(), spool.path()).await;
    // As a disk that has gone bad: nothing can be created there.
    std::fs::remove_dir_all(spool.path().join("test")).unwrap();
    let last = station.load(Duration::from_secs(1)).await;
    let failing = async || {
        let series = "nagios_exporter_amqp_spool_write_failures_total";
        (station.relay.metric(series).await? > 0.0).then_some(())
    };
    until("writes that fail", failing).await;
    assert!(station.stays_unacknowledged(1).await, "acknowledged what is nowhere");
    rabbit.launch().await;
    let published = "nagios_exporter_amqp_events_published_total";
    station.relay.reaches(published, last as f64).await;
    let lost = "nagios_exporter_amqp_spool_lost_records_total";
    assert_eq!(station.relay.metric(lost).await, Some(0.0));
}
