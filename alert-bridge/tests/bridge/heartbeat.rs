//! The alarm when the Watchdog stays away.

use jiff::Timestamp;
use serde_json::Value;

use crate::alertmanager::told;
use crate::bridge::{Bridge, ONE_PHONE, firing};
use crate::wait::until;

#[tokio::test]
async fn a_missing_heartbeat_reaches_the_phone_and_so_does_its_return() {
    let bridge = Bridge::start(&format!("{ONE_PHONE}heartbeat: {{after: 2s}}\n")).await;
    // Nothing beats from the start.
    told(&bridge, &["firing critical".into()]).await;
    let (text, _) = bridge.deliveries().await.remove(0);
    assert!(text.starts_with("[严重] HeartbeatMissing / default：no Watchdog "), "{text}");
    let mut watchdog = firing("none", "none", Timestamp::now());
    watchdog["labels"]["alertname"] = Value::from("Watchdog");
    until("the alarm to end", || async {
        assert_eq!(bridge.notify(std::slice::from_ref(&watchdog)).await.unwrap(), 200);
        (bridge.story().await.last().unwrap() == "resolved critical").then_some(())
    })
    .await;
    // And it stops again.
    until("the next alarm", || async {
        (bridge.story().await.last().unwrap() == "firing critical").then_some(())
    })
    .await;
    assert!(bridge.deliveries().await[1].0.starts_with("[恢复] HeartbeatMissing / default"));
}
