//! What replies say, and what they bring about in a real store.

use std::time::Duration;

use access::audit::Log;
use jiff::Timestamp;

use super::*;
use crate::alert::Severity::{Critical, Warning};
use crate::intake::tests::{CONFIG, Desk as Stage, alert, at};
use crate::repeat::remind;
use crate::store::{history, reminders};

/// A store whose messages carry codes, and the inbox of its phones.
fn stage() -> (Stage, Inbox) {
    let stage = Stage::new(&format!("{CONFIG}\nacknowledge_by_reply: true\n"));
    let log = Log::open(&stage.folder.path().join("audit.log")).unwrap();
    let desk = Desk { store: stage.store.clone(), log };
    let (_, config) = watch::channel(Arc::clone(&stage.config));
    (stage, Inbox { config, desk })
}

async fn reply(inbox: &Inbox, from: &str, text: &str) {
    let incoming = Incoming { from: from.into(), text: text.into(), at: Timestamp::now() };
    inbox.take(incoming).await.unwrap();
}

/// Who has taken on an episode.
async fn owner(stage: &Stage, id: i64) -> Option<String> {
    let found = stage.store.read(move |connection| history::episode(connection, id)).await.unwrap();
    found.unwrap().episode.acknowledged.map(|acknowledgement| acknowledgement.who)
}

/// Tells again what is due; answers how many messages there are then.
async fn remind_at(stage: &Stage, now: Timestamp) -> usize {
    let config = Arc::clone(&stage.config);
    stage.store.write(move |writing| remind(writing, &config, now)).await.unwrap();
    stage.messages().await.len()
}

#[tokio::test]
async fn a_code_takes_on_what_this_phone_was_told_and_nothing_else() {
    let (stage, inbox) = stage();
    // Each phone counts for itself: dba's first code is the second problem, duty's the first.
    stage.notify(at(1), "people", vec![alert("web-1", Critical, "full", 0, None)]).await;
    stage.notify(at(2), "people", vec![alert("db-1", Critical, "slow", 0, None)]).await;
    let texts: Vec<_> = stage.messages().await.into_iter().map(|message| message.text).collect();
    assert!(texts.iter().all(|text| text.starts_with("[CRITICAL #1] ")), "{texts:?}");
    reply(&inbox, "+999999999", "1").await;
    reply(&inbox, "+456", "2").await;
    reply(&inbox, "+456", "thank you").await;
    assert_eq!((owner(&stage, 1).await, owner(&stage, 2).await), (None, None));
    for _ in 0..2 {
        reply(&inbox, "456", "ok 1").await;
    }
    assert_eq!(owner(&stage, 1).await, None);
    assert_eq!(owner(&stage, 2).await.as_deref(), Some("dba (SMS)"));
    let audit = std::fs::read_to_string(stage.folder.path().join("audit.log")).unwrap();
    assert_eq!(audit.lines().count(), 1, "{audit}");
}

#[tokio::test]
async fn a_critical_problem_is_told_again_until_it_is_taken_on() {
    let (stage, inbox) = stage();
    stage.notify(at(0), "people", vec![alert("web-1", Critical, "full", 0, None)]).await;
    stage.notify(at(0), "people", vec![alert("web-2", Warning, "full", 0, None)]).await;
    assert_eq!(remind_at(&stage, at(1799)).await, 2);
    assert_eq!(remind_at(&stage, at(1800)).await, 3);
    assert_eq!(remind_at(&stage, at(1801)).await, 3);
    assert_eq!(stage.told().await[2], "duty repeat 1");
    assert!(stage.messages().await[2].text.starts_with("[STILL CRITICAL #1] web-1"));
    reply(&inbox, "+123", "1").await;
    assert_eq!(remind_at(&stage, at(100_000)).await, 3);
    // Neither does a change bring it back: somebody is at it.
    stage.notify(at(100_001), "people", vec![alert("web-1", Critical, "fuller", 0, None)]).await;
    assert_eq!(remind_at(&stage, at(200_000)).await, 3);
}

#[tokio::test]
async fn repetitions_have_an_end() {
    let (stage, _) = stage();
    stage.notify(at(0), "people", vec![alert("web-1", Critical, "full", 0, None)]).await;
    for round in 1..6 {
        let told = remind_at(&stage, at(round * 1800)).await;
        assert_eq!(told, 1 + round.min(3) as usize);
    }
    let next = stage.store.read(reminders::next).await.unwrap();
    assert_eq!(next, None);
    stage.notify(at(9000), "people", vec![alert("web-2", Critical, "full", 0, None)]).await;
    stage.notify(at(9001), "people", vec![alert("web-2", Critical, "full", 0, Some(9001))]).await;
    assert_eq!(remind_at(&stage, at(9000) + Duration::from_secs(1800)).await, 6, "it is over");
}

#[tokio::test]
async fn what_ends_while_it_is_taken_on_stays_ended() {
    let (stage, inbox) = stage();
    stage.notify(at(0), "people", vec![alert("web-1", Critical, "full", 0, None)]).await;
    // Both are under way at once: whichever comes first, nothing is taken on that is over.
    let ended = vec![alert("web-1", Critical, "full", 0, Some(1))];
    let (refusal, _) = tokio::join!(
        inbox.desk.record(1, "duty", String::new()),
        stage.notify(at(2), "people", ended),
    );
    match refusal {
        Ok(_) => assert!(owner(&stage, 1).await.is_some()),
        Err(refusal) => {
            assert!(matches!(refusal, Refusal::Ended(1)), "{refusal}");
            assert_eq!(owner(&stage, 1).await, None);
        }
    }
    let refusal = inbox.desk.record(1, "chief", String::new()).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Ended(1)), "{refusal}");
}

#[test]
fn replies_as_people_write_them() {
    let read = |text| {
        let Reply { codes, comment } = Reply::read(text);
        (codes, comment)
    };
    let is = |codes: &[u16], comment: &str| (codes.to_vec(), comment.to_owned());
    assert_eq!(read("7"), is(&[7], ""));
    assert_eq!(read(" OK #7, 8 on my way at 10:45"), is(&[7, 8], "on my way at 10:45"));
    assert_eq!(read("确认7"), is(&[7], ""));
    assert_eq!(read("收到 ＃12，13 马上处理"), is(&[12, 13], "马上处理"));
    assert_eq!(read("7 10:45"), is(&[7], "10:45"));
    for none in ["", "ok", "1000", "0", "call me 7", "7th", "99999999999999999999"] {
        assert!(read(none).0.is_empty(), "{none}");
    }
}

#[test]
fn a_number_is_the_same_with_and_without_its_country() {
    assert!(same_number("+8613800000000", "13800000000"));
    assert!(same_number("13800000000", "+8613800000000"));
    assert!(same_number("123", "+123"));
    assert!(!same_number("+8613800000000", "0000000001"));
    assert!(!same_number("+123", "23"), "too short to tell");
}
