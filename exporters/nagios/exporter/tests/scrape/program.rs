//! The program itself: its command line, its start-up errors, a reload.

use std::os::unix::net::UnixListener;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::stage::{Alertmanager, Module, eventually, host, service, state};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nagios-exporter"));
    command.arg("--web.listen-address=127.0.0.1:0").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What the program says when it cannot start.
async fn failure(command: &mut Command) -> String {
    let output = command.output().await.unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    said.lines().last().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_configuration_error_names_file_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.yml");
    std::fs::write(&file, "instance: a\nalert_when: always\n").unwrap();
    let flag = format!("--config.file={}", file.display());
    for check in [&["--config.check"][..], &[]] {
        let said = failure(program().arg(&flag).args(check)).await;
        assert!(said.contains("x.yml:2:1: ") && said.contains("alert_when"), "{said}");
    }
    std::fs::write(&file, "instance: a\n").unwrap();
    let output = program().arg(&flag).arg("--config.check").output().await.unwrap();
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("x.yml: ok")
    );
}

#[tokio::test]
async fn a_socket_that_cannot_be_had_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let socket = |name: &str| format!("--nagios.socket={}", folder.path().join(name).display());
    std::fs::write(folder.path().join("file"), "").unwrap();
    let said = failure(program().arg(socket("file"))).await;
    assert!(said.contains("is no socket"), "{said}");
    let _taken = UnixListener::bind(folder.path().join("taken")).unwrap();
    let said = failure(program().arg(socket("taken"))).await;
    assert!(said.contains("another process listens"), "{said}");
    let said = failure(program().arg(socket("no/such/folder"))).await;
    assert!(said.contains("its folder must exist"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_changes_the_alertmanagers_and_a_leftover_socket_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (file, socket) = (folder.path().join("x.yml"), folder.path().join("nagios.sock"));
    std::fs::write(&file, "instance: test\n").unwrap();
    drop(UnixListener::bind(&socket).unwrap());
    let mut exporter = program()
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--nagios.socket={}", socket.display()))
        .spawn()
        .unwrap();
    let url = address(&mut exporter).await;
    let problem = [host("web-1"), service("web-1", "http")].into_iter();
    let states = [state("web-1", "", 0), state("web-1", "http", 2)].map(nagios_event::Frame::State);
    let objects: Vec<_> = problem.chain(states).collect();
    let mut module = Module::start(&socket, 1, 0, &objects).await;
    let seq = module.check(state("web-1", "http", 2)).await;
    // Without an Alertmanager there is nobody to wait for.
    module.acknowledged(seq).await;

    let alertmanager = Alertmanager::start().await;
    std::fs::write(&file, format!("instance: test\n{}", alertmanager.config())).unwrap();
    let client = reqwest::Client::new();
    assert_eq!(client.post(format!("{url}/-/reload")).send().await.unwrap().status(), 200);
    alertmanager.holds(&["web-1 http critical"]).await;

    // A broken file changes nothing.
    std::fs::write(&file, "instance: [\n").unwrap();
    assert_eq!(client.post(format!("{url}/-/reload")).send().await.unwrap().status(), 500);
    alertmanager.holds(&["web-1 http critical"]).await;

    let pid = nix::unistd::Pid::from_raw(exporter.id().unwrap().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let status = eventually("the end", async || exporter.try_wait().unwrap()).await;
    assert!(status.success() && !socket.exists());
    // Its end is no all-clear.
    assert_eq!(alertmanager.alerts().await.len(), 1);
}

/// Where the program listens, as its log tells.
async fn address(exporter: &mut Child) -> String {
    let mut lines = BufReader::new(exporter.stderr.take().unwrap()).lines();
    let mut found = None;
    while let Some(line) = lines.next_line().await.unwrap() {
        let address = line.split(' ').find_map(|field| field.strip_prefix("address="));
        found = found.or(address.map(|address| format!("http://{}", address.trim_matches('"'))));
        if line.contains("waiting for the Nagios module") {
            break;
        }
    }
    // The rest of the log must be read, or the program would wait for somebody to.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    found.expect("the address in the log")
}
