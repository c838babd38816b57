//! The real smsd of smstools, with the lab's modem on its line.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::bridge::{Bridge, firing};
use crate::spool::acknowledged;
use crate::wait::until;

const CONFIG: &str = "
tokens: [{name: am, token: a-token-for-tests}]
time_zone: UTC
acknowledge_by_reply: true
transports: [{name: modem, smstools: {spool: '{folder}/sms', inboxes: ['{folder}/sms/incoming']}}]
contacts: [{name: duty, phone: '+8613800000000', language: zh, transport: modem}]
routes: [{contacts: [duty]}]
";

/// A modem with an smsd on it; both are killed when dropped.
struct Smsd {
    modem: Modem,
    _smsd: Child,
}

/// The lab's modem.
struct Modem {
    _process: Child,
    line: SocketAddr,
    control: SocketAddr,
}

impl Modem {
    async fn start() -> Self {
        let mut process = Command::new(program("lab-modem").await)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut next = async |name: &str| {
            let line = lines.next_line().await.unwrap().unwrap();
            line.strip_prefix(name).unwrap().trim().parse::<SocketAddr>().unwrap()
        };
        let (line, control) = (next("modem").await, next("control").await);
        Modem { _process: process, line, control }
    }

    /// Asks the control interface for a change.
    async fn tell(&self, method: reqwest::Method, path: &str, query: &[(&str, &str)]) {
        let url = format!("http://{}/-/{path}", self.control);
        let answer = reqwest::Client::new().request(method, url).query(query).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    /// What the network has taken.
    async fn sent(&self) -> Vec<Value> {
        let answer = reqwest::get(format!("http://{}/-/sent", self.control)).await.unwrap();
        answer.json().await.unwrap()
    }
}

impl Smsd {
    async fn start(folder: &Path) -> Self {
        for name in ["outgoing", "checked", "sent", "failed", "incoming"] {
            std::fs::create_dir_all(folder.join("sms").join(name)).unwrap();
        }
        let modem = Modem::start().await;
        let at = folder.join("sms");
        let at = at.display();
        let config = format!(
            "devices = GSM1\noutgoing = {at}/outgoing\nchecked = {at}/checked\nincoming = {at}/incoming\n\
             failed = {at}/failed\nsent = {at}/sent\nlogfile = {at}/smsd.log\ninfofile = {at}/working\n\
             pidfile = {at}/pid\ndelaytime = 1\nerrorsleeptime = 1\nblocktime = 1\nexecutable_check = no\n\
             [GSM1]\ndevice = @{}\nincoming = yes\nmessageids = 3\ncheck_network = 0\nsend_retries = 0\n",
            modem.line
        );
        let path = folder.join("smsd.conf");
        std::fs::write(&path, config).unwrap();
        // Where Debian has it, which is in nobody's path but root's. `-t` keeps it in the foreground.
        let smsd = Command::new("/usr/sbin/smsd")
            .arg("-t")
            .arg(format!("-c{}", path.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("smsd is needed: apt-get install smstools");
        Smsd { modem, _smsd: smsd }
    }
}

/// Starts both, and tells of one problem.
async fn told(output: &str, fault: &[(&str, &str)]) -> (Bridge, Smsd) {
    let bridge = Bridge::start(CONFIG).await;
    let smsd = Smsd::start(&bridge.folder).await;
    smsd.modem.tell(reqwest::Method::PUT, "fault", fault).await;
    let mut alert = firing("web-1", "critical", Timestamp::now());
    alert["annotations"]["output"] = output.into();
    bridge.notify(&[alert]).await;
    (bridge, smsd)
}

async fn state(bridge: &Bridge, state: &str) {
    until(&format!("a message that is {state}"), || async {
        (bridge.deliveries().await.first()?.1 == state).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_long_message_arrives_when_each_part_has() {
    let (bridge, smsd) = told(&"磁盘😀".repeat(22), &[]).await;
    let sent = until("both parts", || async {
        let sent = smsd.modem.sent().await;
        (sent.len() == 2).then_some(sent)
    })
    .await;
    let text: String = sent.iter().map(|part| part["text"].as_str().unwrap()).collect();
    assert_eq!(text, bridge.deliveries().await[0].0);
    assert!(sent.iter().all(|part| part["report"] == true && part["to"] == "+8613800000000"));
    let arrived = async |reference: &str| {
        let query = [("to", "+8613800000000"), ("reference", reference), ("status", "0")];
        smsd.modem.tell(reqwest::Method::POST, "report", &query).await;
    };
    arrived("1").await;
    until("the first receipt", || async {
        let metrics = bridge.get("/metrics").await.text().await.unwrap();
        let counted = "alert_bridge_receipts_total{transport=\"modem\",receipt=\"delivered\"} 1";
        metrics.contains(counted).then_some(())
    })
    .await;
    state(&bridge, "accepted").await;
    arrived("2").await;
    state(&bridge, "delivered").await;
}

#[tokio::test]
async fn a_reply_takes_the_problem_on() {
    let (bridge, smsd) = told("slow", &[]).await;
    until("the message", || async { (smsd.modem.sent().await.len() == 1).then_some(()) }).await;
    let reply = [("from", "+8613800000000"), ("text", "ok 1 好")];
    smsd.modem.tell(reqwest::Method::POST, "receive", &reply).await;
    acknowledged(&bridge, "好").await;
}

#[tokio::test]
async fn what_the_network_refuses_has_failed() {
    let (bridge, smsd) = told("slow", &[("refused", "9")]).await;
    state(&bridge, "failed").await;
    assert!(smsd.modem.sent().await.is_empty());
}

#[tokio::test]
async fn what_the_phone_never_gets_has_failed() {
    let (bridge, smsd) = told("slow", &[]).await;
    until("the message", || async { (smsd.modem.sent().await.len() == 1).then_some(()) }).await;
    let report = [("to", "+8613800000000"), ("reference", "1"), ("status", "70")];
    smsd.modem.tell(reqwest::Method::POST, "report", &report).await;
    state(&bridge, "failed").await;
}

/// One of the lab's programs, built when it is not yet.
async fn program(name: &str) -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap().to_owned();
    let release: &[&str] = if cfg!(debug_assertions) { &[] } else { &["--release"] };
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "lab", "--bin", name])
        .args(release)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .await
        .unwrap();
    assert!(built.success());
    profile.join(name)
}
