//! The parse of the hosts' answers alone: the bytes that come every five seconds, read with the legend of the last time.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xenapi::rrd::Parser;

use crate::lab::Lab;

/// Seconds between two answers of a host.
const STEP: f64 = 5.0;
const RUNS: usize = 5;
/// TLS brings them in pieces of this size.
const PIECE: usize = 16 << 10;

/// The share of a core.
pub(crate) fn core_ratio(lab: &Lab) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answers = runtime.block_on(answers(lab));
    let bytes: usize = answers.iter().map(String::len).sum();
    eprintln!("{:.1} MB every five seconds", bytes as f64 / 1e6);
    let all: Duration = answers.iter().map(|answer| parse(answer.as_bytes())).sum();
    all.as_secs_f64() / STEP
}

/// The best of several, because everything else runs on the same machine.
fn parse(answer: &[u8]) -> Duration {
    let mut parser = Parser::default();
    let mut once = || {
        let begin = Instant::now();
        parser.begin();
        for piece in answer.chunks(PIECE) {
            parser.push(piece).unwrap();
        }
        assert!(parser.finish().unwrap().rows() > 0);
        begin.elapsed()
    };
    once();
    (0..RUNS).map(|_| once()).min().unwrap_or_default()
}

/// One row of each host.
async fn answers(lab: &Lab) -> Vec<String> {
    let authority = std::fs::read(lab.folder.path().join("ca.pem")).unwrap();
    let client = reqwest::Client::builder()
        .add_root_certificate(reqwest::Certificate::from_pem(&authority).unwrap())
        .build()
        .unwrap();
    let login = json!({"jsonrpc": "2.0", "id": 1, "method": "session.login_with_password",
        "params": ["root", "lab", "1.0", "bench"]});
    let url = format!("https://{}/jsonrpc", lab.hosts[0]);
    let answer: Value = client.post(url).json(&login).send().await.unwrap().json().await.unwrap();
    let session = answer["result"].as_str().unwrap();
    let mut answers = Vec::new();
    for host in &lab.hosts {
        let query = "start=-5&host=true&cf=AVERAGE&interval=5";
        let url = format!("https://{host}/rrd_updates?session_id={session}&{query}");
        answers.push(client.get(url).send().await.unwrap().text().await.unwrap());
    }
    answers
}
