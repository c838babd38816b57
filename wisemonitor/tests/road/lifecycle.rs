//! What `up` leaves behind, what it refuses, and what it does when a part dies.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use crate::suite::{PAUSE, Suite, wisemonitor};

#[tokio::test]
async fn ctrl_c_leaves_no_process_and_no_socket() {
    let mut suite = Suite::start().await;
    assert!(!processes_of(&suite).is_empty() && !left_behind(suite.dir()).is_empty());
    suite.stop().await;
    all_gone(&suite, Duration::from_millis(100)).await;
    assert_eq!(left_behind(suite.dir()), Vec::<PathBuf>::new());
    for port in
        [9090, 9093, 9116, 10161, 10180, 10190, 10191, 10192, 10193, 10194, 10280, 10282, 10283]
    {
        TcpListener::bind((suite.address(), port)).unwrap();
    }
}

#[tokio::test]
async fn an_up_killed_by_force_leaves_no_process() {
    let suite = Suite::start().await;
    kill(Pid::from_raw(suite.process().try_into().unwrap()), Signal::SIGKILL).unwrap();
    all_gone(&suite, Duration::from_secs(15)).await;
}

#[tokio::test]
async fn a_suite_refuses_what_cannot_be_and_brings_back_what_dies() {
    let mut suite = Suite::start().await;
    let error = |output: std::process::Output| {
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let address = suite.address().to_string();

    let second = error(suite.try_command("up", &[]).await);
    assert!(second.contains("a suite runs in") && second.contains("--dir"), "{second}");
    assert_eq!(second.lines().count(), 1, "{second}");

    let other = tempfile::tempdir().unwrap();
    let taken =
        error(wisemonitor("up", other.path()).args(["--address", &address]).output().unwrap());
    assert!(taken.contains("port 10180") && taken.contains("--address 127.0.0."), "{taken}");
    assert_eq!(taken.lines().count(), 1, "{taken}");

    let nothing = error(wisemonitor("status", other.path()).output().unwrap());
    assert!(
        nothing.contains("no suite runs in") && nothing.contains("wisemonitor up"),
        "{nothing}"
    );

    let unknown = error(suite.try_command("break", &["wob"]).await);
    assert!(unknown.contains("`wob`, expected one of web, gammu-smsd"), "{unknown}");
    assert!(suite.command("break", &["--list"]).await.contains("alert-bridge"));

    // A part that dies comes back; one that is broken on request does not.
    let before = suite.pids().await["prometheus"];
    suite.command("break", &["web"]).await;
    suite.signal("prometheus", Signal::SIGKILL).await;
    suite
        .until("Prometheus is back", async || {
            suite.pids().await.get("prometheus").is_some_and(|pid| *pid != before)
        })
        .await;
    assert!(!suite.pids().await.contains_key("web"));
    assert!(suite.command("status", &[]).await.contains("broken"));
    suite.stop().await;
}

async fn all_gone(suite: &Suite, limit: Duration) {
    let deadline = Instant::now() + limit;
    while !processes_of(suite).is_empty() {
        assert!(Instant::now() < deadline, "{:?}", processes_of(suite));
        sleep(PAUSE).await;
    }
}

/// Command lines of all processes that name this suite's folder or address.
fn processes_of(suite: &Suite) -> Vec<String> {
    let names = [suite.dir().display().to_string(), suite.address().to_string()];
    let processes = std::fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|process| {
            let line = std::fs::read(process.ok()?.path().join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            names.iter().any(|name| line.contains(name)).then_some(line)
        })
        .collect()
}

/// All sockets, pipes and pid files below a folder.
fn left_behind(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .flat_map(|entry| {
            let (kind, path) = (entry.file_type().unwrap(), entry.path());
            let is_pid_file = path.extension().is_some_and(|end| end == "pid" || end == "lock");
            match kind.is_dir() {
                true => left_behind(&path),
                false if !kind.is_file() || is_pid_file => vec![path],
                false => Vec::new(),
            }
        })
        .collect()
}
