//! What a relay publishes, and over TLS.

use nagios_event::{Body, Frame, StateChange, Stats};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;

use crate::observer::Observer;
use crate::rabbit::Rabbit;
use crate::stage::{Exporter, Module, state};
use crate::{amqp, objects, until};

fn kinds(observer: &Observer) -> Vec<String> {
    observer.seen().into_iter().map(|(key, _, _)| key).collect()
}

async fn snapshots(observer: &Observer, count: usize) -> Vec<Value> {
    until(&format!("{count} snapshots"), async || {
        let seen = observer.seen().into_iter().filter(|(key, _, _)| key.ends_with(".snapshot"));
        let found: Vec<Value> =
            seen.map(|(_, _, body)| serde_json::from_slice(&body).unwrap()).collect();
        (found.len() >= count).then_some(found)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_published_with_its_key_and_snapshots_come_at_the_start_and_on_request() {
    let rabbit = Rabbit::start().await;
    let observer = Observer::start(&rabbit.url()).await;
    let spool = tempfile::tempdir().unwrap();
    let exporter = Exporter::start(&amqp(&rabbit.url(), spool.path())).await;
    let mut module = Module::start(exporter.socket(), 7, 0, &objects()).await;
    let first = snapshots(&observer, 1).await.remove(0);
    assert_eq!((&first["instance"], &first["epoch"]), (&"test".into(), &7.into()));
    assert_eq!((&first["part"], &first["parts"]), (&1.into(), &1.into()));
    let listed: Vec<&Value> =
        first["objects"].as_array().unwrap().iter().map(|object| &object["object"]).collect();
    assert_eq!(listed, ["host", "service", "state", "state"]);

    module.check(state("web-1", "http", 2)).await;
    let change = StateChange {
        host: "web-1".to_owned(),
        service: "http".to_owned(),
        state: 2,
        hard: true,
        ..StateChange::default()
    };
    let last = module.event(Body::StateChange(change)).await;
    module.send(&Frame::Stats(Stats { last_seq: last, ..Stats::default() })).await;
    module.acknowledged(last).await;
    observer.complete(7, last).await;
    let keys = kinds(&observer);
    assert!(keys.iter().any(|key| key == "v1.test.check"), "{keys:?}");
    assert!(keys.iter().any(|key| key == "v1.test.state_change"), "{keys:?}");

    observer.publish("request.snapshot", b"").await;
    let later = snapshots(&observer, 2).await.remove(1);
    assert_eq!(later["sequence"], last);
    let mut states = later["objects"].as_array().unwrap().iter();
    let http = states.rfind(|object| object["service"] == "http").unwrap();
    assert_eq!(http["state"], 2);
    let heartbeat =
        async || observer.seen().into_iter().find(|(key, _, _)| key == "v1.test.heartbeat");
    let (_, _, body) = until("a sign of life", heartbeat).await;
    let heartbeat: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&heartbeat["up"], &heartbeat["hello"]["nagios_version"]),
        (&true.into(), &"4.4.6".into())
    );
    exporter.reaches("nagios_exporter_amqp_events_published_total", last as f64).await;
    exporter.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken_with_an_authority_of_our_own_and_with_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    for (name, text) in [
        ("ca.pem", authority.pem()),
        ("cert.pem", certificate.pem()),
        ("key.pem", key.serialize_pem()),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let rabbit = Rabbit::start_tls(folder.path()).await;
    let spool = tempfile::tempdir().unwrap();
    let shown = folder.path().display();
    let believing = amqp(&rabbit.url(), &spool.path().join("a"))
        .replace('}', &format!(", ca_file: '{shown}/ca.pem'}}"));
    let exporter = Exporter::start(&believing).await;
    let _module = Module::start(exporter.socket(), 7, 0, &objects()).await;
    exporter.reaches("nagios_exporter_amqp_snapshots_published_total", 1.0).await;
    exporter.reaches("nagios_exporter_amqp_connected", 1.0).await;

    let doubting = Exporter::start(&amqp(&rabbit.url(), &spool.path().join("b"))).await;
    let mut module = Module::start(doubting.socket(), 7, 0, &objects()).await;
    let seq = module.check(state("web-1", "http", 2)).await;
    // On our own disk, so it is safe; and not at a broker that nobody vouches for.
    module.acknowledged(seq).await;
    doubting.reaches("nagios_exporter_amqp_spool_records", 1.0).await;
    assert_eq!(doubting.metric("nagios_exporter_amqp_connected").await, Some(0.0));
}
