//! What a browser may do, and until when.

use std::time::{Duration, Instant};

use access::Unnamed;
use reqwest::Method;
use serde_json::json;

use crate::door::{Door, PASSWORD, Rank, loopback, status, users};

#[tokio::test]
async fn a_user_logs_in_acts_and_logs_out() {
    let door = Door::open(json!({})).await;
    let duty = door.login("duty").await;
    assert_eq!(duty.identity["name"], "duty");
    assert_eq!(duty.identity["role"], "operator");
    assert!(
        duty.set.starts_with("door-session=") && duty.set.ends_with("; HttpOnly; SameSite=Strict")
    );
    assert_eq!(duty.get("/see").send().await.unwrap().text().await.unwrap(), "duty");
    assert_eq!(status(duty.change(Method::POST, "/act")).await, 200);
    let again: serde_json::Value =
        duty.get("/api/v1/session").send().await.unwrap().json().await.unwrap();
    assert_eq!(again, duty.identity);

    let other = door.login("duty").await;
    assert_eq!(status(duty.change(Method::DELETE, "/api/v1/session")).await, 204);
    assert_eq!(status(duty.get("/see")).await, 401);
    assert_eq!(status(other.get("/see")).await, 200, "another session goes on");
}

#[tokio::test]
async fn a_role_bounds_what_is_allowed() {
    let door = Door::open(json!({})).await;
    let guest = door.login("guest").await;
    assert_eq!(status(guest.get("/see")).await, 200);
    assert_eq!(status(guest.change(Method::POST, "/act")).await, 403);
}

#[tokio::test]
async fn a_session_ends_with_its_user_or_password_and_follows_the_role() {
    let door = Door::open(json!({})).await;
    let duty = door.login("duty").await;
    let mut changed = users();
    let hashes = users();
    changed["users"][0]["role"] = "viewer".into();
    changed["users"][0]["password_hash"] = hashes["users"][0]["password_hash"].clone();
    door.reload(changed);
    assert_eq!(status(duty.get("/see")).await, 401, "another hash is another password");

    let duty = door.login("duty").await;
    door.reload(json!({"users": [hashes["users"][1].clone()]}));
    assert_eq!(status(duty.get("/see")).await, 401, "the user has gone");
    door.reload(users());
    assert_eq!(status(duty.get("/see")).await, 401, "and does not come back");
}

#[tokio::test]
async fn a_session_ends_with_its_time() {
    let door = Door::open(json!({"session_longest": "1s"})).await;
    let duty = door.login("duty").await;
    let begun = Instant::now();
    while status(duty.get("/see")).await == 200 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the session does not end");
    }
    assert_eq!(status(duty.get("/see")).await, 401);
}

#[tokio::test]
async fn a_proxy_names_the_user_only_from_its_own_address() {
    let proxy = |address: &str| json!({"proxy": {"addresses": [address], "user_header": "X-Remote-User", "default_role": "viewer"}});
    let door = Door::open(proxy("127.0.0.0/8")).await;
    let named = |method: Method, path: &str, name: &str| {
        door.request(method, path).header("x-remote-user", name)
    };
    assert_eq!(
        named(Method::GET, "/see", "duty").send().await.unwrap().text().await.unwrap(),
        "duty"
    );
    assert_eq!(status(named(Method::GET, "/see", "somebody else")).await, 200);
    let act = |name: &str| {
        let act = named(Method::POST, "/act", name).header("x-forwarded-proto", "https");
        act.header("x-forwarded-host", "alerts.example").header("origin", "https://alerts.example")
    };
    assert_eq!(status(act("duty")).await, 403, "without the proof");
    let identity = named(Method::GET, "/api/v1/session", "duty").send().await.unwrap();
    let identity: serde_json::Value = identity.json().await.unwrap();
    let proof = identity["csrf"].as_str().unwrap();
    assert_eq!(status(act("duty").header("x-csrf-token", proof)).await, 200);
    assert_eq!(status(act("somebody else").header("x-csrf-token", proof)).await, 403);

    let door = Door::open(proxy("192.0.2.0/24")).await;
    let foreign = door.request(Method::GET, "/see").header("x-remote-user", "duty");
    assert_eq!(status(foreign).await, 401);
}

#[tokio::test]
async fn under_tls_the_cookie_is_bound_to_this_host() {
    let door = Door::open(json!({"proxy": {"addresses": [loopback()]}})).await;
    let login = door.request(Method::POST, "/api/v1/session").header("x-forwarded-proto", "https");
    let login = login.header("origin", format!("https://{}", door.address));
    let answer = login.json(&json!({"name": "duty", "password": PASSWORD})).send().await.unwrap();
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(
        set.starts_with("__Host-door-session=")
            && set.contains("; Path=/;")
            && set.ends_with("; Secure"),
        "{set}"
    );
}

#[tokio::test]
async fn without_users_only_who_asks_this_machine_by_its_own_name_may_look() {
    let door = Door::serve(json!({}), Unnamed::Local(Rank::Viewer)).await;
    assert_eq!(status(door.request(Method::GET, "/see")).await, 200);
    let rebound = door.request(Method::GET, "/see").header("host", "evil.example");
    assert_eq!(status(rebound).await, 401);
    let door = Door::serve(json!({}), Unnamed::Refused).await;
    assert_eq!(status(door.request(Method::GET, "/see")).await, 401);
}
