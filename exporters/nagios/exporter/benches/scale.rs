//! What a large site costs: the program with 50,000 services of five series and three measurements each, which go
//! on changing while it is scraped 50 times as Prometheus does.
//!
//! Prints one `name value` a line: the time that 99 of 100 scrapes do not exceed, in milliseconds, and the most
//! memory that the program has had, in megabytes.

#![expect(clippy::unwrap_used, reason = "what must hold here fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "load and scrapes come at a pace")]

#[path = "production/exporter.rs"]
#[expect(dead_code, reason = "others use more of it")]
mod exporter;

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use exporter::Exporter;
use nagios_event::{
    Body, Check, Event, Flags, Frame, Group, GroupKind, Hello, Host, MAX_FRAME, PROTOCOL, Service,
    Settings, SnapshotBegin, State, encode,
};

const HOSTS: usize = 2500;
const SERVICES_EACH: usize = 20;
const SCRAPES: usize = 50;
/// What 50,000 services with a check interval of five minutes give.
const UPDATES_A_SECOND: usize = 170;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("nagios.sock");
    let exporter = Exporter::listen(&socket, "metrics: [check_attempt]\n", &[]);
    let stopped = Arc::new(AtomicBool::new(false));
    let mut module = Module::connect(&socket);
    module.snapshot();
    let module = std::thread::spawn({
        let stopped = Arc::clone(&stopped);
        move || module.go_on(&stopped)
    });
    exporter.wait_until_ready();
    let mut times: Vec<Duration> = (0..SCRAPES).map(|_| scrape(&exporter)).collect();
    times.sort();
    // The nearest rank of 50 is the slowest of all.
    let p99 = times[(times.len() * 99).div_ceil(100) - 1];
    eprintln!("fastest {:?}, median {:?}", times[0], times[times.len() / 2]);
    println!("nagios_scrape_50k_p99_ms {:.0}", p99.as_secs_f64() * 1e3);
    println!("nagios_exporter_rss_mb {:.0}", exporter.resident_megabytes());
    let series = series(&exporter);
    assert!(series >= HOSTS * SERVICES_EACH * 8, "{series} series");
    stopped.store(true, Ordering::Relaxed);
    module.join().unwrap();
}

/// How long a whole page takes, from the request to its last byte.
fn scrape(exporter: &Exporter) -> Duration {
    let begin = Instant::now();
    let page = exporter.get("/metrics", "gzip").unwrap();
    let time = begin.elapsed();
    assert!(page.starts_with(b"HTTP/1.1 200") && page.len() > 1_000_000, "{} bytes", page.len());
    // The page changes at least each second, so no scrape is served from memory alone.
    std::thread::sleep(Duration::from_millis(200));
    time
}

/// How many series a page has.
fn series(exporter: &Exporter) -> usize {
    let page = exporter.get("/metrics", "identity").unwrap();
    page.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"nagios_")).count()
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
