//! Notifications against a real store: what is queued, once, for whom, and for how long it is kept.

use std::time::Duration;

use jiff::ToSpan as _;

use super::*;
use crate::alert::{Content, Pairs, Severity};
use crate::store::messages::{Settled, State, Work};
use crate::store::{Store, deliveries, history, messages, retention};
use crate::view::MessageView;

pub(crate) const CONFIG: &str = "
tokens: [{name: am, token: secret}]
time_zone: UTC
resolve_hold: 0s
transports: [{name: modem, max_segments: 1, gammu: {}}]
contacts:
  - {name: duty, phone: '+123', transport: modem}
  - {name: dba, phone: '+456', transport: modem}
routes:
  - {match: {host: ^db}, contacts: [dba], continue: true}
  - {match: {output: full}, contacts: [duty]}
";

/// A store with a configuration.
pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) config: Arc<Config>,
    pub(crate) folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.yml");
        std::fs::write(&path, config).unwrap();
        let config = exporter_kit::config::load(Some(&path)).unwrap();
        Desk {
            store: Store::open(&folder.path().join("data")).unwrap(),
            config: Arc::new(config),
            folder,
        }
    }

    pub(crate) async fn notify(
        &self,
        now: Timestamp,
        receiver: &str,
        alerts: Vec<Alert>,
    ) -> Effect {
        let config = Arc::clone(&self.config);
        let notification =
            Notification { cluster: "default".into(), receiver: receiver.into(), alerts };
        self.store.write(move |writing| take(writing, &config, notification, now)).await.unwrap()
    }

    pub(crate) async fn messages(&self) -> Vec<MessageView> {
        let filter = deliveries::Filter { limit: 100, ..Default::default() };
        let found = self.store.read(move |connection| deliveries::find(connection, &filter));
        found.await.unwrap().into_iter().rev().collect()
    }

    /// The messages as `contact transition`.
    pub(crate) async fn told(&self) -> Vec<String> {
        let messages = self.messages().await;
        messages
            .iter()
            .map(|message| format!("{} {}", message.contact, message.transition))
            .collect()
    }

    pub(crate) async fn count(&self, table: &'static str) -> i64 {
        let query = format!("SELECT count(*) FROM {table}");
        self.store
            .read(move |connection| Ok(connection.query_row(&query, [], |row| row.get(0))?))
            .await
            .unwrap()
    }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(crate) fn alert(
    host: &str,
    severity: Severity,
    output: &str,
    starts: i64,
    ends: Option<i64>,
) -> Alert {
    let content = Content {
        labels: Pairs::from([
            ("host".into(), host.into()),
            ("severity".into(), severity.name().into()),
        ]),
        annotations: Pairs::from([("output".into(), output.into())]),
        link: String::new(),
    };
    Alert { content, severity, starts_at: at(starts), ends_at: ends.map(at) }
}

use Severity::{Critical, Warning};

#[tokio::test]
async fn what_is_told_twice_is_queued_once() {
    let desk = Desk::new(CONFIG);
    for _ in 0..3 {
        desk.notify(at(1), "people", vec![alert("db-1", Critical, "full", 0, None)]).await;
    }
    assert_eq!(desk.told().await, ["dba firing", "duty firing"]);
    assert_eq!(desk.count("event").await, 1);
    for _ in 0..3 {
        desk.notify(at(9), "people", vec![alert("db-1", Critical, "full", 0, Some(8))]).await;
    }
    assert_eq!(desk.told().await, ["dba firing", "duty firing", "dba resolved", "duty resolved"]);
    let late = desk.notify(at(10), "people", vec![alert("db-1", Critical, "full", 0, None)]).await;
    assert_eq!((late.late, desk.count("event").await), (1, 2));
}

#[tokio::test]
async fn receivers_and_problems_are_apart() {
    let desk = Desk::new(CONFIG);
    desk.notify(
        at(1),
        "people",
        vec![alert("db-1", Critical, "", 0, None), alert("db-2", Critical, "", 0, None)],
    )
    .await;
    desk.notify(at(1), "others", vec![alert("db-1", Critical, "", 0, None)]).await;
    assert_eq!(desk.told().await, ["dba firing"; 3]);
    assert_eq!(desk.count("episode").await, 3);
}

#[tokio::test]
async fn a_change_is_told_to_whom_it_concerns_now_and_the_end_to_all_who_were_told() {
    let desk = Desk::new(CONFIG);
    desk.notify(at(1), "people", vec![alert("db-1", Warning, "90 %", 0, None)]).await;
    desk.notify(
        at(5),
        "people",
        vec![alert("db-1", Warning, "90 %", 0, Some(4)), alert("db-1", Critical, "full", 4, None)],
    )
    .await;
    desk.notify(at(9), "people", vec![alert("db-1", Critical, "full", 4, Some(8))]).await;
    let expected =
        ["dba firing", "dba severity 1", "duty severity 1", "dba resolved", "duty resolved"];
    assert_eq!(desk.told().await, expected);
}

#[tokio::test]
async fn a_problem_without_a_rule_is_counted_and_kept() {
    let desk = Desk::new(CONFIG);
    let effect =
        desk.notify(at(1), "people", vec![alert("web-1", Critical, "slow", 0, None)]).await;
    assert_eq!(effect, Effect { late: 0, unrouted: 1 });
    assert_eq!((desk.count("message").await, desk.count("event").await), (0, 1));
}

#[tokio::test]
async fn ends_are_not_told_where_nobody_wants_them() {
    let desk = Desk::new(&format!("{CONFIG}\nnotify_resolved: false\n"));
    desk.notify(at(1), "people", vec![alert("db-1", Critical, "", 0, None)]).await;
    desk.notify(at(9), "people", vec![alert("db-1", Critical, "", 0, Some(8))]).await;
    assert_eq!(desk.told().await, ["dba firing"]);
    assert_eq!(desk.count("event").await, 2);
}

#[tokio::test]
async fn a_text_is_cut_to_the_parts_of_its_transport() {
    let desk = Desk::new(CONFIG);
    desk.notify(at(1), "people", vec![alert("db-1", Critical, &"磁盘".repeat(100), 0, None)]).await;
    let message = desk.messages().await.remove(0);
    assert_eq!((message.segments, message.text.encode_utf16().count()), (1, 70));
    assert!(message.text.ends_with('…'));
}

#[tokio::test]
async fn retention_keeps_what_is_open_or_not_yet_sent() {
    let desk = Desk::new(CONFIG);
    for host in ["db-sent", "db-unsent", "db-open", "web-nobody"] {
        desk.notify(at(1), "people", vec![alert(host, Critical, "", 0, None)]).await;
    }
    for host in ["db-sent", "db-unsent", "web-nobody"] {
        desk.notify(at(9), "people", vec![alert(host, Critical, "", 0, Some(8))]).await;
    }
    let sent: Vec<_> = desk
        .messages()
        .await
        .iter()
        .filter(|message| message.text.contains("db-sent"))
        .map(|message| message.id)
        .collect();
    assert_eq!(sent.len(), 2);
    for row in sent {
        let settled = Settled {
            row,
            attempt: 1,
            state: State::Accepted,
            now: at(10),
            transport: "modem".into(),
            outcome: "accepted",
            next: None,
            bound: false,
            references: Vec::new(),
            error: None,
        };
        desk.store
            .write(move |writing| messages::settle(writing.connection(), &settled))
            .await
            .unwrap();
    }
    let delete = || desk.store.write(|writing| retention::delete(writing.connection(), at(100)));
    while delete().await.unwrap() > 0 {}
    let left = desk.store.read(|connection| {
        history::episodes(connection, &history::Filter { limit: 10, ..Default::default() })
    });
    let left: Vec<_> = left.await.unwrap().iter().map(|found| found.episode.host.clone()).collect();
    assert_eq!(left, ["db-unsent", "db-open"]);
    assert_eq!((desk.count("event").await, desk.count("attempt").await), (0, 0));
    // The open problem still knows its alert.
    assert_eq!(desk.count("label_set").await, 1);
}

#[tokio::test]
async fn a_message_whose_transport_is_gone_is_given_up_in_time() {
    let desk = Desk::new(CONFIG);
    desk.notify(at(1), "people", vec![alert("db-1", Critical, "", 0, None)]).await;
    let abandon = |configured: Vec<String>, oldest| {
        desk.store.write(move |writing| {
            messages::abandon(writing.connection(), &configured, oldest, at(500))
        })
    };
    assert_eq!(abandon(vec!["modem".into()], at(400)).await.unwrap(), 0);
    assert_eq!(abandon(vec!["other".into()], at(1)).await.unwrap(), 0);
    assert_eq!(abandon(vec!["other".into()], at(2)).await.unwrap(), 1);
    assert_eq!(desk.messages().await[0].state, "failed");
}

#[tokio::test]
async fn what_was_being_sent_at_a_crash_is_found() {
    for (safe, state) in [(true, "queued"), (false, "in_doubt")] {
        let desk = Desk::new(CONFIG);
        desk.notify(at(1), "people", vec![alert("db-1", Critical, "", 0, None)]).await;
        let claim = || {
            desk.store
                .write(|writing| messages::claim(writing.connection(), "modem", "store", at(2)))
        };
        let Work::Message(claimed) = claim().await.unwrap() else { panic!("nothing to send") };
        assert_eq!((claimed.attempt, claimed.message.id.as_str()), (1, "store-0000000001"));
        let Work::Wait(None) = claim().await.unwrap() else { panic!("claimed twice") };
        let recover = desk
            .store
            .write(move |writing| messages::recover(writing.connection(), "modem", safe, at(3)));
        assert_eq!(recover.await.unwrap(), 1);
        assert_eq!(desk.messages().await[0].state, state);
    }
}

#[tokio::test]
async fn a_held_end_is_told_when_it_is_due_also_after_a_restart() {
    let desk = Desk::new(&CONFIG.replace("resolve_hold: 0s", "resolve_hold: 5s"));
    desk.notify(at(1), "people", vec![alert("db-1", Critical, "", 0, None)]).await;
    desk.notify(at(9), "people", vec![alert("db-1", Critical, "", 0, Some(8))]).await;
    assert_eq!(desk.told().await, ["dba firing"]);
    let Desk { store, config, folder } = desk;
    drop(store);
    let desk = Desk { store: Store::open(&folder.path().join("data")).unwrap(), config, folder };
    let end = |now: Timestamp| {
        let config = Arc::clone(&desk.config);
        desk.store.write(move |writing| end_held(writing, &config, now))
    };
    end(at(13)).await.unwrap();
    assert_eq!(desk.told().await, ["dba firing"]);
    end(at(9) + 5.seconds() + Duration::from_millis(1)).await.unwrap();
    assert_eq!(desk.told().await, ["dba firing", "dba resolved"]);
}
