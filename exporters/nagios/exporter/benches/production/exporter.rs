//! nagios-exporter as a process of its own, and its pages.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(120);

/// The program. Killed when dropped.
pub(crate) struct Exporter {
    command: Command,
    process: Child,
    address: String,
}

impl Exporter {
    /// Starts it with what it needs besides an address, in the folder of its configuration.
    pub(crate) fn start(folder: &Path, config: &str, arguments: &[String]) -> Self {
        let file = folder.join("nagios-exporter.yml");
        std::fs::write(&file, config).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_nagios-exporter"));
        command
            .arg(format!("--web.listen-address={address}"))
            .arg(format!("--config.file={}", file.display()))
            .arg("--log.level=error")
            .args(arguments);
        let process = command.spawn().unwrap();
        Exporter { command, process, address }
    }

    /// Starts it for the module at a socket, and waits until it listens there.
    pub(crate) fn listen(socket: &Path, config: &str, arguments: &[String]) -> Self {
        let socket_argument = format!("--nagios.socket={}", socket.display());
        let arguments = [&[socket_argument], arguments].concat();
        let exporter = Self::start(socket.parent().unwrap(), config, &arguments);
        until("the socket", || std::os::unix::net::UnixStream::connect(socket).is_ok());
        exporter
    }

    /// Ends it as `kill -9` does, and starts it again.
    pub(crate) fn kill_and_restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = self.command.spawn().unwrap();
    }

    pub(crate) fn wait_until_ready(&self) {
        until("readiness", || {
            self.get("/-/ready", "gzip").is_some_and(|page| page.starts_with(b"HTTP/1.1 200"))
        });
    }

    /// The value of a series on a page; `None` while there is none.
    pub(crate) fn metric(&self, path: &str, series: &str) -> Option<f64> {
        let page = String::from_utf8(self.get(path, "identity")?).unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        Some(line.parse().unwrap())
    }

    /// Head and body of a page; `None` when nobody answers.
    pub(crate) fn get(&self, path: &str, encoding: &str) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: {accept}\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n",
            self.address
        )
        .ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(answer)
    }

    /// The most memory that it has had.
    pub(crate) fn resident_megabytes(&self) -> f64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Asks again until it holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < DEADLINE, "{what} did not come in time");
        std::thread::sleep(Duration::from_millis(20));
    }
}
