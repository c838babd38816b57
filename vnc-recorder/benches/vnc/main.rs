//! What a console costs beside Debian's `websockify` and a plain copy by tokio, all measured in this run on the same
//! servers with the same viewers.
//!
//! Prints one `name value` a line. `SHORT=1` does everything once and briefly, to see that it works.

#![expect(clippy::unwrap_used, reason = "what must hold here fails by panicking")]

mod process;
mod recordings;
mod server;
mod viewer;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use process::Measured;
use serde_json::{Value, json};
use server::{PACED_BYTES, Traffic};
use viewer::{TOKEN, Viewer};

/// How much is done.
pub(crate) struct Size {
    rounds: usize,
    bulk_bytes: u64,
    connections: usize,
    paced: Duration,
    recorded: Duration,
    pub(crate) recording_minutes: u32,
    pub(crate) seeks: usize,
    pub(crate) text: Duration,
    pub(crate) kills: usize,
}

const WHOLE: Size = Size {
    rounds: 5,
    bulk_bytes: 2 << 30,
    connections: 100,
    paced: Duration::from_secs(15),
    recorded: Duration::from_secs(15),
    recording_minutes: 60,
    seeks: 200,
    text: Duration::from_secs(180),
    kills: 50,
};

const SHORT: Size = Size {
    rounds: 1,
    bulk_bytes: 64 << 20,
    connections: 10,
    paced: Duration::from_secs(2),
    recorded: Duration::from_secs(2),
    recording_minutes: 2,
    seeks: 10,
    text: Duration::from_secs(5),
    kills: 2,
};

/// An update of each paced connection comes so often.
const PACE: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().collect();
    if let [_, word, listen, target] = &words[..]
        && word == "copy"
    {
        return copy(listen.parse().unwrap(), target.parse().unwrap()).await;
    }
    let size = if std::env::var_os("SHORT").is_some() { SHORT } else { WHOLE };
    bulk(&size).await;
    paced(&size).await;
    recorded(&size).await;
    recordings::seek(&size).await;
    recordings::text(&size).await;
    recordings::kill(&size).await;
}

/// Relays TCP: the least that a proxy can do.
async fn copy(listen: SocketAddr, target: SocketAddr) {
    let listener = tokio::net::TcpListener::bind(listen).await.unwrap();
    while let Ok((mut near, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut far = tokio::net::TcpStream::connect(target).await?;
            far.set_nodelay(true)?;
            near.set_nodelay(true)?;
            tokio::io::copy_bidirectional(&mut near, &mut far).await
        });
    }
}

/// vnc-recorder with one target, `desk`.
pub(crate) fn recorder(folder: &Path, target: SocketAddr, record: bool) -> Measured {
    let limits = "sessions: 1000, sessions_per_user: 1000, sessions_per_target: 1000";
    let configuration = format!(
        "targets: [{{name: desk, address: '{target}', record: {record}}}]\n\
         recording: {{reserve: 1MiB}}\n\
         limits: {{{limits}}}\n\
         access: {{tokens: [{{name: bench, role: admin, token: {TOKEN}}}]}}\n"
    );
    Measured::recorder(folder, &configuration)
}

/// Opens what a ticket is asked for.
pub(crate) async fn open(program: &Measured, wanted: &Value) -> Viewer {
    let url = format!("http://{}/api/v1/tickets", program.address);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(url).bearer_auth(TOKEN).json(wanted).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let (path, ticket) = (answer["path"].as_str().unwrap(), answer["ticket"].as_str().unwrap());
    Viewer::websocket(program.address, &format!("{path}?ticket={ticket}")).await
}

pub(crate) async fn console(program: &Measured) -> Viewer {
    let mut viewer = open(program, &json!({"console": "static/desk"})).await;
    viewer.shake_hands().await;
    viewer
}

async fn through_websockify(proxy: &Measured) -> Viewer {
    let mut viewer = Viewer::websocket(proxy.address, "/").await;
    viewer.shake_hands().await;
    viewer
}

async fn plain(address: SocketAddr) -> Viewer {
    let mut viewer = Viewer::plain(address).await;
    viewer.shake_hands().await;
    viewer
}

async fn bulk(size: &Size) {
    let server = server::serve(Traffic::Bulk).await;
    let folder = tempfile::tempdir().unwrap();
    let websockify = Measured::websockify(server, None);
    let copy = Measured::copy(server);
    let ours = recorder(folder.path(), server, false);
    let mut best = [0.0_f64; 3];
    for _ in 0..size.rounds {
        let rates = [
            rate(through_websockify(&websockify).await, size.bulk_bytes).await,
            rate(plain(copy.address).await, size.bulk_bytes).await,
            rate(console(&ours).await, size.bulk_bytes).await,
        ];
        best = std::array::from_fn(|at| best[at].max(rates[at]));
    }
    eprintln!("bulk MB/s: websockify {:.0}, copy {:.0}, ours {:.0}", best[0], best[1], best[2]);
    println!("vnc_bulk_vs_websockify {:.2}", best[2] / best[0]);
    println!("vnc_bulk_vs_tokio_copy {:.2}", best[2] / best[1]);
}

/// Megabytes a second.
async fn rate(mut viewer: Viewer, bytes: u64) -> f64 {
    let mut buffer = vec![0; 1 << 20];
    let (begun, mut read) = (Instant::now(), 0);
    while read < bytes {
        read += viewer.read_some(&mut buffer).await as u64;
    }
    read as f64 / 1e6 / begun.elapsed().as_secs_f64()
}

async fn paced(size: &Size) {
    let epoch = Instant::now();
    let server = server::serve(Traffic::Paced { every: PACE, epoch }).await;
    let folder = tempfile::tempdir().unwrap();
    let websockify = Measured::websockify(server, None);
    let ours = recorder(folder.path(), server, false);
    let mut viewers = Vec::new();
    for _ in 0..size.connections {
        viewers.push(plain(server).await);
    }
    let direct = latency(viewers, epoch, size.paced).await;

    let mut viewers = Vec::new();
    for _ in 0..size.connections {
        viewers.push(through_websockify(&websockify).await);
    }
    let before = websockify.cpu();
    let theirs = latency(viewers, epoch, size.paced).await;
    let their_cpu = websockify.cpu() - before;
    drop(websockify);

    // What is needed for the first connection is not a connection's.
    drop(console(&ours).await);
    let memory = ours.memory();
    let mut viewers = Vec::new();
    for _ in 0..size.connections {
        viewers.push(console(&ours).await);
    }
    let before = ours.cpu();
    let own = latency(viewers, epoch, size.paced).await;
    let own_cpu = ours.cpu() - before;
    eprintln!("paced p99 ms: direct {direct:.2}, websockify {theirs:.2}, ours {own:.2}");
    eprintln!("paced CPU s: websockify {their_cpu:.2}, ours {own_cpu:.2}");
    println!("vnc_paced_added_p99_ms {:.2}", own - direct);
    let grown = ours.peak_memory() - memory;
    println!("vnc_mib_per_connection {:.2}", grown / size.connections as f64);
    println!("vnc_paced_cpu_ratio {:.2}", own_cpu / their_cpu);
}

/// The slowest update but a hundredth, in milliseconds.
async fn latency(viewers: Vec<Viewer>, epoch: Instant, length: Duration) -> f64 {
    let until = Instant::now() + length;
    let watch = |mut viewer: Viewer| async move {
        let mut seen = Vec::new();
        while Instant::now() < until {
            let update = viewer.read(PACED_BYTES).await;
            let sent = u64::from_be_bytes(update[16..24].try_into().unwrap());
            seen.push(epoch.elapsed().saturating_sub(Duration::from_nanos(sent)));
        }
        seen
    };
    let watching: Vec<_> = viewers.into_iter().map(|viewer| tokio::spawn(watch(viewer))).collect();
    let mut all = Vec::new();
    for seen in watching {
        all.extend(seen.await.unwrap());
    }
    percentile(&mut all, 99).as_secs_f64() * 1e3
}

pub(crate) fn percentile(all: &mut [Duration], percent: usize) -> Duration {
    all.sort_unstable();
    all[(all.len() * percent).div_ceil(100) - 1]
}

async fn recorded(size: &Size) {
    const VIEWERS: usize = 20;
    let server = server::serve(Traffic::Text { every: Duration::from_millis(10) }).await;
    let (theirs, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let websockify = Measured::websockify(server, Some(&theirs.path().join("session")));
    let ours = recorder(own.path(), server, true);
    let mut viewers = Vec::new();
    for _ in 0..VIEWERS {
        viewers.push(through_websockify(&websockify).await);
    }
    let before = websockify.cpu();
    let their_bytes = swallow(viewers, size.recorded).await;
    let their_cpu = (websockify.cpu() - before) / their_bytes as f64;
    drop(websockify);
    let mut viewers = Vec::new();
    for _ in 0..VIEWERS {
        viewers.push(console(&ours).await);
    }
    let before = ours.cpu();
    let own_bytes = swallow(viewers, size.recorded).await;
    let own_cpu = (ours.cpu() - before) / own_bytes as f64;
    recordings::all_ended(&ours).await;
    let their_size = folder_size(theirs.path()) as f64 / their_bytes as f64;
    let own_size = folder_size(&own.path().join("data/recordings")) as f64 / own_bytes as f64;
    eprintln!("recording CPU s/GB: websockify {:.1}, ours {:.1}", their_cpu * 1e9, own_cpu * 1e9);
    eprintln!("recording size of the stream's: websockify {their_size:.2}, ours {own_size:.3}");
    println!("vnc_record_cpu_ratio {:.2}", own_cpu / their_cpu);
    println!("vnc_record_size_ratio {:.3}", own_size / their_size);
}

/// Reads for a while; how much came.
async fn swallow(viewers: Vec<Viewer>, length: Duration) -> u64 {
    let until = Instant::now() + length;
    let read = |mut viewer: Viewer| async move {
        let (mut buffer, mut read) = (vec![0; 64 << 10], 0);
        while Instant::now() < until {
            read += viewer.read_some(&mut buffer).await as u64;
        }
        read
    };
    let reading: Vec<_> = viewers.into_iter().map(|viewer| tokio::spawn(read(viewer))).collect();
    let mut all = 0;
    for read in reading {
        all += read.await.unwrap();
    }
    all
}

fn folder_size(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}
