//! Raising, changing and ending.

use std::time::Duration;

use alertmanager::{Alert, Generation, LabelSet, Url, Wanted};
use jiff::Timestamp;

use crate::harness::{Alertmanager, Tap, active, ago, alert, eventually, keep, settings, wanted};

#[tokio::test]
async fn an_alert_is_raised_delivered_and_ended() {
    let mut alertmanager = Alertmanager::start().await;
    let kept = keep(&[&alertmanager.url], settings());
    let url = Url::parse("https://nagios.example.org/services?host=web").unwrap();
    let web = Alert { generator_url: Some(url.clone()), ..alert("web", "critical") };
    kept.set([Wanted { alert: web.clone(), silenced: None }]).await;

    let (name, delivered) = alertmanager.delivery().await;
    assert_eq!(name, "firing web/critical");
    assert_eq!(delivered["annotations"]["output"], "it is broken");
    assert_eq!(delivered["generatorURL"], url.as_str());
    let starts_at: Timestamp = delivered["startsAt"].as_str().unwrap().parse().unwrap();
    assert_eq!(starts_at, web.starts_at);

    kept.set([]).await;
    let (name, delivered) = alertmanager.delivery().await;
    assert_eq!(name, "resolved web/critical");
    let ends_at: Timestamp = delivered["endsAt"].as_str().unwrap().parse().unwrap();
    assert!(ends_at > ago(10) && ends_at <= Timestamp::now(), "{ends_at}");
    alertmanager.holds([]).await;

    let stats = &kept.keeper.stats()[0];
    assert_eq!((stats.up, stats.sent, stats.failures), (true, 2, 0));
    assert_eq!((stats.active, stats.pending, stats.silences), (0, 0, 0));
    assert!(stats.last_success.is_some());
}

#[tokio::test]
async fn a_change_of_severity_is_one_post() {
    let mut alertmanager = Alertmanager::start().await;
    let tap = Tap::before(&alertmanager).await;
    let kept = keep(&[&tap.url], settings());
    kept.set([wanted("web", "warning")]).await;
    alertmanager.delivers(["firing web/warning"]).await;
    tap.forget();
    kept.set([wanted("web", "critical")]).await;
    alertmanager.delivers(["firing web/critical", "resolved web/warning"]).await;

    let posts = tap.posts();
    assert_eq!(posts.len(), 1, "{posts:?}");
    assert_eq!(posts[0][0]["labels"]["severity"], "warning");
    assert_eq!(posts[0][1]["labels"]["severity"], "critical");
}

#[tokio::test]
async fn active_alerts_are_sent_again_and_live_on() {
    let alertmanager = Alertmanager::start().await;
    let tap = Tap::before(&alertmanager).await;
    let mut settings = settings();
    settings.resend = Duration::from_millis(100);
    let kept = keep(&[&tap.url], settings);
    let web = wanted("web", "critical");
    kept.set([web.clone()]).await;
    eventually("four posts", async || (tap.posts().len() >= 4).then_some(())).await;
    let ends: Vec<Timestamp> = tap
        .posts()
        .iter()
        .map(|post| post[0]["endsAt"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(ends.is_sorted() && ends[3] > ends[0], "{ends:?}");
    assert!(ends[0] > ago(-14 * 60), "{ends:?}");
    alertmanager.holds(["web/critical"]).await;
}

#[tokio::test]
async fn an_equal_set_posts_nothing_and_is_accepted() {
    let alertmanager = Alertmanager::start().await;
    let tap = Tap::before(&alertmanager).await;
    let kept = keep(&[&tap.url], settings());
    let web = wanted("web", "critical");
    kept.set([web.clone()]).await;
    for _ in 0..5 {
        kept.set([web.clone()]).await;
    }
    assert_eq!(*kept.keeper.accepted().borrow(), Generation(6));
    assert_eq!(tap.posts().len(), 1);
}

#[tokio::test]
async fn without_addresses_everything_is_accepted() {
    let kept = keep(&[], settings());
    kept.set([wanted("web", "critical")]).await;
    assert!(kept.keeper.stats().is_empty());
}

#[tokio::test]
async fn one_invalid_alert_does_not_hold_up_the_others() {
    let mut alertmanager = Alertmanager::start().await;
    let kept = keep(&[&alertmanager.url], settings());
    let nameless = Alert { labels: LabelSet::default(), ..alert("any", "critical") };
    let nameless = Wanted { alert: nameless, silenced: None };
    kept.set([wanted("a", "critical"), nameless, wanted("b", "critical")]).await;
    alertmanager.delivers(["firing a/critical", "firing b/critical"]).await;
    assert_eq!(kept.keeper.stats()[0].refused, 1);
}

#[tokio::test]
async fn after_a_restart_of_the_owner_alerts_continue_or_end() {
    let mut alertmanager = Alertmanager::start().await;
    let client = alertmanager.client();
    let first = keep(&[&alertmanager.url], settings());
    let (web, db) = (wanted("web", "critical"), wanted("db", "critical"));
    first.set([web.clone(), db]).await;
    alertmanager.delivers(["firing db/critical", "firing web/critical"]).await;
    first.shutdown.cancel();
    first.keeper.stopped().await;

    let tap = Tap::before(&alertmanager).await;
    let second = keep(&[&tap.url], settings());
    eventually("both kept alive", async || {
        (tap.posts().first()?.as_array()?.len() == 2).then_some(())
    })
    .await;
    assert_eq!(active(&client).await.unwrap(), ["db/critical", "web/critical"]);

    let later = Alert { starts_at: ago(0), ..web.alert.clone() };
    second.set([Wanted { alert: later, silenced: None }]).await;
    alertmanager.delivers(["resolved db/critical"]).await;
    let held = client.alerts(&web.alert.labels).await.unwrap();
    assert_eq!(held, [web.alert]);
    let posts = tap.posts();
    let posted = posts.iter().flat_map(|post| post.as_array().unwrap());
    for start in posted.map(|alert| alert["startsAt"].as_str().unwrap()) {
        assert_eq!(start.parse::<Timestamp>().unwrap(), held[0].starts_at);
    }
}
