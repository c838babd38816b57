//! What recordings cost, how fast a moment is found, and what a crash leaves.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;
use vnc_recorder::metrics::Metrics;
use vnc_recorder::recording::reader::Reader;
use vnc_recorder::recording::recorder::Recorder;
use vnc_recorder::recording::{Begin, Origin};

use super::process::{Measured, Terminal};
use super::server::{self, Traffic, rectangle};
use super::viewer::{DEADLINE, TOKEN};
use super::{Size, console, open, percentile, recorder};

/// Milliseconds between two changes of the long recording.
const CHANGE: u32 = 250;

/// A crash may lose so much of a recording.
const LOST: Duration = Duration::from_secs(2);

/// Seeks in a long recording at 1080p, over the network: from the command to the whole picture.
pub(super) async fn seek(size: &Size) {
    let folder = tempfile::tempdir().unwrap();
    let length = size.recording_minutes * 60_000;
    let id = long_recording(&folder.path().join("data/recordings"), length).await;
    let program = recorder(folder.path(), ([127, 0, 0, 1], 9).into(), true);
    let mut viewer = open(&program, &json!({ "replay": id })).await;
    viewer.tell(r#"{"command": "pause"}"#).await;
    let mut taken = Vec::new();
    let mut moment = 1_u32;
    for _ in 0..size.seeks {
        // A walk that comes everywhere and follows no order.
        moment = (moment.wrapping_mul(1_664_525).wrapping_add(1_013_904_223)) % length;
        let begun = Instant::now();
        viewer.tell(&json!({"command": "seek", "time_ms": moment}).to_string()).await;
        // Where the clock stands is told after the picture.
        loop {
            let told: Value = serde_json::from_str(&viewer.text().await).unwrap();
            assert!(told["failed"].is_null(), "{told}");
            if told["time_ms"] == moment {
                break;
            }
        }
        taken.push(begun.elapsed());
    }
    eprintln!("seek: median {:?}", percentile(&mut taken, 50));
    println!("vnc_seek_p95_ms {:.0}", percentile(&mut taken, 95).as_secs_f64() * 1e3);
}

/// A recording in which ten places of a full-HD screen change each quarter of a second.
async fn long_recording(folder: &Path, length: u32) -> Uuid {
    std::fs::create_dir_all(folder).unwrap();
    let id = Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef);
    let begin = Begin {
        id,
        started: Timestamp::now(),
        target: "static/desk".into(),
        name: "desk".into(),
        host: None,
        reference: None,
        user: String::new(),
        client: "127.0.0.1".into(),
        width: 1920,
        height: 1080,
        desktop: "desk".into(),
        origin: Origin::Console,
        blue_first: false,
    };
    let path = folder.join(format!("{id}.vncrec"));
    let recorder = Recorder::start(&path, begin, None, Metrics::default()).unwrap();
    let picture: Vec<u8> = (0..1920 * 1080_u32)
        .flat_map(|at| [at as u8, (at >> 8) as u8, (at / 1920) as u8, 0])
        .collect();
    recorder.server_at(0, rectangle((0, 0, 1920, 1080), 0, &picture).into()).await;
    for time in (0..length).step_by(CHANGE as usize) {
        for part in 0..10 {
            let seed = (time / CHANGE * 10 + part).wrapping_mul(2_654_435_761);
            let place = ((seed % 1800) as u16, (seed / 1800 % 1000) as u16, 64, 8);
            let pixels: Vec<u8> =
                (0..64 * 8_u32).flat_map(|at| (seed ^ (at / 5)).to_le_bytes()).collect();
            recorder.server_at(time, Bytes::from(rectangle(place, 0, &pixels))).await;
        }
    }
    assert!(recorder.finish(length, "the end".into()).await.is_some_and(|end| end.hash.is_some()));
    id
}

/// A real terminal, recorded.
pub(super) async fn text(size: &Size) {
    let terminal = Terminal::start();
    let folder = tempfile::tempdir().unwrap();
    let program = recorder(folder.path(), terminal.address, true);
    let mut viewer = console(&program).await;
    let (begun, mut buffer) = (Instant::now(), vec![0; 64 << 10]);
    while begun.elapsed() < size.text {
        // As noVNC does: it asks for what changed when it has drawn what came.
        viewer.send(&[3, 1, 0, 0, 0, 0, 5, 0, 3, 32]).await;
        viewer.read_some(&mut buffer).await;
    }
    drop(viewer);
    let recordings = all_ended(&program).await;
    let recording = &recordings["recordings"][0];
    let bytes = recording["size"].as_f64().unwrap();
    let hours = recording["duration_ms"].as_f64().unwrap() / 3_600_000.0;
    println!("vnc_text_mb_per_hour {:.1}", bytes / 1e6 / hours);
}

/// Kills the program while it records; how many recordings cannot be played to nearly the end then.
pub(super) async fn kill(size: &Size) {
    let server = server::serve(Traffic::Text { every: Duration::from_millis(20) }).await;
    let folder = tempfile::tempdir().unwrap();
    let mut unplayable = 0;
    for round in 0..size.kills {
        let program = recorder(folder.path(), server, true);
        let mut viewer = console(&program).await;
        let begun = Instant::now();
        let length = Duration::from_millis(2500 + (round as u64 * 397) % 2000);
        let mut buffer = vec![0; 64 << 10];
        while begun.elapsed() < length {
            viewer.read_some(&mut buffer).await;
        }
        let lasted = begun.elapsed();
        program.kill();
        let played =
            newest(&folder.path().join("data/recordings")).is_some_and(|path| plays(&path, lasted));
        unplayable += usize::from(!played);
    }
    println!("vnc_kill_unplayable {unplayable}");
}

fn newest(folder: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let newest = files.max_by_key(|file| file.metadata().and_then(|file| file.modified()).ok())?;
    Some(newest.path())
}

fn plays(path: &Path, lasted: Duration) -> bool {
    let played = Reader::open(path, None).and_then(|mut reader| {
        let end = reader.duration();
        reader.seek(end)?;
        Ok(end)
    });
    played.is_ok_and(|end| Duration::from_millis(end.into()) + LOST >= lasted)
}

/// All recordings, once none of them runs any more.
pub(super) async fn all_ended(program: &Measured) -> Value {
    let url = format!("http://{}/api/v1/recordings?limit=1000", program.address);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let begun = Instant::now();
    loop {
        let answer = client.get(&url).bearer_auth(TOKEN).send().await.unwrap();
        let found: Value = answer.json().await.unwrap();
        let all = found["recordings"].as_array().unwrap();
        if !all.is_empty() && all.iter().all(|recording| recording["state"] != "running") {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "{found}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
