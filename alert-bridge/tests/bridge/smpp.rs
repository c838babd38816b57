//! An SMSC that we have not written: npm's smpp. It is installed under the target directory, in the versions that
//! `package-lock.json` pins.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, LazyLock, Mutex};

use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::bridge::{Bridge, firing};
use crate::spool::acknowledged;
use crate::wait::until;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bridge/smsc");

/// The folder that has smpp. It is filled once for each state of the pins.
static NODE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("smsc");
    let pins = std::fs::read_to_string(Path::new(SOURCES).join("package-lock.json")).unwrap();
    let done = folder.join("installed");
    if std::fs::read_to_string(&done).is_ok_and(|installed| installed == pins) {
        return folder;
    }
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(Path::new(SOURCES).join(file), folder.join(file)).unwrap();
    }
    let installed = std::process::Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(&folder)
        .output()
        .expect("npm is needed: make install-test-deps");
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    std::fs::write(done, pins).unwrap();
    folder
});

/// A running SMSC; killed when dropped.
struct Smsc {
    _process: Child,
    phone: ChildStdin,
    port: u64,
    heard: Arc<Mutex<Vec<Value>>>,
}

impl Smsc {
    async fn start() -> Self {
        // Node looks for packages from where the script is.
        let script = tempfile::Builder::new().suffix(".mjs").tempfile_in(&*NODE).unwrap();
        std::fs::copy(Path::new(SOURCES).join("smsc.mjs"), script.path()).unwrap();
        let mut process = Command::new("node")
            .arg(script.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let phone = process.stdin.take().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let heard = Arc::<Mutex<Vec<Value>>>::default();
        let keep = Arc::clone(&heard);
        tokio::spawn(async move {
            let _script = script;
            while let Ok(Some(line)) = lines.next_line().await {
                keep.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        let said = Arc::clone(&heard);
        let port = until("the SMSC's port", || {
            let port = said.lock().unwrap().first().and_then(|first| first["port"].as_u64());
            async move { port }
        })
        .await;
        Smsc { _process: process, phone, port, heard }
    }

    /// What it has said that has this field, in order.
    fn with(&self, field: &str) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|one| one.get(field).is_some()).cloned().collect()
    }
}

/// Starts both, and tells of one problem for each of these outputs.
async fn told(outputs: &[&str]) -> (Bridge, Smsc) {
    let smsc = Smsc::start().await;
    let config = format!(
        "tokens: [{{name: am, token: a-token-for-tests}}]\ntime_zone: UTC\nacknowledge_by_reply: true\n\
         transports: [{{name: smsc, smpp: {{address: '127.0.0.1:{}', system_id: bridge, password: secret, \
         source: alerts, timeout: 10s, enquire_link: 1s}}}}]\n\
         contacts: [{{name: duty, phone: '+8613800000000', transport: smsc}}]\nroutes: [{{contacts: [duty]}}]\n",
        smsc.port
    );
    let bridge = Bridge::start(&config).await;
    until("the bind", || async { (smsc.with("bound").len() == 1).then_some(()) }).await;
    for (number, output) in outputs.iter().enumerate() {
        let mut alert = firing(&format!("web-{number}"), "critical", Timestamp::now());
        alert["annotations"]["output"] = (*output).into();
        bridge.notify(&[alert]).await;
    }
    (bridge, smsc)
}

/// Waits until the messages are in these states.
async fn states(bridge: &Bridge, expected: &[&str]) {
    until(&format!("messages that are {expected:?}"), || async {
        let found = bridge.deliveries().await;
        let states: Vec<_> = found.iter().map(|(_, state)| state.as_str()).collect();
        (states == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_long_message_arrives_in_parts_and_a_reply_takes_the_problem_on() {
    let (bridge, mut smsc) = told(&["slow", &"磁盘😀".repeat(22)]).await;
    states(&bridge, &["delivered", "delivered"]).await;
    assert_eq!(smsc.with("bound")[0]["bound"], 0x34);
    let sent = smsc.with("text");
    assert_eq!(sent.len(), 3);
    assert_eq!((&sent[0]["esm_class"], &sent[0]["data_coding"]), (&0.into(), &0.into()));
    assert!(sent[0]["text"].as_str().unwrap().starts_with("[CRITICAL #1] web-0 / http: slow"));
    assert_eq!((&sent[0]["to"], &sent[0]["ton"]), (&"8613800000000".into(), &1.into()));
    let long: String = sent[1..].iter().map(|part| part["text"].as_str().unwrap()).collect();
    assert_eq!(long, bridge.deliveries().await[1].0);
    assert!(sent[1..].iter().all(|part| part["esm_class"] == 0x40 && part["data_coding"] == 8));
    smsc.phone.write_all(b"ok 2 on my way\n").await.unwrap();
    acknowledged(&bridge, "on my way").await;
    until("an enquire_link", || async { (!smsc.with("enquired").is_empty()).then_some(()) }).await;
}

#[tokio::test]
async fn what_is_throttled_is_sent_again_and_receipts_may_come_early_or_never() {
    let (bridge, smsc) = told(&["THROTTLE", "EARLY", "NEVER"]).await;
    until("all answers", || async { (smsc.with("text").len() == 3).then_some(()) }).await;
    states(&bridge, &["delivered", "delivered", "accepted"]).await;
    assert_eq!(smsc.with("throttled").len(), 1);
}

#[tokio::test]
async fn a_connection_that_drops_or_falls_silent_leaves_one_message_in_doubt() {
    let (bridge, smsc) = told(&["first", "DROP", "third", "SILENT", "fifth"]).await;
    states(&bridge, &["delivered", "in_doubt", "delivered", "in_doubt", "delivered"]).await;
    assert_eq!(smsc.with("text").len(), 5, "each once");
    assert!(smsc.with("bound").len() >= 3, "a new connection after each");
}
