//! Ten thousand alerts at once: the phone rings a few times, the feed tells all.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::bridge::{Bridge, ONE_PHONE, firing};
use crate::gammu;
use crate::wait::until;

const ALERTS: usize = 10_000;

/// More memory than this would not be bounded. Debug builds and SQLite's caches are in it.
const MOST_MEGABYTES: u64 = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_is_a_few_messages_and_one_digest_while_the_feed_tells_all() {
    let config = ONE_PHONE.replace("digest_after: 1000000", "digest_after: 5");
    let bridge = Bridge::start(&config).await;
    let begun = Timestamp::now();
    let posting = async {
        // As Alertmanager groups them.
        for group in 0..ALERTS / 500 {
            let alerts: Vec<_> = (group * 500..(group + 1) * 500)
                .map(|number| firing(&format!("web-{number}"), "warning", begun))
                .collect();
            assert_eq!(bridge.notify(&alerts).await.unwrap(), 200);
        }
    };
    let listening = async {
        let (mut hosts, mut last_id) = (BTreeSet::new(), 0);
        // A listener that lags is cut off, and resumes.
        while hosts.len() < ALERTS {
            let mut listener = bridge.listen(last_id).await;
            while hosts.len() < ALERTS
                && let Some((id, event)) = listener.next().await
            {
                let host = event["episode"]["host"].as_str().unwrap().to_owned();
                assert!(hosts.insert(host), "told twice");
                last_id = id;
            }
        }
    };
    let both = futures_util::future::join(posting, listening);
    tokio::time::timeout(Duration::from_secs(240), both).await.unwrap();

    let digest = until("the digest", || async {
        let texts = gammu::texts(&bridge.folder, "outbox");
        texts.into_iter().find(|text| text.starts_with("[汇总]"))
    })
    .await;
    assert!(digest.contains(" 个问题："), "{digest}");
    assert!(digest.encode_utf16().count() <= 4 * 67, "four parts at most");
    let minutes = 1 + Timestamp::now().duration_since(begun).as_secs() as usize / 60;
    let texts = gammu::texts(&bridge.folder, "outbox");
    let digests = texts.iter().filter(|text| text.starts_with("[汇总]")).count();
    assert!(digests <= minutes && texts.len() - digests <= 5 * minutes, "{texts:?}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", bridge.pid())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes / 1024 < MOST_MEGABYTES, "{kilobytes} kB");
}
