//! Agents and ways that misbehave: each fault that the laboratory knows.

use std::time::Duration;

use snmp_exporter::client::{Error, Status};
use snmp_exporter::varbind::Oid;
use snmp_exporter::walk::{Request, Walker};
use tokio::time::Instant;

use crate::lab::{Lab, oids, request, v2c, varbinds, walker};

fn interfaces() -> Vec<Oid> {
    oids(&["1.3.6.1.2.1.2.2", "1.3.6.1.2.1.31.1.1"])
}

/// A walker that knows the agent's walk.
async fn acquainted(lab: &Lab) -> Walker {
    let walker = walker(16);
    varbinds(walker.fetch(&request(&lab.target(), &v2c(), &interfaces()), None).await);
    walker
}

#[tokio::test]
async fn lost_packets_are_sent_again_until_the_page_is_complete() {
    let lab = Lab::start(&["--snmp.interfaces", "50"]);
    let (target, auth, walk) = (lab.target(), v2c(), interfaces());
    let hasty = Request { timeout: Duration::from_millis(100), ..request(&target, &auth, &walk) };
    for walker in [walker(1), acquainted(&lab).await] {
        lab.set("loss=5&loss_every=17&seed=3").await;
        let fetched = walker.fetch(&hasty, None).await;
        assert!(fetched.retries > 0);
        assert_eq!(varbinds(fetched).len(), 50 * 41);
        lab.set("").await;
    }
}

#[tokio::test]
async fn answers_that_come_twice_count_once() {
    let lab = Lab::start(&["--snmp.interfaces", "50"]);
    for walker in [walker(1), acquainted(&lab).await] {
        lab.set("duplicate=true").await;
        let fetched = walker.fetch(&request(&lab.target(), &v2c(), &interfaces()), None).await;
        assert_eq!(fetched.retries, 0);
        assert_eq!(varbinds(fetched).len(), 50 * 41);
        lab.set("").await;
    }
}

#[tokio::test]
async fn short_messages_take_more_packets_but_no_more_than_the_peer() {
    let lab = Lab::start(&["--snmp.interfaces", "100"]);
    let (target, auth, walk) = (lab.target(), v2c(), interfaces());
    for size in [300, 484, 900] {
        let swift = acquainted(&lab).await;
        lab.set(&format!("max_message_size={size}")).await;
        let plain = walker(1).fetch(&request(&target, &auth, &walk), None).await;
        // The first walk meets what is new; what was under way then is lost.
        for more in [16, 0, 0] {
            let fetched = swift.fetch(&request(&target, &auth, &walk), None).await;
            assert!(
                fetched.packets <= plain.packets + more,
                "{size}: {} > {}",
                fetched.packets,
                plain.packets
            );
            assert_eq!(varbinds(fetched).len(), 100 * 41);
        }
        assert_eq!(varbinds(plain).len(), 100 * 41);
        lab.set("").await;
    }
}

#[tokio::test]
async fn an_error_ends_a_walk_with_what_there_is() {
    let lab = Lab::start(&["--snmp.interfaces", "100"]);
    let (target, auth, walk) = (lab.target(), v2c(), interfaces());
    let whole = varbinds(walker(1).fetch(&request(&target, &auth, &walk), None).await);
    for error in ["gen-err", "too-big"] {
        for walker in [walker(1), acquainted(&lab).await] {
            let after = lab.counts().await.0 + 4;
            lab.set(&format!("instead={error}&after={after}")).await;
            let found = varbinds(walker.fetch(&request(&target, &auth, &walk), None).await);
            assert!(!found.is_empty() && found.len() < whole.len(), "{}", found.len());
            assert!(whole.starts_with(&found), "{error}: a gap");
            lab.set("").await;
            assert_eq!(
                varbinds(walker.fetch(&request(&target, &auth, &walk), None).await).len(),
                whole.len()
            );
        }
    }
}

#[tokio::test]
async fn an_error_to_a_get_fails() {
    let lab = Lab::start(&["--fault.instead", "gen-err"]);
    let (target, auth, get) = (lab.target(), v2c(), oids(&["1.3.6.1.2.1.1.3.0"]));
    let asked = Request { get: &get, ..request(&target, &auth, &[]) };
    let error = walker(16).fetch(&asked, None).await.outcome.unwrap_err();
    assert!(matches!(error, Error::Refused { status: Status::GenErr, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        format!("target {target}: answered the GET with genErr (error status 5)")
    );
}

#[tokio::test]
async fn names_that_do_not_increase_fail_unless_that_is_allowed() {
    let lab = Lab::start(&["--snmp.interfaces", "100"]);
    let (target, auth, walk) = (lab.target(), v2c(), interfaces());
    for walker in [walker(1), acquainted(&lab).await] {
        let after = lab.counts().await.0 + 4;
        lab.set(&format!("non_increasing=true&after={after}")).await;
        let error = walker.fetch(&request(&target, &auth, &walk), None).await.outcome.unwrap_err();
        assert!(matches!(error, Error::NotIncreasing { .. }), "{error}");
        let after = lab.counts().await.0 + 4;
        lab.set(&format!("non_increasing=true&after={after}")).await;
        let patient = Request {
            allow_nonincreasing_oids: true,
            deadline: Instant::now() + Duration::from_millis(300),
            ..request(&target, &auth, &walk)
        };
        let error = walker.fetch(&patient, None).await.outcome.unwrap_err();
        assert!(
            matches!(error, Error::Deadline { .. }),
            "it goes round until its time is over: {error}"
        );
        lab.set("").await;
    }
}

#[tokio::test]
async fn who_says_nothing_or_nonsense_costs_its_retries_and_no_more() {
    let lab = Lab::start(&["--snmp.interfaces", "100"]);
    let (target, auth, walk) = (lab.target(), v2c(), interfaces());
    let hasty = Request {
        timeout: Duration::from_millis(50),
        retries: 2,
        ..request(&target, &auth, &walk)
    };
    for instead in ["silence", "garbage", "half"] {
        for walker in [walker(1), acquainted(&lab).await] {
            lab.set(&format!("instead={instead}")).await;
            let begun = Instant::now();
            let fetched = walker.fetch(&hasty, None).await;
            assert!(begun.elapsed() < Duration::from_secs(10), "{instead}: {:?}", begun.elapsed());
            assert_eq!((fetched.packets, fetched.retries), (3, 2), "{instead}");
            let error = fetched.outcome.unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("target {target}: no answer within 50ms, asked 3 times")
            );
            lab.set("").await;
        }
    }
}

#[tokio::test]
async fn a_deadline_ends_everything() {
    let lab = Lab::start(&["--fault.instead", "silence"]);
    let (target, auth, walk) = (lab.target(), v2c(), interfaces());
    let begun = Instant::now();
    let asked =
        Request { deadline: begun + Duration::from_millis(100), ..request(&target, &auth, &walk) };
    let fetched = walker(16).fetch(&asked, None).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(fetched.packets, 1);
    assert!(matches!(fetched.outcome.unwrap_err(), Error::Deadline { .. }));
}

#[tokio::test]
async fn several_requests_are_on_the_way_where_it_is_long() {
    let lab = Lab::start(&[]);
    let (target, auth, walk) = (lab.target(), v2c(), interfaces());
    let swift = acquainted(&lab).await;
    assert_eq!(lab.waiting().await, 1, "the agent answers at once");
    lab.set("delay=10").await;
    let fetched = swift.fetch(&request(&target, &auth, &walk), None).await;
    assert!(lab.waiting().await > 2, "at most {} at once", lab.waiting().await);
    assert_eq!(varbinds(fetched).len(), 358 * 41);
}
