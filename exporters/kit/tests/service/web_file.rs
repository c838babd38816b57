//! The rest of `--web.config.file`, several listeners, and what a client may send.

use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::process::{DEADLINE, Minimal, until};

#[tokio::test]
async fn every_listen_address_serves() {
    let flags = ["--web.listen-address=127.0.0.1:0", "--web.listen-address=127.0.0.2:0"];
    let mut service = Minimal::spawn("number: 7\n", None, &[], &flags);
    let addresses = [service.next_address().await, service.next_address().await];
    assert_eq!(addresses.map(|address| address.ip().to_string()), ["127.0.0.1", "127.0.0.2"]);
    for address in addresses {
        let answer = reqwest::get(format!("http://{address}/-/healthy")).await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "healthy\n");
    }
    service.signal("TERM");
    assert_eq!(service.wait().await.0, Some(0));
}

#[tokio::test]
async fn a_rate_limit_answers_429() {
    let web = "rate_limit: {interval: 1h, burst: 3}\n";
    let service = Minimal::start("", Some(web)).await;
    let mut statuses = Vec::new();
    for path in ["/-/healthy", "/metrics", "/nowhere", "/-/healthy"] {
        statuses.push(service.get(path).await.0.as_u16());
    }
    assert_eq!(statuses, [200, 200, 404, 429]);
    service.write_file("web.yml", "rate_limit: {interval: 0, burst: 3}\n");
    until("the limit is lifted", async || service.get("/-/healthy").await.0 == StatusCode::OK)
        .await;
}

#[tokio::test]
async fn users_and_headers_change_with_the_file() {
    let hash = |password| bcrypt::hash(password, 4).unwrap();
    let web = |name, password, frames| {
        format!(
            "basic_auth_users:\n  {name}: '{}'\nhttp_server_config:\n  headers:\n    X-Frame-Options: {frames}\n",
            hash(password)
        )
    };
    let service = Minimal::start("", Some(&web("ada", "one", "deny"))).await;
    // One client, so that a connection outlives the change.
    let client = reqwest::Client::new();
    let url = format!("http://{}/metrics", service.address);
    let get = async |user: &str, password: &str| {
        let answer = client.get(&url).basic_auth(user, Some(password)).send().await.unwrap();
        let frames = answer.headers()["x-frame-options"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), frames)
    };
    assert_eq!(get("ada", "one").await, (200, "deny".to_owned()));
    assert_eq!(get("bob", "two").await, (401, "deny".to_owned()));
    service.write_file("web.yml", &web("bob", "two", "sameorigin"));
    until("the new user gets in", async || get("bob", "two").await.0 == 200).await;
    assert_eq!(get("ada", "one").await, (401, "sameorigin".to_owned()));
}

#[tokio::test]
async fn a_file_that_cannot_be_used_leaves_the_old_one_in_force_and_is_logged_once() {
    let hash = bcrypt::hash("one", 4).unwrap();
    let good = format!("basic_auth_users: {{ada: '{hash}'}}\n");
    let mut service = Minimal::start("", Some(&good)).await;
    let url = format!("http://{}/metrics", service.address);
    let client = reqwest::Client::new();
    let look = async |count: usize, service: &mut Minimal, text: &str| {
        until(text, async || {
            let answer = client.get(&url).basic_auth("ada", Some("one")).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(client.get(&url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
            service.seen_so_far().await.matches(text).count() >= count
        })
        .await;
    };
    for (broken, complaint) in [
        ("basic_auth_users: {ada: plain}\n", "not a bcrypt hash"),
        ("", "opens the door"),
        ("tls_server_config: {min_version: TLS10}\n", "TLS10"),
    ] {
        service.write_file("web.yml", broken);
        look(1, &mut service, complaint).await;
    }
    service.write_file("web.yml", &good);
    look(1, &mut service, "web configuration reloaded").await;
    service.write_file("web.yml", "nonsense: 1\n");
    look(1, &mut service, "nonsense").await;
    service.signal("TERM");
    let (_, log) = service.wait().await;
    assert_eq!(log.matches("web configuration not reloaded").count(), 4, "{log}");
}

#[tokio::test]
async fn too_large_headers_are_refused() {
    let service = Minimal::start("", None).await;
    let large = service.request("/-/healthy").header("x-large", "x".repeat(300 << 10));
    // The server may answer and close before all is sent.
    if let Ok(answer) = large.send().await {
        assert_eq!(answer.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let mut many = service.request("/-/healthy");
    for number in 0..200 {
        many = many.header(format!("x-{number}"), "1");
    }
    let status = many.send().await.unwrap().status();
    assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let fair = service.request("/-/healthy").header("x-fair", "x".repeat(10 << 10));
    assert_eq!(fair.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_says_nothing_is_cut_off() {
    let service = Minimal::start("", None).await;
    let mut stream = tokio::net::TcpStream::connect(service.address).await.unwrap();
    let mut answer = Vec::new();
    let silence = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer));
    silence.await.expect("it may stay for ever").unwrap();
}

#[tokio::test]
async fn http2_without_tls_is_not_spoken() {
    let service = Minimal::start("", None).await;
    let mut stream = tokio::net::TcpStream::connect(service.address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty(), "not closed at once, but answered: {answer:?}");
}
