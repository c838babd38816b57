//! The page in a real browser.

use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use crate::bridge::{Bridge, ONE_PHONE, firing, resolved};
use browser::Browser;

#[tokio::test]
async fn alerts_appear_change_and_end_without_a_reload() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let mut page = Browser::open(&bridge.url("/"), "zh-CN").await;
    page.until("document.getElementById('connection').className === 'live'").await;
    assert_eq!(page.evaluate("document.title").await, "告警");
    assert_eq!(
        page.evaluate("document.getElementById('calm').textContent").await,
        "一切正常，当前没有告警。"
    );
    let begun = Timestamp::now() - 60.seconds();
    bridge.notify(&[firing("web-1", "warning", begun), firing("db-1", "critical", begun)]).await;
    let rows = |list: &str| {
        format!(
            "[...document.querySelectorAll('#{list} .episodes > li')].map((row) => row.innerText).join()"
        )
    };
    page.until(&format!("/^严重\\s+db-1[^]*警告\\s+web-1/.test({})", rows("now"))).await;
    page.until(&format!("/duty: 已发送/.test({})", rows("now"))).await;

    let now = Timestamp::now();
    bridge
        .notify(&[resolved("web-1", "warning", begun, now), firing("web-1", "critical", now)])
        .await;
    page.until(&format!("/^严重\\s+web-1[^]*严重\\s+db-1/.test({})", rows("now"))).await;
    bridge.notify(&[resolved("db-1", "critical", begun, Timestamp::now())]).await;
    page.until(&format!("/^恢复\\s+db-1/.test({})", rows("history"))).await;

    page.evaluate(&search("nothing like this")).await;
    page.until("document.querySelectorAll('li').length === 0").await;
    page.evaluate(&search("web @crit")).await;
    page.until(&format!("/^严重\\s+web-1/.test({})", rows("now"))).await;
}

#[tokio::test]
async fn the_page_finds_back_after_a_restart() {
    let mut bridge = Bridge::start(ONE_PHONE).await;
    let mut page = Browser::open(&bridge.url("/"), "en").await;
    page.until("document.getElementById('connection').className === 'live'").await;
    bridge.kill().await;
    page.until("document.getElementById('connection').className === 'lost'").await;
    bridge.start_again().await;
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    page.until("document.getElementById('connection').className === 'live'").await;
    page.until("document.querySelector('#now .title')?.textContent === 'web-1 / http'").await;
}

#[tokio::test]
async fn what_an_alert_carries_is_shown_as_text() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let mut alert =
        firing("<img src=x onerror=document.title='taken'>", "critical", Timestamp::now());
    alert["annotations"]["output"] = "<script>document.title='taken'</script> 磁盘".into();
    alert["generatorURL"] = "javascript:alert(1)".into();
    bridge.notify(&[alert]).await;
    let mut page = Browser::open(&bridge.url("/"), "en").await;
    page.until("document.querySelectorAll('#now .episodes > li').length === 1").await;
    let shown = page.evaluate("document.getElementById('now').innerText").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains("<img src=x onerror=document.title='taken'> / http"), "{shown}");
    assert!(shown.contains("<script>document.title='taken'</script> 磁盘"), "{shown}");
    assert_eq!(
        page.evaluate("document.querySelectorAll('#now img, #now script, #now a').length").await,
        0
    );
    assert_eq!(page.evaluate("document.title").await, "(1) Alerts");
}

#[tokio::test]
async fn the_page_fits_a_phone() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let mut alert = firing("web-1", "critical", Timestamp::now());
    alert["annotations"]["output"] = "x".repeat(400).into();
    bridge.notify(&[alert]).await;
    let mut page = Browser::open(&bridge.url("/"), "en").await;
    page.call(
        "Emulation.setDeviceMetricsOverride",
        serde_json::json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true}),
    )
    .await;
    page.until(
        "document.querySelectorAll('#now .episodes > li').length === 1 && innerWidth === 390",
    )
    .await;
    assert_eq!(
        page.evaluate("document.documentElement.scrollWidth").await,
        390,
        "nothing is wider than the phone"
    );
}

#[tokio::test]
async fn the_history_of_devices_and_of_each_cloud_is_searched_and_read_to_its_end() {
    let bridge =
        Bridge::start(&format!("{ONE_PHONE}event_tokens: [{{name: nagios, token: '7'}}]\n")).await;
    let event = |sequence: i64| {
        json!({
            "source": if sequence % 4 == 0 { "xenserver" } else { "nagios" }, "instance": "n1", "epoch": "1",
            "sequence": sequence, "at": (Timestamp::now() - sequence.minutes()).to_string(),
            "kind": "state_change", "host": format!("web-{sequence}"), "severity": "warning",
            "text": if sequence == 100 { "<b>风扇</b>故障" } else { "磁盘 disk" }, "details": {"attempt": 3},
        })
    };
    let events: Vec<_> = (1..=160).map(event).collect();
    let sent = reqwest::Client::new().post(bridge.url("/api/v1/events")).bearer_auth("7");
    assert_eq!(sent.json(&json!({"events": events})).send().await.unwrap().status(), 200);
    let mut page = Browser::open(&bridge.url("/"), "zh-CN").await;
    let press = |kind: &str| {
        format!(
            "[...document.querySelectorAll('#kinds button')].find((one) => one.textContent === '{kind}').click()"
        )
    };
    let rows = |count: usize| {
        format!("document.querySelectorAll('#history .episodes > li').length === {count}")
    };
    page.until("document.getElementById('connection').className === 'live'").await;
    page.evaluate(&press("物理设备")).await;
    page.until(&rows(50)).await;
    for count in [100, 120] {
        page.evaluate("document.getElementById('older').click()").await;
        page.until(&rows(count)).await;
    }
    assert_eq!(page.evaluate("document.getElementById('older').hidden").await, true);
    assert_eq!(
        page.evaluate("document.querySelector('#history .title').textContent").await,
        "web-1"
    );
    page.evaluate(&press("XenServer")).await;
    page.until(&rows(40)).await;
    page.evaluate(&search("风扇 @warn")).await;
    page.until(&rows(1)).await;
    let shown = page.evaluate("document.querySelector('#history').innerText").await;
    assert!(shown.as_str().unwrap().contains("<b>风扇</b>故障"), "{shown}");
    let file = page
        .evaluate("fetch(document.getElementById('csv').href).then((file) => file.text())")
        .await;
    assert_eq!(file.as_str().unwrap().lines().count(), 2, "{file}");
}

/// Types into the search.
fn search(text: &str) -> String {
    format!(
        "{{ const box = document.getElementById('search'); box.value = '{text}'; box.dispatchEvent(new Event('input')) }}"
    )
}

#[tokio::test]
async fn only_our_own_files_may_run() {
    let bridge = Bridge::start(ONE_PHONE).await;
    for path in ["/", "/page.css", "/texts.js", "/rows.js", "/page.js"] {
        let answer = bridge.get(path).await;
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        let text = answer.text().await.unwrap();
        assert!(
            !text.contains("innerHTML") && !text.contains(" style=") && !text.contains("onclick"),
            "{path}"
        );
    }
}
