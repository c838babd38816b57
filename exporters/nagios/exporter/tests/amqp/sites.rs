//! Many Nagios through one RabbitMQ into one exporter.

use serde_json::Value;

use crate::consumer::Consumer;
use crate::observer::Observer;
use crate::rabbit::Rabbit;
use crate::stage::{Alertmanager, state};
use crate::station::Station;
use crate::until;

const HTTP_STATE: &str = "nagios_service_state{host=\"web-1\",service=\"http\"}";

#[tokio::test(flavor = "multi_thread")]
async fn three_nagios_are_told_apart_and_the_absence_of_one_is_seen() {
    let rabbit = Rabbit::start().await;
    let alertmanager = Alertmanager::start().await;
    let consumer = Consumer::start(&rabbit.url(), &alertmanager.config()).await;
    let folder = tempfile::tempdir().unwrap();
    let mut stations = Vec::new();
    for name in ["north", "south", "west"] {
        stations.push(Station::start(name, &rabbit.url(), folder.path()).await);
    }
    for (number, name) in ["north", "south", "west"].into_iter().enumerate() {
        consumer.reaches(Some(name), "nagios_up", 1.0).await;
        consumer.reaches(Some(name), HTTP_STATE, 0.0).await;
        stations[number].check(state("web-1", "http", number as u8 + 1)).await;
        consumer.reaches(Some(name), HTTP_STATE, number as f64 + 1.0).await;
    }
    // One host of one name in three Nagios: three alerts.
    let alerts = alertmanager
        .holds(&["web-1 http critical", "web-1 http unknown", "web-1 http warning"])
        .await;
    let mut instances: Vec<&str> =
        alerts.iter().map(|alert| alert["labels"]["instance"].as_str().unwrap()).collect();
    instances.sort_unstable();
    assert_eq!(instances, ["north", "south", "west"]);

    let targets: Value = serde_json::from_str(&consumer.get("/sd").await.1).unwrap();
    assert_eq!(targets[1]["labels"]["instance"], "south");
    assert_eq!(targets[1]["labels"]["__metrics_path__"], "/sites/south/metrics");
    let (status, page) = consumer.get("/sites/west/services").await;
    assert!(status == 200 && page.contains("web-1"), "{page}");
    assert_eq!(consumer.get("/sites/east/metrics").await.0, 404);

    // Nagios itself ends: its relay says so. The relay ends: nothing is heard of it any more.
    let relay = stations.remove(0).end_nagios();
    consumer.reaches(Some("north"), "nagios_up", 0.0).await;
    stations.remove(0).end_nagios().stop().await;
    consumer.reaches(Some("south"), "nagios_up", 0.0).await;
    consumer.reaches(Some("west"), "nagios_up", 1.0).await;
    assert_eq!(alertmanager.alerts().await.len(), 3, "an absence ends no alert");
    drop(relay);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_was_away_has_right_states_at_once_and_misses_no_event() {
    let rabbit = Rabbit::start().await;
    let folder = tempfile::tempdir().unwrap();
    let consumer = Consumer::start(&rabbit.url(), "").await;
    consumer.reaches(None, "nagios_exporter_amqp_connected", 1.0).await;
    let north = Station::start("north", &rabbit.url(), folder.path()).await;
    north.check(state("web-1", "http", 1)).await;
    consumer.reaches(Some("north"), HTTP_STATE, 1.0).await;
    consumer.reaches(None, "nagios_exporter_amqp_events_received_total", 1.0).await;
    consumer.stop().await;
    let mut last = 0;
    for _ in 0..500 {
        last = north.check(state("web-1", "http", 2)).await;
    }
    north.acknowledged(last).await;
    north.relay.reaches("nagios_exporter_amqp_events_published_total", last as f64).await;

    let consumer = Consumer::start(&rabbit.url(), "").await;
    consumer.reaches(Some("north"), HTTP_STATE, 2.0).await;
    // The first event again, if the acknowledgement of it was lost with the consumer.
    let received = async || {
        let series = "nagios_exporter_amqp_events_received_total";
        consumer.metric(None, series).await.filter(|count| *count >= last as f64 - 1.0)
    };
    let count = until("all events", received).await;
    assert!(count <= last as f64, "{count} of {last}");

    // What nobody can read holds up no other.
    let observer = Observer::start(&rabbit.url()).await;
    observer.publish("v1.north.check", b"{}").await;
    observer.publish("v1.north.check", b"no JSON").await;
    north.check(state("web-1", "http", 3)).await;
    consumer.reaches(Some("north"), HTTP_STATE, 3.0).await;
    consumer.reaches(None, "nagios_exporter_amqp_messages_unreadable_total", 2.0).await;
}
