//! What a large cloud costs: the program with a simulated cloud of 300 hosts, 10,000 VMs and 25,000 volumes, and
//! statistics of each VM, so that a page has 120,000 series.
//!
//! Prints one `name value` a line. First with a program that reads everything once: the calls of a refresh, its time
//! above that in which the simulator answers, and the calls that a scrape causes. Then with one that goes on
//! reading all the time: the slowest scrape but the worst of two hundred, against the same bytes out of memory, and
//! the program's memory.

#![expect(clippy::unwrap_used, reason = "what must hold here fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SCRAPES: usize = 200;
const SERIES: usize = 120_000;
const DEADLINE: Duration = Duration::from_secs(120);

fn main() {
    let lab = Lab::start();
    let folder = tempfile::tempdir().unwrap();

    let begin = Instant::now();
    let exporter = Exporter::start(folder.path(), &lab, "1h");
    exporter.wait_until_ready();
    let taken = begin.elapsed().as_secs_f64();
    let page = exporter.page();
    let answering: f64 = sum(&page, "cloudstack_api_duration_seconds_sum");
    let asked_once = lab.calls();
    eprintln!("{} series, {taken:.2} s, answers {answering:.2} s", series(&page));
    assert!(series(&page) >= SERIES, "{} series", series(&page));
    // What the server and the account can do is asked once and for all.
    println!("cloudstack_calls {}", asked_once - 1);
    // Four calls are under way at once.
    println!("cloudstack_refresh_overhead_seconds {:.2}", taken - answering / 4.0);
    for _ in 0..SCRAPES {
        exporter.scrape();
    }
    println!("cloudstack_calls_per_scrape {}", (lab.calls() - asked_once) as f64 / SCRAPES as f64);
    drop(exporter);

    let exporter = Exporter::start(folder.path(), &lab, "5s");
    exporter.wait_until_ready();
    let bytes = exporter.get("/metrics", true);
    let mut times: Vec<Duration> = (0..SCRAPES).map(|_| exporter.scrape()).collect();
    let memory = Static::start(bytes);
    let mut baseline: Vec<Duration> = (0..SCRAPES).map(|_| timed(memory.0, "/", true).0).collect();
    times.sort();
    baseline.sort();
    let p99 = times[(SCRAPES * 99).div_ceil(100) - 1].as_secs_f64();
    eprintln!("fastest {:?}, median {:?}", times[0], times[SCRAPES / 2]);
    println!("cloudstack_scrape_p99_ms {:.1}", p99 * 1e3);
    let ratio = times[SCRAPES / 2].as_secs_f64() / baseline[SCRAPES / 2].as_secs_f64();
    println!("cloudstack_scrape_vs_static_ratio {ratio:.2}");
    println!("cloudstack_rss_mb {:.0}", exporter.peak_megabytes());
}

/// The simulator. Killed when dropped.
struct Lab {
    process: Child,
    url: String,
    control: SocketAddr,
    keys: [String; 2],
}

impl Lab {
    fn start() -> Self {
        let mut process = Command::new(beside("lab-cloudstack"))
            .args(["--api.listen-address=127.0.0.1:0", "--hosts=300", "--vms=10000"])
            .args(["--volumes=25000", "--life.every=1"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("lab-cloudstack, from `make build`");
        let (mut url, mut keys) = (String::new(), [String::new(), String::new()]);
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            match line.unwrap().split(' ').collect::<Vec<_>>()[..] {
                ["cloud", address] => address.clone_into(&mut url),
                ["user", _, "read-only", key, secret] => keys = [key, secret].map(str::to_owned),
                ["control", address] => {
                    return Lab { process, url, control: address.parse().unwrap(), keys };
                }
                _ => {}
            }
        }
        panic!("lab-cloudstack ended: {:?}", process.wait());
    }

    /// How many calls it has had.
    fn calls(&self) -> u64 {
        let answer = String::from_utf8(timed(self.control, "/counts", false).1).unwrap();
        let (_, lines) = answer.split_once("\r\n\r\n").unwrap();
        lines.lines().map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }
}

/// The program. Killed when dropped.
struct Exporter {
    process: Child,
    address: SocketAddr,
}

impl Exporter {
    fn start(folder: &Path, lab: &Lab, every: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let file = folder.join(format!("{every}.yml"));
        let Lab { url, keys: [key, secret], .. } = lab;
        let refresh =
            format!("alerts: {every}, infrastructure: {every}, machines: {every}, slow: {every}");
        let text = format!(
            "state_dir: state\nstatistics: true\nrefresh: {{{refresh}}}\nclouds: [{{name: lab, url: '{url}', api_key: {key}, secret_key: {secret}}}]\n"
        );
        std::fs::write(&file, text).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_cloudstack-exporter"))
            .arg(format!("--web.listen-address={address}"))
            .arg(format!("--config.file={}", file.display()))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Exporter { process, address }
    }

    fn wait_until_ready(&self) {
        let begin = Instant::now();
        while TcpStream::connect(self.address).is_err()
            || !self.get("/-/ready", false).starts_with(b"HTTP/1.1 200")
        {
            assert!(begin.elapsed() < DEADLINE, "the exporter is not ready in time");
            pause();
        }
    }

    fn get(&self, path: &str, gzip: bool) -> Vec<u8> {
        timed(self.address, path, gzip).1
    }

    fn page(&self) -> String {
        String::from_utf8(self.get("/metrics", false)).unwrap()
    }

    /// How long a whole page takes, from the request to its last byte.
    fn scrape(&self) -> Duration {
        let (taken, answer) = timed(self.address, "/metrics", true);
        assert!(answer.starts_with(b"HTTP/1.1 200"));
        pause();
        taken
    }

    fn peak_megabytes(&self) -> f64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

/// An answer out of memory, again and again. Ends with the bench.
struct Static(SocketAddr);

impl Static {
    fn start(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let mut request = [0; 1024];
                let _ = connection.read(&mut request).unwrap();
                connection.write_all(&answer).unwrap();
            }
        });
        Static(address)
    }
}

/// One request over a connection of its own, and the whole answer.
fn timed(address: SocketAddr, path: &str, gzip: bool) -> (Duration, Vec<u8>) {
    let begin = Instant::now();
    let encoding = if gzip { "Accept-Encoding: gzip\r\n" } else { "" };
    let accept = "Accept: application/openmetrics-text;version=1.0.0\r\n";
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{accept}{encoding}\r\n");
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(DEADLINE)).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    (begin.elapsed(), answer)
}

fn series(page: &str) -> usize {
    page.lines().filter(|line| line.starts_with("cloudstack_")).count()
}

fn sum(page: &str, name: &str) -> f64 {
    let values = page.lines().filter(|line| line.starts_with(name));
    values.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

/// Another program of the same build.
fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_cloudstack-exporter")).with_file_name(name)
}

#[expect(clippy::disallowed_methods, reason = "scrapes are spread over several refreshes")]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
