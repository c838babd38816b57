//! What is refused.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::door::{Door, PASSWORD, status};

#[tokio::test]
async fn nobody_is_let_in_without_a_login_and_a_route_without_a_guard_has_no_caller() {
    let door = Door::open(json!({})).await;
    assert_eq!(status(door.request(Method::GET, "/see")).await, 401);
    assert_eq!(status(door.request(Method::POST, "/act")).await, 401);
    let invented = door
        .request(Method::GET, "/see")
        .header("cookie", format!("door-session={}", "0".repeat(64)));
    assert_eq!(status(invented).await, 401);
    let duty = door.login("duty").await;
    assert_eq!(status(duty.get("/bare")).await, 401);
}

#[tokio::test]
async fn a_token_is_for_programs_and_a_wrong_one_is_never_passed_over() {
    let door = Door::open(json!({})).await;
    assert_eq!(status(door.request(Method::POST, "/act").bearer_auth("0123")).await, 200);
    assert_eq!(status(door.request(Method::POST, "/act").bearer_auth("0124")).await, 401);
    let duty = door.login("duty").await;
    assert_eq!(
        status(duty.get("/see").bearer_auth("0124")).await,
        401,
        "though the session is good"
    );
}

#[tokio::test]
async fn a_change_needs_our_own_origin_and_the_proof() {
    let door = Door::open(json!({})).await;
    let duty = door.login("duty").await;
    let act = || door.request(Method::POST, "/act").header("cookie", &duty.cookie);
    let own = door.origin();
    assert_eq!(status(act().header("origin", &own).header("x-csrf-token", &duty.csrf)).await, 200);
    assert_eq!(status(act().header("origin", &own)).await, 403, "no proof");
    assert_eq!(status(act().header("x-csrf-token", &duty.csrf)).await, 403, "no origin");
    let other = door.login("duty").await;
    assert_eq!(status(act().header("origin", &own).header("x-csrf-token", &other.csrf)).await, 403);
    for foreign in ["https://evil.example", "null", "http://127.0.0.1", "http://localhost"] {
        let proven = act().header("x-csrf-token", &duty.csrf);
        assert_eq!(status(proven.header("origin", foreign)).await, 403, "{foreign}");
        assert_eq!(status(duty.get("/see").header("origin", foreign)).await, 403, "{foreign}");
    }
}

#[tokio::test]
async fn a_login_from_a_foreign_page_or_a_form_is_refused() {
    let door = Door::open(json!({})).await;
    let login = || door.request(Method::POST, "/api/v1/session");
    let body = json!({"name": "duty", "password": PASSWORD});
    assert_eq!(status(login().json(&body)).await, 403, "no origin");
    assert_eq!(status(login().header("origin", "https://evil.example").json(&body)).await, 403);
    let form = login().header("origin", door.origin()).header("content-type", "text/plain");
    assert_eq!(status(form.body(body.to_string())).await, 400);
}

#[tokio::test]
async fn wrong_logins_look_the_same_and_guessing_is_stopped() {
    let door = Door::open(json!({})).await;
    let unknown = door.try_login("nobody", PASSWORD).await;
    let wrong = door.try_login("duty", "wrong horse").await;
    assert_eq!((unknown.status(), wrong.status()), (wrong.status(), 401.try_into().unwrap()));
    assert_eq!(unknown.text().await.unwrap(), wrong.text().await.unwrap());
    for _ in 0..4 {
        assert_eq!(door.try_login("duty", "wrong horse").await.status(), 401);
    }
    let stopped = door.try_login("duty", PASSWORD).await;
    assert_eq!(stopped.status(), 429, "even the right password");
    let wait: u64 = stopped.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=600).contains(&wait), "{wait}");
    assert_eq!(door.try_login("guest", PASSWORD).await.status(), 200, "others still get in");
}

#[tokio::test]
async fn guesses_at_the_same_time_are_counted_too() {
    let door = Door::open(json!({})).await;
    let guesses =
        futures_util::future::join_all((0..12).map(|_| door.try_login("duty", "wrong horse")))
            .await;
    assert_eq!(guesses.iter().filter(|answer| answer.status() == 401).count(), 5);
    assert_eq!(guesses.iter().filter(|answer| answer.status() == 429).count(), 7);
}

#[tokio::test]
async fn a_login_that_is_too_large_or_does_not_come_is_given_up() {
    let door = Door::open(json!({})).await;
    let large = door.try_login("duty", &"x".repeat(50 << 20)).await;
    assert_eq!(large.status(), 400);
    assert_eq!(
        door.try_login("duty", &"x".repeat(2000)).await.status(),
        401,
        "longer than any password"
    );
    let (address, origin) = (door.address, door.origin());
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(
            stream,
            "POST /api/v1/session HTTP/1.1\r\nhost: {address}\r\norigin: {origin}\r\ncontent-type: application/json\r\n\
             connection: close\r\ncontent-length: 100\r\n\r\n{{"
        )
        .unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8(answer.to_vec()).unwrap()
    });
    assert_eq!(answer.await.unwrap(), "HTTP/1.1 408");
}
