//! What is refused, and how clearly.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Output};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::bridge::{Bridge, ONE_PHONE, TOKEN, firing, notification};

#[tokio::test]
async fn bodies_that_can_never_be_read_are_400_and_name_the_field() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let body = notification(&[firing("web-1", "critical", Timestamp::now())]).to_string();
    let truncated = &body[..body.len() / 2];
    let cases = [(truncated, "EOF"), ("", "EOF"), ("{}", "receiver"), ("[1", "expected")];
    for (body, expected) in cases {
        let answer = bridge.webhook().body(body.to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(expected), "expected `{expected}` in: {text}");
    }
    let mut wrong = notification(&[firing("web-1", "critical", Timestamp::now())]);
    wrong["alerts"][0]["labels"] = json!({"host": 5});
    let answer = bridge.webhook().json(&wrong).send().await.unwrap();
    let text = answer.text().await.unwrap();
    assert!(text.starts_with("alerts[0].labels.host: "), "{text}");
    assert_eq!(bridge.story().await.len(), 0);
}

#[tokio::test]
async fn a_wrong_token_or_none_is_401_and_the_feed_needs_none_on_loopback() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let body = notification(&[firing("web-1", "critical", Timestamp::now())]);
    let client = reqwest::Client::new();
    let webhook = || client.post(bridge.url("/api/v1/webhook")).json(&body);
    assert_eq!(webhook().send().await.unwrap().status(), 401);
    assert_eq!(webhook().bearer_auth("wrong").send().await.unwrap().status(), 401);
    assert_eq!(webhook().basic_auth("am", Some(TOKEN)).send().await.unwrap().status(), 401);
    assert_eq!(bridge.story().await.len(), 0);
    assert_eq!(webhook().bearer_auth(TOKEN).send().await.unwrap().status(), 200);
    let log = std::fs::read_to_string(bridge.folder.join("bridge.log")).unwrap();
    assert!(log.contains("bearer token") && !log.contains(TOKEN), "{log}");
}

#[tokio::test]
async fn a_body_of_50_mb_is_413_and_is_not_kept_in_memory() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let before = resident(&bridge);
    let huge = vec![b' '; 50 << 20];
    let answer = bridge.webhook().body(huge.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    // Without a length it is found out on the way.
    let chunks = futures_util::stream::iter(
        huge.chunks(1 << 20)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>(),
    );
    let answer = bridge.webhook().body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert!(answer.text().await.unwrap().contains("larger than 10485760 bytes"));
    let grown = resident(&bridge).saturating_sub(before);
    assert!(grown < 30 << 20, "{grown} bytes more");
}

/// Bytes of memory that the program uses now.
fn resident(bridge: &Bridge) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", bridge.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[tokio::test]
async fn a_body_that_does_not_come_is_503_so_that_alertmanager_tries_again() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let address = bridge.address.clone();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(stream, "POST /api/v1/webhook HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: 100\r\n\r\n{{")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
}

fn run(config: &str, addresses: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.yml");
    std::fs::write(&path, config).unwrap();
    Command::new(env!("CARGO_BIN_EXE_alert-bridge"))
        .arg(format!("--config.file={}", path.display()))
        .arg(format!("--storage.path={}", folder.path().join("data").display()))
        .args(addresses.split(' ').map(|address| format!("--web.listen-address={address}")))
        .output()
        .unwrap()
}

#[test]
fn a_start_that_cannot_be_right_is_refused_with_one_line() {
    let cases = [
        (ONE_PHONE, "0.0.0.0:0", "--web.config.file"),
        (ONE_PHONE, "[::]:0", "can be reached from other machines"),
        (ONE_PHONE, "127.0.0.1:0 0.0.0.0:0", "can be reached from other machines"),
        ("tokens: []\n", "127.0.0.1:0", "tokens: none is configured"),
        ("tokens: [{name: am, token: x}]\ncontactz: []\n", "127.0.0.1:0", "bridge.yml:2:1: "),
    ];
    for (config, addresses, expected) in cases {
        let output = run(config, addresses);
        let written = [output.stdout, output.stderr].concat();
        let written = String::from_utf8_lossy(&written);
        assert!(!output.status.success(), "{written}");
        let error = written.lines().filter(|line| line.contains("level=error")).collect::<Vec<_>>();
        assert!(
            error.len() == 1 && error[0].contains(expected),
            "expected `{expected}` in: {written}"
        );
    }
}
