//! Silences that come and go with their reason.

use alertmanager::SilenceState;

use crate::harness::{Alertmanager, Tap, eventually, keep, ours, settings, silenced, wanted};

#[tokio::test]
async fn a_silence_is_gone_before_the_end_is_posted() {
    let mut alertmanager = Alertmanager::start().await;
    let tap = Tap::before(&alertmanager).await;
    let kept = keep(&[&tap.url], settings());
    kept.set([wanted("web", "critical")]).await;
    alertmanager.delivers(["firing web/critical"]).await;
    tap.forget();

    kept.set([silenced("web", "critical")]).await;
    assert_eq!(tap.changes(), ["POST /api/v2/silences"]);
    let silences = alertmanager.client().silences(&ours()).await.unwrap();
    assert_eq!(silences.len(), 1);
    assert_eq!(silences[0].created_by, "test-exporter");
    assert_eq!(silences[0].comment, "in downtime");
    let labels = silences[0].labels().unwrap();
    assert_eq!(format!("{labels:?}"), r#"{host="web", source="test"}"#);

    tap.forget();
    kept.set([]).await;
    let delete = format!("DELETE /api/v2/silence/{}", silences[0].id);
    assert_eq!(tap.changes(), [&delete, "POST /api/v2/alerts"]);
    alertmanager.delivers(["resolved web/critical"]).await;
}

#[tokio::test]
async fn a_problem_silenced_from_its_start_is_not_delivered() {
    let mut alertmanager = Alertmanager::start().await;
    let kept = keep(&[&alertmanager.url], settings());
    kept.set([silenced("web", "critical")]).await;
    alertmanager.holds(["web/critical"]).await;
    kept.set([silenced("web", "critical"), wanted("db", "critical")]).await;
    alertmanager.delivers(["firing db/critical"]).await;
    kept.set([wanted("web", "critical"), wanted("db", "critical")]).await;
    alertmanager.delivers(["firing web/critical"]).await;
}

#[tokio::test]
async fn a_severity_that_changed_in_silence_ends_with_the_silence() {
    let mut alertmanager = Alertmanager::start().await;
    let kept = keep(&[&alertmanager.url], settings());
    kept.set([wanted("web", "warning")]).await;
    alertmanager.delivers(["firing web/warning"]).await;
    kept.set([silenced("web", "warning")]).await;
    kept.set([silenced("web", "critical")]).await;
    alertmanager.holds(["web/critical", "web/warning"]).await;
    kept.set([wanted("web", "critical")]).await;
    alertmanager.delivers(["firing web/critical", "resolved web/warning"]).await;
}

#[tokio::test]
async fn a_silence_is_prolonged_with_the_same_id() {
    let alertmanager = Alertmanager::start().await;
    let client = alertmanager.client();
    let mut settings = settings();
    settings.resend = std::time::Duration::from_millis(100);
    let kept = keep(&[&alertmanager.url], settings);
    kept.set([silenced("web", "critical")]).await;
    let first = client.silences(&ours()).await.unwrap().remove(0);
    eventually("a later end", async || {
        let now = client.silence(&first.id).await.ok()??;
        (now.ends_at > first.ends_at && now.state == SilenceState::Active).then_some(())
    })
    .await;
    assert_eq!(client.silences(&ours()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_silence_ended_by_hand_is_made_anew() {
    let alertmanager = Alertmanager::start().await;
    let client = alertmanager.client();
    let mut settings = settings();
    settings.resend = std::time::Duration::from_millis(100);
    let kept = keep(&[&alertmanager.url], settings);
    kept.set([silenced("web", "critical")]).await;
    let first = client.silences(&ours()).await.unwrap().remove(0);
    client.delete_silence(&first.id).await.unwrap();
    eventually("another silence", async || {
        let silences = client.silences(&ours()).await.ok()?;
        silences
            .into_iter()
            .find(|other| other.id != first.id && other.state == SilenceState::Active)
    })
    .await;
}

#[tokio::test]
async fn a_restarted_owner_ends_its_silences_first() {
    let mut alertmanager = Alertmanager::start().await;
    let first = keep(&[&alertmanager.url], settings());
    first.set([wanted("web", "critical")]).await;
    alertmanager.delivers(["firing web/critical"]).await;
    first.set([silenced("web", "critical")]).await;
    first.shutdown.cancel();
    first.keeper.stopped().await;

    let second = keep(&[&alertmanager.url], settings());
    second.set([]).await;
    alertmanager.delivers(["resolved web/critical"]).await;
    let silences = alertmanager.client().silences(&ours()).await.unwrap();
    assert!(silences.iter().all(|silence| silence.state == SilenceState::Expired));
}

/// In a cluster each peer also holds the silence that was made at the other.
#[tokio::test]
async fn in_a_cluster_the_end_is_delivered_too() {
    let [mut one, mut two] = Alertmanager::start_pair().await;
    let kept = keep(&[&one.url, &two.url], settings());
    kept.set([wanted("web", "critical")]).await;
    assert_eq!(either(&mut one, &mut two).await, "firing web/critical");
    kept.set([silenced("web", "critical")]).await;
    for peer in [&one, &two] {
        let client = peer.client();
        eventually("both silences at both", async || {
            (client.silences(&ours()).await.ok()?.len() == 2).then_some(())
        })
        .await;
    }
    kept.set([]).await;
    let mut heard = either(&mut one, &mut two).await;
    while heard.starts_with("firing") {
        heard = either(&mut one, &mut two).await;
    }
    assert_eq!(heard, "resolved web/critical");
}

async fn either(one: &mut Alertmanager, two: &mut Alertmanager) -> String {
    tokio::select! {
        (name, _) = one.delivery() => name,
        (name, _) = two.delivery() => name,
    }
}
