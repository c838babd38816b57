//! An alarm that XenServer raises, on its way to page and phone, and faults of simulators by name.

use crate::feed::{Event, Feed};
use crate::suite::Suite;

const VM: &str = "lab-pool-2-vm-0001";

#[tokio::test]
async fn an_alarm_of_xenserver_reaches_page_and_phone_and_so_does_its_end() {
    let mut suite = Suite::start().await;
    // What a VM does now is known: an alarm that is older than that may be over already.
    let twice = "count(count_over_time(xen_host_sample_age_seconds[1m]) >= 2)";
    suite.until("measurements", async || suite.query(twice).await == Some(6.0)).await;
    let mut feed = Feed::connect(&suite, None).await.expect("the feed answers");
    let fault = ["lab-xapi/busy-vm", "pool=lab-pool-2", &format!("vm={VM}")];
    suite.command("break", &fault).await;
    let firing = next(&mut feed).await;
    assert_eq!(firing.data["transition"], "firing", "{firing:?}");
    suite.until("a message", async || suite.messages_about(VM).await.len() == 1).await;
    let text = suite.messages_about(VM).await.concat();
    assert!(text.contains("is 97 %, alarm above 90 %"), "{text}");

    suite.command("mend", &fault[..1]).await;
    assert!(next(&mut feed).await.is_resolved());
    let both = async || suite.messages_about(VM).await.len() == 2;
    suite.until("a message of the end", both).await;
    assert!(suite.messages_about(VM).await[1].contains("[RESOLVED]"));
    suite.stop().await;
}

#[tokio::test]
async fn faults_of_simulators_are_listed_begun_and_ended_by_name() {
    let mut suite = Suite::start().await;
    let list = suite.command("break", &["--list"]).await;
    for name in ["web ", "lab-xapi/master-dead ", "lab-cloudstack/host-down "] {
        assert!(list.lines().any(|line| line.starts_with(name)), "{name}: {list}");
    }
    let is_down = async || {
        let pools = suite.json(10282, "/pools").await.unwrap();
        let pools = pools.as_array().unwrap().iter();
        pools.map(|pool| pool["hosts"][1]["up"] == false).collect::<Vec<_>>()
    };
    let host = "host=lab-pool-1-host-2";
    suite.command("break", &["lab-xapi/down", host]).await;
    assert_eq!(is_down().await, [true, false]);
    suite.command("mend", &["lab-xapi/down"]).await;
    assert_eq!(is_down().await, [false, false]);

    for (arguments, expected) in [
        (&["lab-xapi/dwon"][..], "lab-xapi: there is no fault `dwon`, expected one of hang, slow"),
        (&["lab-xapi/slow", "pool=lab-pool-3"], "lab-xapi: fault `slow`: "),
        (&["web/hang"], "`web` has no faults, expected one of lab-cloudstack, lab-xapi"),
        (&["web", "seconds=3"], "web is a part, which is stopped"),
        (&["lab-xapi/slow", "seconds"], "`seconds`: expected KEY=VALUE"),
    ] {
        let refused = suite.try_command("break", arguments).await;
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && error.contains(expected), "{arguments:?}: {error}");
    }
    suite.stop().await;
}

/// The next event about an alarm of XenServer.
async fn next(feed: &mut Feed) -> Event {
    loop {
        let event = feed.next().await.expect("the feed goes on");
        if event.data.to_string().contains("XenServerAlarm") {
            return event;
        }
    }
}
