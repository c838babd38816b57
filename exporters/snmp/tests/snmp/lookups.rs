//! Columns that only give labels, kept from scrape to scrape.

use std::time::Duration;

use reqwest::StatusCode;
use snmp_exporter::flags::Flags;
use tokio::time::Instant;

use crate::device;
use crate::lab::Lab;
use crate::scrape::Exporter;

/// Names are walked for the label alone, the way the peer's generator writes it.
const APART: &str = "
auths: {public_v2: {}, again: {}}
modules:
  port: &port
    walk: [1.3.6.1.2.1.2.2.1.8, 1.3.6.1.2.1.31.1.1.1.1]
    get: [1.3.6.1.2.1.1.3.0, 1.3.6.1.2.1.2.1.0]
    metrics:
    - name: up
      oid: 1.3.6.1.2.1.2.2.1.8
      type: gauge
      help: State
      indexes: [{labelname: index, type: gauge}]
      lookups: [{labels: [index], labelname: port, oid: 1.3.6.1.2.1.31.1.1.1.1, type: DisplayString}]
  other: *port
";

const LONG: Duration = Duration::from_secs(3600);

/// A device with these names of ports, which are up, after so many ticks.
fn recording(ticks: u32, ports: &[&str]) -> String {
    let mut lines = format!("1.3.6.1.2.1.1.3.0|67|{ticks}\n");
    lines += &format!("1.3.6.1.2.1.2.1.0|2|{}\n", ports.len());
    for (port, _) in ports.iter().enumerate() {
        lines += &format!("1.3.6.1.2.1.2.2.1.8.{port}|2|1\n");
    }
    for (port, name) in ports.iter().enumerate() {
        lines += &format!("1.3.6.1.2.1.31.1.1.1.1.{port}|4|{name}\n");
    }
    lines
}

/// A device that can become another one at the same address.
struct Changing {
    dir: tempfile::TempDir,
    lab: Option<Lab>,
}

impl Changing {
    fn new(recording: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lab = Some(crate::scrape::agent(dir.path(), recording));
        Changing { dir, lab }
    }

    fn become_another(&mut self, recording: &str) {
        let address = self.lab().agent.to_string();
        let path = self.dir.path().join("device.snmprec");
        std::fs::write(&path, recording).unwrap();
        self.lab = None;
        self.lab = Some(Lab::start_at(&address, &["--snmp.recording", path.to_str().unwrap()]));
    }

    fn lab(&self) -> &Lab {
        self.lab.as_ref().unwrap()
    }

    /// The names of the ports that a scrape shows, and the packets that the device got for it.
    async fn ports(&self, exporter: &Exporter, query: &str) -> (Vec<String>, u64) {
        let before = self.lab().counts().await.0;
        let (status, page) = exporter.scrape(self.lab(), query).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let names = page.lines().filter_map(|line| line.split("port=\"").nth(1)?.split('"').next());
        (names.map(str::to_owned).collect(), self.lab().counts().await.0 - before)
    }
}

async fn exporter(lookup_cache: Duration, parallelism: usize) -> Exporter {
    let flags = Flags { lookup_cache, parallelism, ..Flags::default() };
    Exporter::start(device::config(APART), flags).await
}

#[tokio::test]
async fn names_are_walked_once_in_their_lifetime() {
    for parallelism in [1, 8] {
        let mut device = Changing::new(&recording(1, &["a", "b"]));
        let exporter = exporter(LONG, parallelism).await;
        let (ports, first) = device.ports(&exporter, "module=port").await;
        assert_eq!(ports, ["a", "b"]);
        let (ports, second) = device.ports(&exporter, "module=port").await;
        assert_eq!((ports.join(","), second), ("a,b".to_owned(), first - 1));

        device.become_another(&recording(2, &["a", "renamed"]));
        assert_eq!(device.ports(&exporter, "module=port").await.0, ["a", "b"]);
        // Another auth may see another device, and another module asks for itself.
        assert_eq!(device.ports(&exporter, "module=port&auth=again").await.0, ["a", "renamed"]);
        assert_eq!(device.ports(&exporter, "module=other").await.0, ["a", "renamed"]);
        exporter.stop().await;
    }
}

#[tokio::test]
async fn without_a_lifetime_a_name_is_always_the_devices() {
    let mut device = Changing::new(&recording(1, &["a", "b"]));
    let exporter = exporter(Duration::ZERO, 8).await;
    assert_eq!(device.ports(&exporter, "module=port").await.0, ["a", "b"]);
    device.become_another(&recording(2, &["a", "renamed"]));
    assert_eq!(device.ports(&exporter, "module=port").await.0, ["a", "renamed"]);
    exporter.stop().await;
}

#[tokio::test]
async fn a_new_name_is_seen_when_the_lifetime_is_over() {
    let mut device = Changing::new(&recording(1, &["a", "b"]));
    let exporter = exporter(Duration::from_millis(300), 8).await;
    device.ports(&exporter, "module=port").await;
    device.become_another(&recording(2, &["a", "renamed"]));
    let deadline = Instant::now() + Duration::from_secs(30);
    while device.ports(&exporter, "module=port").await.0 != ["a", "renamed"] {
        assert!(Instant::now() < deadline, "still the old name");
    }
    exporter.stop().await;
}

#[tokio::test]
async fn a_restart_a_new_count_and_a_new_row_are_seen_at_once() {
    let same_count = |ticks, ports| recording(ticks, ports).replace("2.1.0|2|3", "2.1.0|2|2");
    for changed in
        [recording(4, &["x", "y"]), recording(6, &["x"]), same_count(6, &["x", "y", "z"])]
    {
        let mut device = Changing::new(&recording(5, &["a", "b"]));
        let exporter = exporter(LONG, 1).await;
        let (_, first) = device.ports(&exporter, "module=port").await;
        device.become_another(&changed);
        let (ports, packets) = device.ports(&exporter, "module=port").await;
        assert_eq!(ports, &["x", "y", "z"][..ports.len()], "{changed}");
        // What was left out is walked after the rest: as many packets as without.
        assert_eq!(packets, first, "{changed}");
        let (again, fewer) = device.ports(&exporter, "module=port").await;
        assert_eq!((again, fewer), (ports, packets - 1));
        exporter.stop().await;
    }
}

#[tokio::test]
async fn names_inside_of_a_larger_walk_save_packets_too() {
    let lab = Lab::start(&[]);
    let mut pages = Vec::new();
    let mut packets = Vec::new();
    for lookup_cache in [Duration::ZERO, LONG] {
        let flags = Flags { lookup_cache, parallelism: 8, ..Flags::default() };
        let config = device::config(include_str!("../../snmp.yml"));
        let exporter = Exporter::start(config, flags).await;
        exporter.scrape(&lab, "module=if_mib").await;
        let before = lab.counts().await.0;
        let (status, page) = exporter.scrape(&lab, "module=if_mib").await;
        assert_eq!(status, StatusCode::OK);
        packets.push(lab.counts().await.0 - before);
        pages.push(page);
        exporter.stop().await;
    }
    assert!(pages[0] == pages[1]);
    assert!(packets[1] < packets[0], "{packets:?}");
    println!("packets of a scrape without and with kept names: {packets:?}");
}
