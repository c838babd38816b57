//! Clients of the feed: how late an event comes, what one costs, and how long it takes until all that come back
//! at once have what they missed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::bridge::Bridge;
use crate::p99;

/// Events that are told one by one, a second apart.
const EVENTS: u64 = 20;

/// Events that each client has missed when it comes back.
const MISSED: u64 = 100;

const DEADLINE: Duration = Duration::from_secs(300);

pub(crate) async fn measure(clients: usize) {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Bridge::start(folder.path());
    bridge.notify(["first".to_owned()].into_iter()).await;

    let before = bridge.kilobytes();
    let (heard, mut arrivals) = mpsc::unbounded_channel();
    let listeners = listen(&bridge, clients, 1, EVENTS, heard).await;
    println!("feed_kb_per_client {:.1}", (bridge.kilobytes() - before) / clients as f64);

    let mut late = Vec::with_capacity(clients * EVENTS as usize);
    for event in 0..EVENTS {
        let told = Instant::now();
        bridge.notify([format!("one-{event}")].into_iter()).await;
        for _ in 0..clients {
            let at = tokio::time::timeout(DEADLINE, arrivals.recv()).await.unwrap().unwrap();
            late.push(at.duration_since(told).as_secs_f64() * 1e3);
        }
        tokio::time::sleep_until((told + Duration::from_secs(1)).into()).await;
    }
    println!("feed_10k_p99_ms {:.0}", p99(late));
    drop(listeners);

    bridge.notify((0..MISSED).map(|number| format!("missed-{number}"))).await;
    let (heard, mut arrivals) = mpsc::unbounded_channel();
    let begun = Instant::now();
    let listeners = listen(&bridge, clients, 1 + EVENTS, MISSED, heard);
    let all = async {
        for _ in 0..clients as u64 * MISSED {
            arrivals.recv().await.unwrap();
        }
    };
    let (_listeners, ()) = tokio::join!(listeners, all);
    println!("feed_replay_10k_seconds {:.1}", begun.elapsed().as_secs_f64());
}

/// Connects clients that have seen `seen`, and tells when each of the next `events` has come to each.
async fn listen(
    bridge: &Bridge,
    clients: usize,
    seen: u64,
    events: u64,
    heard: mpsc::UnboundedSender<Instant>,
) -> JoinSet<()> {
    let mut listeners = JoinSet::new();
    let connected = Arc::new(AtomicUsize::new(0));
    // The kernel's queue of new connections is short.
    let gate = Arc::new(Semaphore::new(64));
    for _ in 0..clients {
        let (address, heard) = (bridge.address.clone(), heard.clone());
        let (connected, gate) = (Arc::clone(&connected), Arc::clone(&gate));
        listeners.spawn(async move {
            let mut place = Some(gate.acquire().await.unwrap());
            let mut stream = TcpStream::connect(&address).await.unwrap();
            let request =
                format!("GET /api/v1/feed?last_id={seen} HTTP/1.1\r\nhost: {address}\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut buffer = vec![0; 8192];
            let mut last = seen;
            let mut rest = Vec::new();
            while last < seen + events {
                let length = stream.read(&mut buffer).await.unwrap();
                assert!(length > 0, "the feed has ended after {last}");
                rest.extend_from_slice(&buffer[..length]);
                if place.is_some() && find(&rest, b"retry: 1000").is_some() {
                    place = None;
                    connected.fetch_add(1, Ordering::Relaxed);
                }
                let now = Instant::now();
                while let Some(at) = find(&rest, format!("id: {}\n", last + 1).as_bytes()) {
                    rest.drain(..=at);
                    last += 1;
                    heard.send(now).unwrap();
                }
            }
            std::future::pending::<()>().await;
        });
    }
    let begun = Instant::now();
    while connected.load(Ordering::Relaxed) < clients {
        assert!(begun.elapsed() < DEADLINE, "not all clients are connected");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    listeners
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
