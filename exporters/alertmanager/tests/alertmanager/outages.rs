//! Alertmanagers that die, come back, hang, and owners that stop.

use std::time::{Duration, Instant};

use alertmanager::SilenceState;
use tokio::net::TcpListener;

use crate::harness::{
    Alertmanager, active, eventually, free_port, keep, ours, settings, silenced, wanted,
};

#[tokio::test]
async fn a_killed_alertmanager_gets_everything_back_and_loses_no_end() {
    let mut alertmanager = Alertmanager::start().await;
    let kept = keep(&[&alertmanager.url], settings());
    let (web, db, new) =
        (wanted("web", "critical"), wanted("db", "critical"), wanted("new", "warning"));
    kept.set([web.clone(), db]).await;
    alertmanager.delivers(["firing db/critical", "firing web/critical"]).await;

    alertmanager.kill().await;
    let generation = kept.keeper.set([web, new]);
    eventually("the failure", async || (!kept.keeper.stats()[0].up).then_some(())).await;
    assert!(*kept.keeper.accepted().borrow() < generation);
    alertmanager.start_again().await;
    kept.accepts(generation).await;
    alertmanager.holds(["new/warning", "web/critical"]).await;
    // Killed, it has forgotten whom it told, and tells again; the end of db comes all the same.
    let mut heard = Vec::new();
    while !heard.iter().any(|name| name == "resolved db/critical") {
        heard.push(alertmanager.delivery().await.0);
    }
    assert!(heard.iter().any(|name| name == "firing new/warning"), "{heard:?}");
    assert!(!heard.iter().any(|name| name == "resolved web/critical"), "{heard:?}");
}

#[tokio::test]
async fn a_restart_that_no_call_noticed_is_noticed() {
    let mut alertmanager = Alertmanager::start().await;
    let kept = keep(&[&alertmanager.url], settings());
    kept.set([wanted("web", "critical"), silenced("db", "critical")]).await;
    alertmanager.kill().await;
    alertmanager.start_again().await;
    alertmanager.holds(["db/critical", "web/critical"]).await;
    let silences = alertmanager.client().silences(&ours()).await.unwrap();
    assert!(silences.iter().any(|silence| silence.state == SilenceState::Active));
}

#[tokio::test]
async fn dead_and_hanging_addresses_delay_nobody() {
    let mut alertmanager = Alertmanager::start().await;
    let dead = format!("http://127.0.0.1:{}", free_port().await);
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging = (format!("http://{}", hanging.local_addr().unwrap()), hanging);
    let mut settings = settings();
    settings.timeout = Duration::from_secs(10);
    let kept = keep(&[&dead, &hanging.0, &alertmanager.url], settings);
    let begun = Instant::now();
    kept.set([wanted("web", "critical")]).await;
    alertmanager.delivers(["firing web/critical"]).await;
    kept.set([]).await;
    alertmanager.delivers(["resolved web/critical"]).await;
    // One group interval, and not the deadline of a call.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let up: Vec<bool> = kept.keeper.stats().iter().map(|stats| stats.up).collect();
    assert_eq!(up, [false, false, true]);
}

#[tokio::test]
async fn an_address_that_comes_later_is_told_all() {
    let mut late = Alertmanager::start().await;
    late.kill().await;
    let other = Alertmanager::start().await;
    let kept = keep(&[&late.url, &other.url], settings());
    kept.set([wanted("web", "critical"), wanted("db", "warning")]).await;
    late.start_again().await;
    late.holds(["db/warning", "web/critical"]).await;
}

#[tokio::test]
async fn stopping_ends_nothing_and_is_fast() {
    let alertmanager = Alertmanager::start().await;
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging = (format!("http://{}", hanging.local_addr().unwrap()), hanging);
    let kept = keep(&[&alertmanager.url, &hanging.0], settings());
    kept.set([wanted("web", "critical"), silenced("db", "critical")]).await;
    let begun = Instant::now();
    kept.shutdown.cancel();
    kept.keeper.stopped().await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let client = alertmanager.client();
    assert_eq!(active(&client).await.unwrap(), ["db/critical", "web/critical"]);
    assert_eq!(client.silences(&ours()).await.unwrap()[0].state, SilenceState::Active);
}
