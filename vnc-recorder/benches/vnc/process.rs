//! The programs that are measured, each with a port of its own, and what they cost.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::viewer::DEADLINE;

/// A program and whatever it starts; ended when dropped.
pub(crate) struct Measured {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Measured {
    /// Debian's websockify in front of `target`, perhaps recording.
    pub(crate) fn websockify(target: SocketAddr, record: Option<&Path>) -> Self {
        let address = free_address();
        let mut command = Command::new("websockify");
        command.args(record.map(|path| format!("--record={}", path.display())));
        command.args([address.to_string(), target.to_string()]);
        Self::start(command, address)
    }

    /// This very program as a relay of TCP, by `tokio::io::copy_bidirectional`.
    pub(crate) fn copy(target: SocketAddr) -> Self {
        let address = free_address();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["copy", &address.to_string(), &target.to_string()]);
        Self::start(command, address)
    }

    /// vnc-recorder with `configuration` and its recordings in `folder`.
    pub(crate) fn recorder(folder: &Path, configuration: &str) -> Self {
        let file = folder.join("vnc-recorder.yml");
        std::fs::write(&file, configuration).unwrap();
        let address = free_address();
        let mut command = Command::new(env!("CARGO_BIN_EXE_vnc-recorder"));
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=warn");
        Self::start(command, address)
    }

    fn start(mut command: Command, address: SocketAddr) -> Self {
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let measured = Measured { child, address };
        let begun = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < DEADLINE, "{command:?} does not listen");
            std::thread::yield_now();
        }
        measured
    }

    /// CPU seconds of the program and of all that it has started, so far.
    pub(crate) fn cpu(&self) -> f64 {
        const TICKS_PER_SECOND: f64 = 100.0; // of Linux, wherever we run
        let ticks: u64 = self.family().iter().map(|stat| stat.ticks).sum();
        ticks as f64 / TICKS_PER_SECOND
    }

    /// Resident memory in MiB.
    pub(crate) fn memory(&self) -> f64 {
        self.mebibytes("VmRSS:")
    }

    /// The most resident memory that it had so far, in MiB.
    pub(crate) fn peak_memory(&self) -> f64 {
        self.mebibytes("VmHWM:")
    }

    fn mebibytes(&self, field: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The program and its children, that run or have ended: websockify has one for each connection.
    fn family(&self) -> Vec<Stat> {
        let root = self.child.id();
        let processes = std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| Stat::read(entry.ok()?.file_name().to_str()?.parse().ok()?));
        processes.filter(|stat| stat.pid == root || stat.parent == root).collect()
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        for Stat { pid, .. } in self.family() {
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
        let _ = self.child.wait();
    }
}

struct Stat {
    pid: u32,
    parent: u32,
    /// Of itself and of its children that have ended.
    ticks: u64,
}

impl Stat {
    fn read(pid: u32) -> Option<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name may have spaces; it ends at the last parenthesis (proc_pid_stat(5)).
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let ticks = (11..=14).map(number).sum::<Option<u64>>()?;
        Some(Stat { pid, parent: number(1)? as u32, ticks })
    }
}

/// A port that nobody has now: websockify cannot be asked which one it took.
fn free_address() -> SocketAddr {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}

/// A real VNC server with a terminal in which a line is written each half second.
pub(crate) struct Terminal {
    children: Vec<Child>,
    pub(crate) address: SocketAddr,
}

impl Terminal {
    pub(crate) fn start() -> Self {
        let address = free_address();
        let mut server = Command::new("Xtigervnc")
            .args(["-displayfd", "1", "-rfbport", &address.port().to_string(), "-localhost"])
            .args(["-SecurityTypes", "None", "-AlwaysShared", "-geometry", "1280x800"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xtigervnc, from tigervnc-standalone-server");
        let mut display = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut display).unwrap();
        let lines = "while :; do date; ls -l /proc/self/fd; sleep 0.5; done";
        let terminal = Command::new("xterm")
            .args(["-geometry", "120x40", "-e", "sh", "-c", lines])
            .env("DISPLAY", format!(":{}", display.trim()))
            .stderr(Stdio::null())
            .spawn()
            .expect("xterm");
        Terminal { children: vec![terminal, server], address }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
