//! `kill -9` at any moment: what was answered is kept, and each message goes out once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::bridge::{Bridge, ONE_PHONE, firing};
use crate::gammu;
use crate::wait::until;

const ROUNDS: u64 = 15;
const ALERTS: u64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_message_goes_out_once_however_often_the_program_is_killed() {
    let mut bridge = Bridge::start(ONE_PHONE).await;
    let stop = CancellationToken::new();
    let mover = tokio::spawn(move_as_gammu_does(bridge.folder.clone(), stop.clone()));
    let mut unanswered = 0;
    for round in 0..ROUNDS {
        let hosts: Vec<String> =
            (0..ALERTS).map(|number| format!("web-{round}-{number}")).collect();
        let posts = async {
            let begun = Timestamp::now();
            futures_util::future::join_all(hosts.iter().map(|host| {
                let alert = [firing(host, "critical", begun)];
                let bridge = &bridge;
                async move { (alert.clone(), bridge.notify(&alert).await) }
            }))
            .await
        };
        let pid = nix::unistd::Pid::from_raw(bridge.pid().try_into().unwrap());
        // Spread over what a round takes, from before the first commit to after the last message.
        let moment = Duration::from_micros(round * 2_500);
        let killer = async {
            tokio::time::sleep(moment).await;
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
        };
        let (answers, ()) = futures_util::future::join(posts, killer).await;
        bridge.kill().await;
        bridge.start_again().await;
        for (alert, answer) in answers {
            unanswered += u64::from(answer.is_none());
            // As Alertmanager does: what was not answered is sent again. So is, now and then, what was.
            if answer.is_none_or(|status| status != 200) || round % 2 == 0 {
                assert_eq!(bridge.notify(&alert).await.unwrap(), 200);
            }
        }
    }
    assert!(
        (1..ROUNDS * ALERTS).contains(&unanswered),
        "{unanswered} unanswered: the moments are badly chosen"
    );
    let total = (ROUNDS * ALERTS) as usize;
    until("all messages", || async {
        let deliveries = bridge.deliveries().await;
        deliveries.iter().all(|(_, state)| state == "accepted").then_some(())
    })
    .await;
    stop.cancel();
    mover.await.unwrap();

    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    for text in
        ["outbox", "sent", "error"].iter().flat_map(|name| gammu::texts(&bridge.folder, name))
    {
        *sent.entry(text).or_default() += 1;
    }
    assert_eq!(sent.len(), total, "messages lost");
    assert!(sent.values().all(|count| *count == 1), "messages doubled: {sent:?}");
    assert_eq!(bridge.story().await.len(), total);
}

/// Moves files from `outbox` to `sent` by renaming, as gammu-smsd does once it has sent one, but faster.
async fn move_as_gammu_does(folder: PathBuf, stop: CancellationToken) {
    let spool = folder.join("spool");
    while !stop.is_cancelled() {
        for entry in std::fs::read_dir(spool.join("outbox")).unwrap() {
            let name = entry.unwrap().file_name();
            if name.to_str().unwrap().starts_with("OUT") {
                std::fs::rename(spool.join("outbox").join(&name), spool.join("sent").join(&name))
                    .unwrap();
            }
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

#[tokio::test]
async fn a_feed_client_misses_nothing_and_sees_nothing_twice() {
    let mut bridge = Bridge::start(ONE_PHONE).await;
    let mut seen = Vec::new();
    let mut last_id = 0;
    for round in 0..3 {
        let mut listener = bridge.listen(last_id).await;
        for number in 0..5 {
            let host = format!("web-{round}-{number}");
            assert_eq!(
                bridge.notify(&[firing(&host, "critical", Timestamp::now())]).await.unwrap(),
                200
            );
        }
        // Some are read, some are on their way when the program dies.
        for _ in 0..3 {
            let (id, event) = listener.next().await.unwrap();
            seen.push(event["episode"]["host"].as_str().unwrap().to_owned());
            last_id = id;
        }
        bridge.kill().await;
        while let Some((id, event)) = listener.next().await {
            seen.push(event["episode"]["host"].as_str().unwrap().to_owned());
            last_id = id;
        }
        bridge.start_again().await;
    }
    let mut listener = bridge.listen(last_id).await;
    while seen.len() < 15 {
        seen.push(listener.next().await.unwrap().1["episode"]["host"].as_str().unwrap().to_owned());
    }
    let expected: Vec<_> = (0..3)
        .flat_map(|round| (0..5).map(move |number| format!("web-{round}-{number}")))
        .collect();
    assert_eq!(seen, expected);
    // What comes next is new: nothing was left to be told twice.
    bridge.notify(&[firing("last", "critical", Timestamp::now())]).await;
    assert_eq!(listener.next().await.unwrap().1["episode"]["host"], "last");
}
