//! The page in a real browser.

use jiff::{Timestamp, ToSpan as _};

use crate::bridge::{Bridge, ONE_PHONE, firing, resolved};
use crate::browser::Browser;

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

    let search = |text: &str| {
        format!(
            "{{ const box = document.getElementById('search'); box.value = '{text}'; box.dispatchEvent(new Event('input')) }}"
        )
    };
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
async fn only_our_own_files_may_run() {
    let bridge = Bridge::start(ONE_PHONE).await;
    for path in ["/", "/page.css", "/texts.js", "/page.js"] {
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
