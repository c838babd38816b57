//! What gateways tell of messages later, to small gateways in the test: one that speaks as Twilio does, and one
//! that knows our ids.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bridge::{Bridge, firing};
use crate::server::serve;
use crate::wait::until;

type Fields = BTreeMap<String, String>;
type Received = Arc<Mutex<Vec<Fields>>>;

/// Twilio, as far as a sender sees it: logs in by Basic, takes a form, answers 201 with a `sid`.
async fn twilio(received: Received) -> String {
    let path = "/2010-04-01/Accounts/ACcafe/Messages.json";
    let take = move |headers: HeaderMap, body: String| async move {
        let fields: Fields = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        // ACcafe:twilio-secret
        if headers["authorization"] != "Basic QUNjYWZlOnR3aWxpby1zZWNyZXQ=" {
            return (StatusCode::UNAUTHORIZED, Json(json!({"code": 20003})));
        }
        if fields["To"] == "+15005550001" {
            let error =
                json!({"code": 21211, "message": "The 'To' number is not valid.", "status": 400});
            return (StatusCode::BAD_REQUEST, Json(error));
        }
        let mut received = received.lock().unwrap();
        received.push(fields);
        let sid = format!("SM{:032}", received.len());
        (StatusCode::CREATED, Json(json!({"sid": sid, "status": "queued", "error_code": null})))
    };
    serve(Router::new().route(path, post(take))).await
}

/// The example, with the test's server and secrets.
fn example(address: &str) -> String {
    include_str!("../../examples/twilio.yml")
        .replace("https://api.twilio.com", &format!("http://{address}"))
        .replace("token_file: webhook.token", "token: a-token-for-tests")
        .replace("password_file: twilio.token", "password: twilio-secret")
        .replace("token_file: receipts.token", "token: receipts-secret")
}

/// Waits until the latest message is in this state; answers it.
async fn state(bridge: &Bridge, state: &str) -> Value {
    until(&format!("a message that is {state}"), || async {
        let deliveries = bridge.json("/api/v1/deliveries").await["deliveries"].take();
        let last = deliveries.as_array().unwrap().last().cloned()?;
        (last["state"] == state).then_some(last)
    })
    .await
}

/// Tells what Twilio tells, as it does: user and password from the address that it was given.
async fn tell(bridge: &Bridge, callback: &str, sid: &str, status: &str) -> StatusCode {
    let (user, rest) = callback.strip_prefix("https://").unwrap().split_once(':').unwrap();
    let (password, rest) = rest.split_once('@').unwrap();
    let (_, path) = rest.split_once('/').unwrap();
    let request = reqwest::Client::new()
        .post(bridge.url(&format!("/{path}")))
        .basic_auth(user, Some(password))
        .form(&[("MessageSid", sid), ("MessageStatus", status), ("AccountSid", "ACcafe")]);
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn twilio_takes_a_message_and_tells_that_it_has_arrived() {
    let received = Received::default();
    let bridge = Bridge::start(&example(&twilio(Arc::clone(&received)).await)).await;
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    let message = state(&bridge, "accepted").await;
    let sid = format!("SM{:032}", 1);
    assert_eq!(message["reference"], sid.as_str());
    let fields = received.lock().unwrap()[0].clone();
    assert_eq!((&*fields["To"], &*fields["From"]), ("+8613800000000", "+15005550006"));
    assert!(fields["Body"].starts_with("[严重] web-1 / http"), "{fields:?}");
    let callback = &fields["StatusCallback"];
    for status in ["queued", "sent"] {
        assert_eq!(tell(&bridge, callback, &sid, status).await, 204);
    }
    state(&bridge, "accepted").await;
    assert_eq!(tell(&bridge, callback, &sid, "delivered").await, 204);
    state(&bridge, "delivered").await;
    // Told again it changes nothing; a stranger cannot tell anything.
    assert_eq!(tell(&bridge, callback, &sid, "delivered").await, 204);
    let wrong = callback.replace("receipts-secret", "guessed");
    assert_eq!(tell(&bridge, &wrong, &sid, "failed").await, 401);
    let other = callback.replace("/receipts/twilio", "/receipts/nobody");
    assert_eq!(tell(&bridge, &other, &sid, "failed").await, 401);
    state(&bridge, "delivered").await;
    let metrics = bridge.get("/metrics").await.text().await.unwrap();
    let counted = r#"alert_bridge_receipts_total{transport="twilio",receipt="delivered"} 2"#;
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test]
async fn a_number_that_twilio_does_not_know_fails_at_once() {
    let config =
        example(&twilio(Received::default()).await).replace("+8613800000000", "+15005550001");
    let bridge = Bridge::start(&config).await;
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    let message = state(&bridge, "failed").await;
    assert_eq!(message["attempts"], 1);
    assert!(message["error"].as_str().unwrap().contains("21211"), "{message}");
}

#[tokio::test]
async fn a_receipt_that_comes_before_its_answer_counts() {
    let received = Received::default();
    let bridge = Bridge::start(&example(&twilio(Arc::clone(&received)).await)).await;
    let callback = "https://twilio:receipts-secret@alerts.example/api/v1/receipts/twilio";
    let sid = format!("SM{:032}", 1);
    assert_eq!(tell(&bridge, callback, &sid, "delivered").await, 204);
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    let message = state(&bridge, "delivered").await;
    assert_eq!(message["reference"], sid.as_str());
}

/// Two gateways; the second takes over what the first gives back.
fn two(first: &str, second: &str) -> String {
    let http = |address: &str| {
        format!(
            "http: {{url: 'http://{address}/send', timeout: 2s, json: '{{\"id\": {{{{ id }}}}}}', \
             receipts: {{token: receipts-secret, id: id, state: state, delivered: [ok], failed: [lost]}}}}"
        )
    };
    format!(
        "tokens: [{{name: am, token: a-token-for-tests}}]\ndigest_after: 100\n\
         transports:\n  - {{name: first, {}}}\n  - {{name: second, {}}}\n\
         prefixes: [{{prefix: '+4', transport: second}}, {{prefix: '+49', transport: first, fallbacks: [second]}}]\n\
         contacts: [{{name: duty, phone: '+4915100000000'}}]\n\
         routes: [{{contacts: [duty]}}]\n",
        http(first),
        http(second)
    )
}

/// A gateway that answers every request with `status` and keeps the ids.
async fn answering(status: StatusCode, ids: Arc<Mutex<Vec<String>>>) -> String {
    let take = move |Json(body): Json<Value>| async move {
        ids.lock().unwrap().push(body["id"].as_str().unwrap().to_owned());
        status
    };
    serve(Router::new().route("/send", post(take))).await
}

#[tokio::test]
async fn what_the_first_gateway_has_lost_goes_to_the_second() {
    let (first, second) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<Vec<_>>>::default());
    let addresses = (
        answering(StatusCode::OK, Arc::clone(&first)).await,
        answering(StatusCode::OK, Arc::clone(&second)).await,
    );
    let bridge = Bridge::start(&two(&addresses.0, &addresses.1)).await;
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    let message = state(&bridge, "accepted").await;
    assert_eq!(message["transport"], "first", "the longest prefix decides");
    let id = first.lock().unwrap()[0].clone();
    assert_eq!(message["reference"], id.as_str(), "without an id of its own it is ours");
    let tell = async |name: &str, state: &str| {
        let request = reqwest::Client::new()
            .post(bridge.url(&format!("/api/v1/receipts/{name}")))
            .bearer_auth("receipts-secret")
            .json(&json!({"id": id, "state": state}));
        assert_eq!(request.send().await.unwrap().status(), 204);
    };
    tell("first", "lost").await;
    until("the second gateway", || async { (second.lock().unwrap().len() == 1).then_some(()) })
        .await;
    tell("second", "ok").await;
    let message = state(&bridge, "delivered").await;
    assert_eq!((&message["transport"], &message["attempts"]), (&json!("second"), &json!(2)));
    assert_eq!(first.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_gateway_that_fails_is_left_alone_and_the_next_takes_over() {
    let (first, second) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<Vec<_>>>::default());
    let addresses = (
        answering(StatusCode::SERVICE_UNAVAILABLE, Arc::clone(&first)).await,
        answering(StatusCode::OK, Arc::clone(&second)).await,
    );
    let bridge = Bridge::start(&two(&addresses.0, &addresses.1)).await;
    let alerts: Vec<_> = (0..20)
        .map(|number| firing(&format!("web-{number}"), "critical", Timestamp::now()))
        .collect();
    bridge.notify(&alerts).await;
    until("all messages", || async {
        let states = bridge.deliveries().await;
        (states.len() == 20 && states.iter().all(|(_, state)| state == "accepted")).then_some(())
    })
    .await;
    assert_eq!(first.lock().unwrap().len(), 5, "as many failures as the breaker allows");
    assert_eq!(second.lock().unwrap().len(), 20, "each once");
    let metrics = bridge.get("/metrics").await.text().await.unwrap();
    for (name, broken) in [("first", 1), ("second", 0)] {
        let line = format!("alert_bridge_transport_broken{{transport=\"{name}\"}} {broken}");
        assert!(metrics.contains(&line), "{metrics}");
    }
}
