//! The peer's pages for recorded devices, compared byte for byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use snmp_exporter::collect::{LargeCounters, collect};
use snmp_exporter::flags::Flags;
use snmp_exporter::text::{Duplicates, Page};

use crate::device::Device;
use crate::lab::Lab;
use crate::scrape::{Exporter, without_scrape};

/// One pair of device and module, and what the peer answered.
#[derive(Deserialize)]
struct Pair {
    device: String,
    module: String,
    code: u16,
}

/// The walk in memory, the page without a server: what is ours alone.
#[test]
fn pages_of_recorded_devices_equal_the_peers() {
    let Some(data) = super::data() else { return };
    let config = super::config(&data, "snmp-0.30.1.yml.gz");
    let pairs = pairs(&data);
    let mut devices = BTreeMap::new();
    let mut different = Vec::new();
    for pair in &pairs {
        let device =
            devices.entry(&pair.device).or_insert_with(|| Device::read(&pair.recording(&data)));
        let module = &config.modules[&pair.module];
        let mut page = Page::default();
        let answers = device.answers(module).into_iter().collect();
        collect(module, &answers, LargeCounters::Wrap, &mut page);
        let (code, text) = match page.write(Duplicates::Fail) {
            Ok(written) => (200, written.text),
            Err(flaws) => (500, flaws[0].to_string()),
        };
        different.extend(pair.difference(&data, code, &text));
    }
    println!("snmp_goldens {}/{}", pairs.len() - different.len(), pairs.len());
    assert!(different.is_empty(), "different:\n{}", different.join("\n"));
}

/// The same over the wire and over HTTP: asked as the peer asks, and twice as fast as it goes.
#[tokio::test]
async fn scrapes_of_recorded_devices_equal_the_peers() {
    let Some(data) = super::data() else { return };
    let mut pairs = pairs(&data);
    pairs.sort_by(|a, b| a.device.cmp(&b.device));
    let mut different = Vec::new();
    for parallelism in [1, 8] {
        let flags = Flags { parallelism, ..Flags::default() };
        let exporter = Exporter::start(super::config(&data, "snmp-0.30.1.yml.gz"), flags).await;
        for of_device in pairs.chunk_by(|a, b| a.device == b.device) {
            let recording = of_device[0].recording(&data);
            let lab = Lab::start(&["--snmp.recording", recording.to_str().unwrap()]);
            for pair in of_device {
                let query = format!("/snmp?target={}&module={}", lab.agent, pair.module);
                for _ in 0..parallelism.min(2) {
                    let (status, page) = exporter.text(&query).await;
                    different.extend(pair.difference(
                        &data,
                        status.as_u16(),
                        &without_scrape(&page),
                    ));
                }
            }
        }
        exporter.stop().await;
    }
    let scrapes = pairs.len() * 3;
    println!("snmp_goldens_scraped {}/{scrapes}", scrapes - different.len());
    assert!(different.is_empty(), "different:\n{}", different.join("\n"));
}

fn pairs(data: &Path) -> Vec<Pair> {
    serde_json::from_slice(&std::fs::read(data.join("golden/index.json")).unwrap()).unwrap()
}

impl Pair {
    fn recording(&self, data: &Path) -> PathBuf {
        data.join(format!("devices/{}.snmprec", self.device))
    }

    /// How an answer differs from the peer's. Which of two equal samples makes the peer fail is chance, so that
    /// of failures the status is compared alone.
    fn difference(&self, data: &Path, code: u16, text: &str) -> Option<String> {
        let Pair { device, module, code: theirs } = self;
        let difference = match (code == *theirs, code) {
            (false, _) => Some(format!(
                "status {code}, theirs {theirs}: {}",
                text.lines().last().unwrap_or_default()
            )),
            (true, 200) => {
                let golden = super::gunzip(&data.join(format!("golden/{device}__{module}.txt.gz")));
                first_difference(text, &golden)
            }
            (true, _) => None,
        };
        Some(format!("{device} {module}: {}", difference?))
    }
}

fn first_difference(ours: &str, golden: &str) -> Option<String> {
    if ours == golden {
        return None;
    }
    let pairs = ours.lines().map(Some).chain([None]).zip(golden.lines().map(Some).chain([None]));
    let (line, (ours, theirs)) = pairs.enumerate().find(|(_, (ours, theirs))| ours != theirs)?;
    Some(format!("line {}\n  ours   {ours:?}\n  theirs {theirs:?}", line + 1))
}
