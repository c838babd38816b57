//! The program as a process: its flags, its files, its reloads.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};

const AUTHS: &str = "auths: {public_v2: {}}\n";

const MODULES: &str = "modules: {first: {walk: [1.3]}}\n";

fn command(folder: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snmp-exporter"));
    command.current_dir(folder).args(flags);
    command
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

fn check(files: &[(&str, &str)], flags: &[&str]) -> (bool, String) {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), files);
    let Output { status, stdout, stderr } =
        command(dir.path(), flags).arg("--dry-run").output().unwrap();
    (status.success(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// A running program, killed when dropped.
struct Program {
    process: Child,
    url: String,
}

impl Program {
    fn start(folder: &Path, flags: &[&str]) -> Self {
        let mut command = command(folder, flags);
        let command = command.arg("--web.listen-address=127.0.0.1:0").stderr(Stdio::piped());
        let mut program = Program { process: command.spawn().unwrap(), url: String::new() };
        let log = BufReader::new(program.process.stderr.take().unwrap()).lines();
        let mut seen = String::new();
        for line in log {
            let line = line.unwrap();
            if let Some(address) = line.split("address=").nth(1) {
                program.url = format!("http://{}", address.split(' ').next().unwrap());
                return program;
            }
            seen += &line;
        }
        panic!("ended before it listened: {seen}");
    }

    async fn ask(&self, method: Method, path: &str) -> (StatusCode, String) {
        let url = format!("{}{path}", self.url);
        let answer = reqwest::Client::new().request(method, url).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_dry_run_tells_what_is_wrong() {
    let files = [
        ("auths.yml", AUTHS),
        ("m-1.yml", MODULES),
        ("m-2.yml", "modules: {second: {wolk: []}}\n"),
    ];
    let good = check(&files, &["--config.file=auths.yml", "--config.file=m-1.yml"]);
    assert!(good.0, "{}", good.1);
    let wrong = check(&files, &["--config.file=auths.yml", "--config.file=m-*.yml"]);
    assert!(
        !wrong.0 && wrong.1.contains("m-2.yml:1:20: modules.second.wolk: unknown field"),
        "{}",
        wrong.1
    );
    let secret = "auths: {a: {version: 3, security_level: authNoPriv, username: u, password: $NO_SUCH_VARIABLE}}\n";
    let files = [("x.yml", secret), ("m.yml", MODULES)];
    let both = ["--config.file=x.yml", "--config.file=m.yml"];
    assert!(check(&files, &both).0);
    let wrong = check(&files, &[&both[..], &["--config.expand-environment-variables"]].concat());
    assert!(
        !wrong.0 && wrong.1.contains("auths.a: password: names an environment variable"),
        "{}",
        wrong.1
    );
}

#[test]
fn without_a_flag_snmp_yml_is_read_or_what_is_built_in_stands() {
    assert!(check(&[], &[]).0);
    let wrong = check(&[("snmp.yml", "auth: {}\n")], &[]);
    assert!(!wrong.0 && wrong.1.contains("snmp.yml:1:1: "), "{}", wrong.1);
}

#[tokio::test]
async fn a_reload_reads_the_files_again_and_keeps_what_was_good() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("auths.yml", AUTHS), ("m-1.yml", MODULES)]);
    let program = Program::start(dir.path(), &["--config.file=auths.yml", "--config.file=m-*.yml"]);
    write(dir.path(), &[("m-2.yml", "modules: {second: {walk: [1.3]}}\n")]);
    let (status, _) = program.ask(Method::POST, "/-/reload").await;
    assert_eq!(status, StatusCode::OK);
    let (_, config) = program.ask(Method::GET, "/config").await;
    assert!(config.contains("first:") && config.contains("second:"), "{config}");

    write(dir.path(), &[("m-2.yml", "modules: {second: {timeout: x}}\n")]);
    let (status, error) = program.ask(Method::POST, "/-/reload").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        error.contains("m-2.yml:1:29: modules.second.timeout: \"x\" is not a duration"),
        "{error}"
    );
    let (_, config) = program.ask(Method::GET, "/config").await;
    assert!(config.contains("second:"), "{config}");

    write(dir.path(), &[("m-2.yml", "modules: {third: {walk: [1.3]}}\n")]);
    let id = program.process.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    let deadline = Instant::now() + Duration::from_secs(20);
    while !program.ask(Method::GET, "/config").await.1.contains("third:") {
        assert!(Instant::now() < deadline, "SIGHUP did not reload");
    }
}

#[tokio::test]
async fn own_metrics_pass_promtools_check() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(dir.path(), &[]);
    let (_, metrics) = program.ask(Method::GET, "/metrics").await;
    let path = dir.path().join("metrics");
    std::fs::write(&path, metrics).unwrap();
    let file = std::fs::File::open(path).unwrap();
    let checked = Command::new("promtool").args(["check", "metrics"]).stdin(file).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[tokio::test]
async fn own_metrics_are_where_the_flag_says() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(dir.path(), &["--web.telemetry-path=/own"]);
    let metrics = program.ask(Method::GET, "/own").await;
    assert!(metrics.1.contains("snmp_exporter_build_info"), "{metrics:?}");
    assert_eq!(program.ask(Method::GET, "/metrics").await.0, StatusCode::NOT_FOUND);
    assert!(program.ask(Method::GET, "/").await.1.contains("href=\"/own\""));
    let program = Program::start(dir.path(), &["--web.telemetry-path=/"]);
    assert!(program.ask(Method::GET, "/").await.1.contains("snmp_exporter_build_info"));
    let (taken, error) = check(&[], &["--web.telemetry-path=/snmp"]);
    assert!(!taken && error.contains("`/snmp` is not a path for metrics"), "{error}");
}

#[test]
fn the_peers_flags_are_here() {
    let help = command(Path::new("."), &["--help"]).output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let has = |flag: &str| help.split_whitespace().any(|word| word.trim_end_matches(',') == flag);
    for flag in [
        "--help",
        "--version",
        "--config.file",
        "--config.expand-environment-variables",
        "--log.format",
        "--log.level",
        "--snmp.debug-packets",
        "--snmp.module-concurrency",
        "--snmp.source-address",
        "--snmp.wrap-large-counters",
        "--no-snmp.wrap-large-counters",
        "--web.config.file",
        "--web.listen-address",
        "--web.telemetry-path",
    ] {
        assert!(has(flag), "{flag}");
    }
    // A second name of --config.check. Of the peer's flags --web.systemd-socket alone is missing.
    assert!(check(&[], &[]).0);
}
