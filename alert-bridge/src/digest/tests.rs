//! Storms and quiet nights against a real store.

use super::*;
use crate::alert::Severity::{Critical, Info, Warning};
use crate::intake::tests::{CONFIG, Desk, alert, at};
use crate::view::MessageView;

/// Queues what is due by now; answers all messages.
async fn fold_at(desk: &Desk, seconds: i64) -> Vec<MessageView> {
    let config = std::sync::Arc::clone(&desk.config);
    desk.store.write(move |writing| fold(writing, &config, at(seconds))).await.unwrap();
    desk.messages().await
}

#[tokio::test]
async fn a_storm_is_some_messages_and_then_one_digest_a_minute() {
    let desk = Desk::new(&format!("{CONFIG}\ndigest_after: 3\nacknowledge_by_reply: true\n"));
    let storm = |first: i64, count: i64, severity| {
        let host = move |number| format!("web-{number:05}");
        (first..first + count).map(move |number| alert(&host(number), severity, "full", 0, None))
    };
    let worst = alert("core", Critical, "full", 0, None);
    desk.notify(at(0), "people", storm(0, 500, Warning).chain([worst]).collect()).await;
    assert_eq!(fold_at(&desk, 9).await.len(), 3);
    let messages = fold_at(&desk, 10).await;
    assert_eq!(messages.len(), 4);
    let digest = &messages[3];
    assert!(
        digest.text.starts_with(
            "[DIGEST #4] 498 problems: 1 CRITICAL, 497 WARNING. CRITICAL core: full; "
        ),
        "{}",
        digest.text
    );
    assert_eq!(digest.segments, 1, "the cap of its transport");

    // It goes on: nothing until a minute has passed. What ended meanwhile is told as such.
    desk.notify(at(20), "people", storm(500, 100, Info).collect()).await;
    desk.notify(at(21), "people", vec![alert("core", Critical, "full", 0, Some(21))]).await;
    assert_eq!(fold_at(&desk, 69).await.len(), 4);
    let messages = fold_at(&desk, 70).await;
    assert_eq!(messages.len(), 5);
    assert!(messages[4].text.starts_with("[DIGEST #5] 100 problems: 100 INFO; 1 over. "));

    // It is over: after a quiet minute a single problem is a single message.
    desk.notify(at(131), "people", vec![alert("last", Warning, "full", 131, None)]).await;
    let messages = fold_at(&desk, 1000).await;
    assert!(messages[5].text.starts_with("[WARNING #6] last: full"), "{}", messages[5].text);
    assert_eq!(messages.len(), 6);
}

#[tokio::test]
async fn a_quiet_night_is_one_message_in_the_morning_and_critical_passes() {
    // The tests' time begins at 08:00 UTC.
    let quiet = "duty, phone: '+123', quiet: {from: '07:00', to: '09:00'}";
    let desk = Desk::new(&CONFIG.replace("duty, phone: '+123'", quiet));
    let notify = |now, alerts| desk.notify(at(now), "people", alerts);
    notify(0, vec![alert("a", Warning, "full", 0, None)]).await;
    notify(1, vec![alert("b", Warning, "full", 1, None)]).await;
    notify(2, vec![alert("a", Warning, "full", 0, Some(2))]).await;
    notify(3, vec![alert("c", Critical, "full", 3, None)]).await;
    let texts = |messages: Vec<MessageView>| -> Vec<_> {
        messages.into_iter().map(|message| message.text).collect()
    };
    assert_eq!(texts(fold_at(&desk, 3599).await), ["[CRITICAL] c: full (08:00:03)"]);
    let morning = texts(fold_at(&desk, 3600).await);
    assert_eq!(morning[1..], ["[DIGEST] 1 problem: 1 WARNING; 1 over. WARNING b: full; over: a"]);
    assert_eq!(fold_at(&desk, 100_000).await.len(), 2);
}

#[tokio::test]
async fn what_is_held_for_who_has_gone_is_told_to_nobody() {
    let mut desk = Desk::new(&format!("{CONFIG}\ndigest_after: 0\n"));
    desk.notify(at(0), "people", vec![alert("web", Warning, "full", 0, None)]).await;
    let path = desk.folder.path().join("bridge.yml");
    std::fs::write(&path, "tokens: [{name: am, token: secret}]\n").unwrap();
    desk.config = std::sync::Arc::new(exporter_kit::config::load(Some(&path)).unwrap());
    assert!(fold_at(&desk, 100).await.is_empty());
}
