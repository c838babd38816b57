//! What a large site costs: the program with 50,000 services of five series and three measurements each, which go
//! on changing while it is scraped 50 times as Prometheus does.
//!
//! Prints one `name value` a line: the time that 99 of 100 scrapes do not exceed, in milliseconds, and the most
//! memory that the program has had, in megabytes.

#![expect(clippy::unwrap_used, reason = "what must hold here fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "load and scrapes come at a pace")]

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nagios_event::{
    Body, Check, Event, Flags, Frame, Group, GroupKind, Hello, Host, MAX_FRAME, PROTOCOL, Service,
    Settings, SnapshotBegin, State, encode,
};

const HOSTS: usize = 2500;
const SERVICES_EACH: usize = 20;
const SCRAPES: usize = 50;
/// What 50,000 services with a check interval of five minutes give.
const UPDATES_A_SECOND: usize = 170;
const DEADLINE: Duration = Duration::from_secs(60);

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("nagios.sock");
    let exporter = Exporter::start(&socket);
    let stopped = Arc::new(AtomicBool::new(false));
    let mut module = Module::connect(&socket);
    module.snapshot();
    let module = std::thread::spawn({
        let stopped = Arc::clone(&stopped);
        move || module.go_on(&stopped)
    });
    exporter.wait_until_ready();
    let mut times: Vec<Duration> = (0..SCRAPES).map(|_| exporter.scrape()).collect();
    times.sort();
    // The nearest rank of 50 is the slowest of all.
    let p99 = times[(times.len() * 99).div_ceil(100) - 1];
    eprintln!("fastest {:?}, median {:?}", times[0], times[times.len() / 2]);
    println!("nagios_scrape_50k_p99_ms {:.0}", p99.as_secs_f64() * 1e3);
    println!("nagios_exporter_rss_mb {:.0}", exporter.resident_megabytes());
    let series = exporter.series();
    assert!(series >= HOSTS * SERVICES_EACH * 8, "{series} series");
    stopped.store(true, Ordering::Relaxed);
    module.join().unwrap();
}

/// The program. Killed when dropped.
struct Exporter {
    process: Child,
    address: String,
}

impl Exporter {
    fn start(socket: &Path) -> Self {
        let config = socket.with_file_name("nagios-exporter.yml");
        std::fs::write(&config, "metrics: [check_attempt]\n").unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let process = Command::new(env!("CARGO_BIN_EXE_nagios-exporter"))
            .arg(format!("--web.listen-address={address}"))
            .arg(format!("--nagios.socket={}", socket.display()))
            .arg(format!("--config.file={}", config.display()))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let exporter = Exporter { process, address };
        until("the socket", || socket.exists() && UnixStream::connect(socket).is_ok());
        exporter
    }

    fn wait_until_ready(&self) {
        until("readiness", || self.get("/-/ready", "gzip").starts_with(b"HTTP/1.1 200"));
    }

    /// How long a whole page takes, from the request to its last byte.
    fn scrape(&self) -> Duration {
        let begin = Instant::now();
        let page = self.get("/metrics", "gzip");
        let time = begin.elapsed();
        assert!(
            page.starts_with(b"HTTP/1.1 200") && page.len() > 1_000_000,
            "{} bytes",
            page.len()
        );
        // The page changes at least each second, so no scrape is served from memory alone.
        std::thread::sleep(Duration::from_millis(200));
        time
    }

    /// How many series a page has.
    fn series(&self) -> usize {
        let page = self.get("/metrics", "identity");
        page.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"nagios_")).count()
    }

    fn get(&self, path: &str, encoding: &str) -> Vec<u8> {
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: {accept}\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n",
            self.address
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    fn resident_megabytes(&self) -> f64 {
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

/// Stands in for the Nagios module.
struct Module {
    stream: UnixStream,
    frame: Vec<u8>,
    seq: u64,
}

impl Module {
    fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        // Acknowledgements are not read; nobody waits for that.
        let mut module = Module { stream, frame: vec![0; MAX_FRAME], seq: 0 };
        let hello = Hello { protocol: PROTOCOL, epoch: 1, pid: 1, ..Hello::default() };
        module.send(&Frame::Hello(hello));
        module
    }

    fn snapshot(&mut self) {
        self.send(&Frame::SnapshotBegin(SnapshotBegin::default()));
        for host in 0..HOSTS {
            let address = format!("10.0.{}.{}", host / 256, host % 256);
            let host =
                Host { name: host_name(host), alias: host_name(host), address, ..Host::default() };
            self.send(&Frame::Host(host));
        }
        for number in 0..HOSTS * SERVICES_EACH {
            let settings = Settings {
                check_interval: 300.0,
                contacts: vec!["admins".to_owned()],
                ..Settings::default()
            };
            self.send(&Frame::Service(Service {
                host: host_name(number / SERVICES_EACH),
                name: service_name(number),
                check_command: format!("check_application!{}", number % SERVICES_EACH),
                notification_period: "24x7".to_owned(),
                settings,
                ..Service::default()
            }));
        }
        for group in 0..50 {
            let members = (0..HOSTS).filter(|host| host % 50 == group);
            self.send(&Frame::Group(Group {
                kind: GroupKind::Host,
                name: format!("group-{group}"),
                alias: String::new(),
                members: members.map(|host| (host_name(host), String::new())).collect(),
            }));
        }
        for number in 0..HOSTS * SERVICES_EACH {
            self.send(&Frame::State(state(number, 0)));
        }
        self.send(&Frame::SnapshotEnd);
    }

    /// Checks one service after the other until it is told to stop.
    fn go_on(mut self, stopped: &AtomicBool) {
        const PAUSE: Duration = Duration::from_millis(100);
        let mut round = 0;
        while !stopped.load(Ordering::Relaxed) {
            for _ in 0..UPDATES_A_SECOND / 10 {
                self.seq += 1;
                let number = self.seq as usize * 7919 % (HOSTS * SERVICES_EACH);
                let body = Body::Check(Check { state: state(number, round), ..Check::default() });
                let event = Event { epoch: 1, seq: self.seq, at_us: 0, body };
                self.send(&Frame::Event(event));
            }
            round += 1;
            std::thread::sleep(PAUSE);
        }
    }

    fn send(&mut self, frame: &Frame) {
        let size = encode(&mut self.frame, frame).unwrap();
        self.stream.write_all(&self.frame[..size]).unwrap();
    }
}

fn host_name(number: usize) -> String {
    format!("host-{number:05}.example.com")
}

fn service_name(number: usize) -> String {
    format!("Application check {:02}", number % SERVICES_EACH)
}

/// A state that is another in each round. One service in a hundred has a problem.
fn state(number: usize, round: usize) -> State<String> {
    let flags = [
        Flags::CHECKED,
        Flags::HARD,
        Flags::NOTIFICATIONS,
        Flags::ACTIVE_CHECKS,
        Flags::LAYOUT_KNOWN,
    ];
    let time = (number + round) as f64 * 1.234_567e-4;
    State {
        host: host_name(number / SERVICES_EACH),
        service: service_name(number),
        state: if number.is_multiple_of(100) { 2 } else { 0 },
        flags: flags.into_iter().fold(Flags::default(), |all, flag| all.with(flag, true)),
        attempt: 1,
        max_attempts: 3,
        last_check: 1_767_225_600 + round as i64,
        next_check: 1_767_225_900 + round as i64,
        last_state_change: 1_767_225_600,
        last_hard_state_change: 1_767_225_600,
        latency: time / 100.0,
        execution_time: time / 10.0,
        output: format!("OK - the application answered in {time:.6} s"),
        perfdata: format!(
            "time={time:.6}s;5;10;0 size={}B;;;0 load={}%;80;90",
            number + round,
            number % 100
        ),
        ..State::default()
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < DEADLINE, "{what} did not come in time");
        std::thread::sleep(Duration::from_millis(20));
    }
}
