//! Messages over HTTP, to small gateways in the test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bridge::{Bridge, firing};
use crate::server::serve;
use crate::wait::until;

type Received = Arc<Mutex<Vec<Value>>>;

/// The configuration of an example, for the test's own gateway and token.
fn example(text: &str, address: &str) -> String {
    text.replace("127.0.0.1:8080", address)
        .replace("token_file: webhook.token", "token: a-token-for-tests")
}

#[tokio::test]
async fn the_old_gateway_gets_id_phones_and_content_until_it_answers_201() {
    let received = Received::default();
    let seen = Arc::clone(&received);
    let app = Router::new().route(
        "/messages",
        post(move |Json(body): Json<Value>| {
            let mut seen = seen.lock().unwrap();
            seen.push(body);
            // The first attempt fails; 200 is no success for this gateway.
            let status = if seen.len() == 1 { StatusCode::OK } else { StatusCode::CREATED };
            async move { status }
        }),
    );
    let config = example(include_str!("../../examples/gateway.yml"), &serve(app).await);
    let bridge = Bridge::start(&config).await;
    let mut alert = firing("web-1", "critical", Timestamp::now());
    alert["annotations"]["output"] = "a \"quoted\" \\ 文字".into();
    bridge.notify(&[alert]).await;
    until("the second attempt", || async {
        (bridge.deliveries().await[0].1 == "accepted").then_some(())
    })
    .await;
    let received = received.lock().unwrap().clone();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0], received[1], "the same message, so that the gateway can tell");
    let body = received[0].as_object().unwrap();
    assert_eq!(body.keys().collect::<Vec<_>>(), ["content", "id", "phones"]);
    assert_eq!(body["phones"], json!(["13800000000"]));
    let content = body["content"].as_str().unwrap();
    assert!(content.starts_with("[严重] web-1 / http：a \"quoted\" \\ 文字 ("), "{content}");
}

const FORM: &str = r#"
tokens: [{name: am, token: a-token-for-tests}]
transports:
  - name: gateway
    http:
      url: http://127.0.0.1:8080/send
      headers: {X-Key: {value: key-for-tests}}
      form: {to: '{{ phone }}', text: '{{ text }}'}
      success: {status: [200], body_matches: '"ok":\s*true'}
      id: /message/id
      timeout: 1s
contacts: [{name: duty, phone: '4915100000000', transport: gateway}]
routes: [{contacts: [duty]}]
"#;

#[tokio::test]
async fn a_form_gateway_gets_its_fields_and_its_id_is_kept() {
    let received = Received::default();
    let seen = Arc::clone(&received);
    let app = Router::new().route(
        "/send",
        post(move |headers: HeaderMap, body: String| {
            let key = headers["x-key"].to_str().unwrap().to_owned();
            seen.lock().unwrap().push(json!({"key": key, "body": body}));
            async { Json(json!({"ok": true, "message": {"id": 4711}})) }
        }),
    );
    let bridge = Bridge::start(&example(FORM, &serve(app).await)).await;
    bridge.notify(&[firing("a&b=c", "warning", Timestamp::now())]).await;
    until("the message", || async { (bridge.deliveries().await[0].1 == "accepted").then_some(()) })
        .await;
    let delivery = bridge.json("/api/v1/deliveries").await["deliveries"][0].clone();
    assert_eq!(delivery["reference"], "4711");
    let received = received.lock().unwrap()[0].clone();
    assert_eq!(received["key"], "key-for-tests");
    let body = received["body"].as_str().unwrap();
    assert!(body.starts_with("text=%5BWARNING%5D+a%26b%3Dc+%2F+http"), "{body}");
    assert!(body.ends_with("&to=4915100000000"), "{body}");
}

#[tokio::test]
async fn an_answer_that_never_comes_leaves_the_message_in_doubt() {
    let received = Received::default();
    let seen = Arc::clone(&received);
    let app = Router::new().route(
        "/send",
        post(move |body: String| {
            seen.lock().unwrap().push(json!(body));
            async { tokio::time::sleep(Duration::from_secs(3600)).await }
        }),
    );
    let bridge = Bridge::start(&example(FORM, &serve(app).await)).await;
    bridge.notify(&[firing("web-1", "warning", Timestamp::now())]).await;
    until("the doubt", || async { (bridge.deliveries().await[0].1 == "in_doubt").then_some(()) })
        .await;
    assert_eq!(received.lock().unwrap().len(), 1, "this gateway cannot tell a repetition");
}

#[tokio::test]
async fn a_crash_while_sending_leaves_at_most_one_in_doubt() {
    let received = Received::default();
    let seen = Arc::clone(&received);
    let app = Router::new().route(
        "/send",
        post(move |body: String| {
            let mut seen = seen.lock().unwrap();
            seen.push(json!(body));
            let first = seen.len() == 1;
            async move {
                if first {
                    tokio::time::sleep(Duration::from_secs(3600)).await;
                }
                Json(json!({"ok": true}))
            }
        }),
    );
    let config = example(FORM, &serve(app).await).replace("timeout: 1s", "timeout: 60s");
    let mut bridge = Bridge::start(&config).await;
    let alerts: Vec<_> = (0..3)
        .map(|number| firing(&format!("web-{number}"), "warning", Timestamp::now()))
        .collect();
    bridge.notify(&alerts).await;
    until("the first attempt", || async { (received.lock().unwrap().len() == 1).then_some(()) })
        .await;
    bridge.kill().await;
    bridge.start_again().await;
    let states = until("the rest", || async {
        let states: Vec<_> =
            bridge.deliveries().await.into_iter().map(|(_, state)| state).collect();
        states[1..].iter().all(|state| state == "accepted").then_some(states)
    })
    .await;
    assert_eq!(states, ["in_doubt", "accepted", "accepted"]);
    assert_eq!(received.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_gateway_that_rejects_the_message_gets_it_once() {
    let app =
        Router::new().route("/send", post(async || (StatusCode::BAD_REQUEST, "no such number")));
    let bridge = Bridge::start(&example(FORM, &serve(app).await)).await;
    bridge.notify(&[firing("web-1", "warning", Timestamp::now())]).await;
    until("the failure", || async { (bridge.deliveries().await[0].1 == "failed").then_some(()) })
        .await;
    let delivery = bridge.json("/api/v1/deliveries").await["deliveries"][0].clone();
    assert_eq!(delivery["attempts"], 1);
    assert!(
        delivery["error"].as_str().unwrap().contains("400 Bad Request: no such number"),
        "{delivery}"
    );
}
