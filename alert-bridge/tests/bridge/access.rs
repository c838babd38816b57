//! Logging in and acknowledging, by a browser and by programs.

use jiff::Timestamp;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::bridge::{Bridge, ONE_PHONE, firing};
use browser::Browser;

const PASSWORD: &str = "correct horse";

/// A bridge with an operator, a viewer, and a token of each role that matters.
async fn bridge() -> Bridge {
    let hash = hashed(PASSWORD);
    let access = format!(
        "access:
  users: [{{name: duty, password_hash: '{hash}', role: operator}}, {{name: guest, password_hash: '{hash}', role: viewer}}]
  tokens: [{{name: report, token: '01', role: viewer}}, {{name: robot, token: '02', role: operator}}, {{name: chief, token: '03', role: admin}}]
"
    );
    Bridge::start(&format!("{ONE_PHONE}{access}")).await
}

/// As the program's own command hashes it.
fn hashed(password: &str) -> String {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_alert-bridge"))
        .arg("hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn get(bridge: &Bridge, path: &str) -> RequestBuilder {
    Client::builder().no_proxy().build().unwrap().get(bridge.url(path))
}

fn acknowledge(bridge: &Bridge, token: &str, id: &Value) -> RequestBuilder {
    let client = Client::builder().no_proxy().build().unwrap();
    let url = bridge.url(&format!("/api/v1/episodes/{id}/acknowledge"));
    client.post(url).bearer_auth(token).json(&json!({"comment": "正在处理"}))
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// Fills the login form in, and sends it.
async fn log_in(page: &mut Browser, name: &str, password: &str) {
    page.until("!document.getElementById('login').hidden").await;
    let fill = format!(
        "{{ document.getElementById('login-name').value = '{name}'; \
           document.getElementById('login-password').value = '{password}'; \
           document.getElementById('login').requestSubmit(); }}"
    );
    page.evaluate(&fill).await;
}

#[tokio::test]
async fn with_users_nothing_is_told_without_a_login() {
    let bridge = bridge().await;
    for path in ["episodes", "deliveries", "events", "feed", "feed/poll", "session", "audit"] {
        assert_eq!(status(get(&bridge, &format!("/api/v1/{path}"))).await, 401, "{path}");
        assert_eq!(status(get(&bridge, &format!("/api/v1/{path}")).bearer_auth("00")).await, 401);
    }
    assert_eq!(status(get(&bridge, "/api/v1/episodes").bearer_auth("01")).await, 200);
    assert_eq!(status(get(&bridge, "/")).await, 200, "the page itself is no secret");
}

#[tokio::test]
async fn who_may_acknowledges_and_the_audit_log_knows() {
    let bridge = bridge().await;
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    let episodes = || async {
        let answer = get(&bridge, "/api/v1/episodes").bearer_auth("01").send().await.unwrap();
        answer.json::<Value>().await.unwrap()["episodes"].clone()
    };
    let id = episodes().await[0]["id"].clone();
    assert_eq!(status(acknowledge(&bridge, "01", &id)).await, 403, "a viewer");
    assert_eq!(status(acknowledge(&bridge, "02", &json!(999))).await, 404);
    assert_eq!(episodes().await[0]["acknowledged"], Value::Null);
    assert_eq!(status(acknowledge(&bridge, "02", &id)).await, 200);
    let acknowledged = episodes().await[0]["acknowledged"].clone();
    assert_eq!(
        (&acknowledged["who"], &acknowledged["comment"]),
        (&json!("robot"), &json!("正在处理"))
    );

    assert_eq!(status(get(&bridge, "/api/v1/audit").bearer_auth("02")).await, 403);
    let audit = || get(&bridge, "/api/v1/audit").bearer_auth("03");
    let summary: Value = audit().send().await.unwrap().json().await.unwrap();
    assert_eq!(summary["lines"], 1);
    let path = bridge.folder.join("data/audit.log");
    let changed = std::fs::read_to_string(&path).unwrap().replace("robot", "chief");
    std::fs::write(&path, changed).unwrap();
    let answer = audit().send().await.unwrap();
    assert_eq!(answer.status(), 500);
    assert!(answer.text().await.unwrap().starts_with("line 1 "));
}

#[tokio::test]
async fn an_operator_logs_in_and_acknowledges_on_the_page() {
    let bridge = bridge().await;
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    let mut page = Browser::open(&bridge.url("/"), "en").await;
    log_in(&mut page, "duty", "wrong").await;
    page.until(
        "document.getElementById('login-error').textContent === 'Name or password is wrong.'",
    )
    .await;
    assert_eq!(page.evaluate("document.querySelectorAll('.episodes > li').length").await, 0);
    log_in(&mut page, "duty", PASSWORD).await;
    page.until("document.querySelector('#now .title')?.textContent === 'web-1 / http'").await;
    assert_eq!(page.evaluate("document.getElementById('user-name').textContent").await, "duty");
    assert_eq!(page.evaluate("document.cookie").await, "", "a script cannot read the session");
    page.evaluate(
        "{ document.querySelector('.taking input').value = '<b>on it</b>'; \
           document.querySelector('.taking').requestSubmit(); }",
    )
    .await;
    page.until("document.querySelector('#now .people').innerText.includes('Acknowledged by duty – <b>on it</b>')").await;
    page.until("document.querySelector('.taking') === null").await;
    page.evaluate("document.getElementById('logout').click()").await;
    page.until("!document.getElementById('login').hidden && document.querySelectorAll('.episodes > li').length === 0").await;
}

#[tokio::test]
async fn a_viewer_sees_and_may_not_acknowledge() {
    let bridge = bridge().await;
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    let mut page = Browser::open(&bridge.url("/"), "en").await;
    log_in(&mut page, "guest", PASSWORD).await;
    page.until("document.querySelectorAll('#now .episodes > li').length === 1").await;
    assert_eq!(page.evaluate("document.querySelector('.taking')").await, Value::Null);
    let refused = "change('POST', 'api/v1/episodes/1/acknowledge', {comment: ''}).then((answer) => answer.status)";
    assert_eq!(page.evaluate(refused).await, 403, "nor by going around the page");
    let unproven = "fetch('api/v1/session', {method: 'DELETE'}).then((answer) => answer.status)";
    assert_eq!(page.evaluate(unproven).await, 403, "without the proof");
}

#[tokio::test]
async fn areas_times_and_files_of_the_history() {
    let bridge = bridge().await;
    let now = Timestamp::now();
    let mut pool = firing("pool-1", "warning", now);
    pool["labels"]["source"] = "xenserver".into();
    pool["annotations"]["output"] = "=1+1".into();
    bridge.notify(&[firing("web-1", "critical", now), pool]).await;
    let ask =
        |query: &str| get(&bridge, &format!("/api/v1/episodes?{query}")).bearer_auth("01").send();
    let hosts = async |query: &str| {
        let answer: Value = ask(query).await.unwrap().json().await.unwrap();
        let episodes = answer["episodes"].as_array().unwrap().iter();
        episodes.map(|episode| episode["host"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(hosts("area=xenserver").await, ["pool-1"]);
    assert_eq!(hosts("area=infrastructure").await, ["web-1"]);
    assert_eq!(hosts("to=2000-01-01T00:00:00Z").await, Vec::<String>::new());
    assert_eq!(hosts("from=2000-01-01T00:00:00Z").await.len(), 2);
    let first: Value = ask("limit=1").await.unwrap().json().await.unwrap();
    let next = first["next"].as_str().unwrap();
    assert_eq!(hosts(&format!("limit=1&cursor={next}")).await.len(), 1);
    assert_eq!(ask("area=moon").await.unwrap().status(), 400);
    let csv = ask("format=csv&area=xenserver").await.unwrap().text().await.unwrap();
    let row = csv.lines().nth(1).unwrap();
    assert!(
        row.contains("\"warning\",\"xenserver\",\"pool-1\"") && row.contains("\"'=1+1\""),
        "{csv}"
    );
    let lines = ask("format=ndjson").await.unwrap().text().await.unwrap();
    assert!(
        lines.lines().all(|line| serde_json::from_str::<Value>(line).unwrap()["host"].is_string())
    );
}
