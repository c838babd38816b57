//! What the road from a webhook to the outbox bears, and what it loses when it is killed.
//!
//! Prints one `name value` a line: webhooks that 64 connections have answered in a second and how long an answer
//! takes, against the same bytes inserted by as many writers into a bare SQLite with group commit; then messages
//! lost and doubled over a hundred kills at moments spread over what the program does. `BRIDGE_BENCH_SECONDS` and
//! `BRIDGE_BENCH_KILLS` make it shorter.

#![expect(clippy::unwrap_used, reason = "what must hold here fails by panicking")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

const CONNECTIONS: u64 = 64;
const TOKEN: &str = "a-token-for-the-bench";
const DEADLINE: Duration = Duration::from_secs(120);

fn main() {
    let length = Duration::from_secs(number("BRIDGE_BENCH_SECONDS", 10));
    let kills = number("BRIDGE_BENCH_KILLS", 100);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (answered, p99) = webhooks(length).await;
        let inserted = bare_inserts(length).await;
        println!("bridge_webhooks_per_second {answered:.0}");
        println!("bridge_ack_p99_ms {:.1}", p99.as_secs_f64() * 1e3);
        println!("bridge_vs_sqlite_ratio {:.2}", answered / inserted);
        eprintln!("bare inserts per second {inserted:.0}");
        let (lost, doubled) = killed(kills).await;
        println!("bridge_kill_lost {lost}");
        println!("bridge_kill_doubled {doubled}");
    });
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Webhooks answered in a second, and the 99th percentile of the answers' times.
async fn webhooks(length: Duration) -> (f64, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Bridge::start(folder.path(), "127.0.0.1:0", "");
    let next = AtomicU64::new(0);
    let begun = Instant::now();
    let senders = (0..CONNECTIONS).map(|_| async {
        let mut connection = TcpStream::connect(&bridge.address).await.unwrap();
        let mut times = Vec::new();
        while begun.elapsed() < length {
            let request = request(next.fetch_add(1, Ordering::Relaxed));
            let sent = Instant::now();
            let answer = exchange(&mut connection, &request).await;
            assert_eq!(answer, Some(200));
            times.push(sent.elapsed());
        }
        times
    });
    let mut times = futures_util::future::join_all(senders).await.concat();
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    times.sort_unstable();
    (rate, times[times.len() * 99 / 100])
}

/// The same bytes a second into a table of one column, by as many writers that share commits.
async fn bare_inserts(length: Duration) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(folder.path().join("bare.db")).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    connection.pragma_update(None, "synchronous", "full").unwrap();
    connection.execute_batch("CREATE TABLE body (id INTEGER PRIMARY KEY, body BLOB)").unwrap();
    let (sender, mut waiting) = mpsc::channel::<(Vec<u8>, oneshot::Sender<()>)>(1024);
    let writer = std::thread::spawn(move || {
        while let Some(first) = waiting.blocking_recv() {
            let mut batch = vec![first];
            while let Ok(more) = waiting.try_recv() {
                batch.push(more);
            }
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            for (body, _) in &batch {
                let mut insert =
                    connection.prepare_cached("INSERT INTO body (body) VALUES (?1)").unwrap();
                insert.execute([body]).unwrap();
            }
            connection.execute_batch("COMMIT").unwrap();
            batch.into_iter().for_each(|(_, done)| done.send(()).unwrap());
        }
    });
    let next = AtomicU64::new(0);
    let begun = Instant::now();
    let writers = (0..CONNECTIONS).map(|_| async {
        let mut count = 0_u64;
        while begun.elapsed() < length {
            let (done, answer) = oneshot::channel();
            let body = body(&format!("web-{}", next.fetch_add(1, Ordering::Relaxed)));
            sender.send((body.into_bytes(), done)).await.unwrap();
            answer.await.unwrap();
            count += 1;
        }
        count
    });
    let total: u64 = futures_util::future::join_all(writers).await.iter().sum();
    let rate = total as f64 / begun.elapsed().as_secs_f64();
    drop(sender);
    writer.join().unwrap();
    rate
}

/// Messages lost and doubled, of eight problems a round.
async fn killed(rounds: u64) -> (usize, usize) {
    const PROBLEMS: u64 = 8;
    let folder = tempfile::tempdir().unwrap();
    let mut bridge = Bridge::start(folder.path(), "127.0.0.1:0", "digest_after: 1000000\n");
    for round in 0..rounds {
        let problems = (round * PROBLEMS..(round + 1) * PROBLEMS).map(request);
        let problems: Vec<_> = problems.collect();
        let address = bridge.address.clone();
        let posts = futures_util::future::join_all(problems.iter().map(|request| {
            let address = address.clone();
            async move { exchange(&mut TcpStream::connect(address).await.ok()?, request).await }
        }));
        // From before the first commit to after the last message, in steps that share no divisor with a round.
        let moment = Duration::from_micros(round * 7919 % 60_000);
        let killer = async {
            tokio::time::sleep(moment).await;
            bridge.child.kill().unwrap();
            bridge.child.wait().unwrap();
        };
        let (answers, ()) = futures_util::future::join(posts, killer).await;
        send_all(folder.path());
        bridge = Bridge::start(folder.path(), &address, "digest_after: 1000000\n");
        for (request, answer) in problems.iter().zip(answers) {
            // As Alertmanager does: what was not answered is sent again. So is, now and then, what was.
            if answer != Some(200) || round % 2 == 0 {
                let mut connection = TcpStream::connect(&bridge.address).await.unwrap();
                assert_eq!(exchange(&mut connection, request).await, Some(200));
            }
        }
    }
    let expected = (rounds * PROBLEMS) as usize;
    let begun = Instant::now();
    let mut told = BTreeMap::new();
    while told.len() < expected && begun.elapsed() < DEADLINE {
        tokio::time::sleep(Duration::from_millis(100)).await;
        told = send_all(folder.path());
    }
    (expected - told.len(), told.values().filter(|count| **count > 1).count())
}

/// Moves what lies in the outbox to `sent`, as gammu-smsd does. Answers how often each text was sent so far.
fn send_all(folder: &Path) -> BTreeMap<Vec<u8>, usize> {
    let (outbox, sent) = (folder.join("spool/outbox"), folder.join("spool/sent"));
    for entry in std::fs::read_dir(&outbox).unwrap() {
        let name = entry.unwrap().file_name();
        if !name.to_str().unwrap().starts_with('.') {
            std::fs::rename(outbox.join(&name), sent.join(&name)).unwrap();
        }
    }
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(&sent).unwrap() {
        *texts.entry(std::fs::read(entry.unwrap().path()).unwrap()).or_default() += 1;
    }
    texts
}

/// One request and the status of its answer; none when the program was killed under it.
async fn exchange(connection: &mut TcpStream, request: &[u8]) -> Option<u16> {
    connection.write_all(request).await.ok()?;
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        if connection.read_buf(&mut answer).await.ok()? == 0 {
            return None;
        }
    }
    // `HTTP/1.1 200 OK`; what is answered with 200 has no body.
    std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()
}

fn request(problem: u64) -> Vec<u8> {
    let body = body(&format!("web-{problem}"));
    let length = body.len();
    format!(
        "POST /api/v1/webhook HTTP/1.1\r\nhost: bridge\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A notification as Alertmanager writes it, of one alert.
fn body(host: &str) -> String {
    let labels: Value = json!({
        "alertname": "NagiosServiceProblem", "host": host, "instance": "nagios-1", "road": "fast",
        "service": "http", "severity": "critical", "source": "nagios",
    });
    let alert = json!({
        "status": "firing", "labels": labels, "fingerprint": "0",
        "annotations": {"output": "connect to address 192.0.2.7 and port 80: Connection refused", "summary": host},
        "startsAt": Timestamp::now().to_string(), "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "",
    });
    json!({
        "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing", "receiver": "people",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://alertmanager",
        "alerts": [alert],
    })
    .to_string()
}

/// A running alert-bridge with one phone behind a gammu spool; killed when dropped.
struct Bridge {
    address: String,
    child: Child,
}

impl Bridge {
    /// Starts it in `folder`, and waits until it listens.
    fn start(folder: &Path, address: &str, more: &str) -> Self {
        for name in ["outbox", "sent", "error", "inbox"] {
            std::fs::create_dir_all(folder.join("spool").join(name)).unwrap();
        }
        let config = folder.join("bridge.yml");
        let text = format!(
            "tokens: [{{name: am, token: {TOKEN}}}]\n{more}\
             transports: [{{name: modem, gammu: {{spool: '{}'}}}}]\n\
             contacts: [{{name: duty, phone: '+8613800000000', transport: modem}}]\nroutes: [{{contacts: [duty]}}]\n",
            folder.join("spool").display()
        );
        std::fs::write(&config, text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_alert-bridge"))
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.by_ref().find_map(|line| {
            let line = line.unwrap();
            Some(line.split_once("message=started")?.1.split_once("address=")?.1.to_owned())
        });
        // Read on, or the program would wait for room in the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        // It has bound its port before it says so; connections wait there until it serves.
        Bridge { address: address.unwrap(), child }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
