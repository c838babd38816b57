//! What gammu-smsd makes of messages, and what it receives.

use std::path::Path;

use jiff::Timestamp;

use crate::bridge::{Bridge, ONE_PHONE, firing};
use crate::gammu;
use crate::wait::until;

/// The metric of a receipt, for the transport `modem`.
async fn receipts(bridge: &Bridge, receipt: &str) -> String {
    let metrics = bridge.get("/metrics").await.text().await.unwrap();
    let name = format!("alert_bridge_receipts_total{{transport=\"modem\",receipt=\"{receipt}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}")).to_owned()
}

#[tokio::test]
async fn what_gammu_has_sent_is_told() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let _gammu = gammu::start(&bridge.folder);
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    until("the receipt", || async { (receipts(&bridge, "sent").await == "1").then_some(()) }).await;
    assert_eq!(bridge.deliveries().await[0].1, "accepted", "of the phone gammu knows nothing");
}

#[tokio::test]
async fn what_gammu_cannot_send_has_failed() {
    let bridge = Bridge::start(ONE_PHONE).await;
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    let spool = bridge.folder.join("spool");
    let name = until("the file", || async {
        let mut files = std::fs::read_dir(spool.join("outbox")).unwrap();
        let name = files.next()?.unwrap().file_name();
        name.to_str().unwrap().starts_with("OUT").then_some(name)
    })
    .await;
    // As gammu does when the modem refuses it.
    std::fs::rename(spool.join("outbox").join(&name), spool.join("error").join(&name)).unwrap();
    until("the failure", || async { (bridge.deliveries().await[0].1 == "failed").then_some(()) })
        .await;
    let delivery = bridge.json("/api/v1/deliveries").await["deliveries"][0].clone();
    assert!(delivery["error"].as_str().unwrap().contains("could not be sent"), "{delivery}");
    assert_eq!(receipts(&bridge, "failed").await, "1");
}

#[tokio::test]
async fn a_reply_to_gammu_takes_the_problem_on() {
    let config = ONE_PHONE.replace(
        "spool: '{folder}/spool'",
        "spool: '{folder}/spool', inbox: '{folder}/spool/inbox'",
    ) + "acknowledge_by_reply: true\n";
    let bridge = Bridge::start(&config).await;
    let _gammu = gammu::start(&bridge.folder);
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    until("the message", || async {
        gammu::texts(&bridge.folder, "sent").first()?.contains("#1]").then_some(())
    })
    .await;
    gammu::receive(&bridge.folder, "+8613800000000", "收到 1 马上处理");
    acknowledged(&bridge, "马上处理").await;
    let inbox = bridge.folder.join("spool/inbox");
    until("an empty inbox", || async { is_empty(&inbox).then_some(()) }).await;
}

/// Waits until the contact `duty` has taken the one problem on, with this comment.
pub(crate) async fn acknowledged(bridge: &Bridge, comment: &str) {
    until("the acknowledgement", || async {
        let episodes = bridge.json("/api/v1/episodes").await;
        let by = episodes["episodes"][0]["acknowledged"].clone();
        (by["who"] == "duty (SMS)" && by["comment"] == comment).then_some(())
    })
    .await;
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}
