//! Recorded devices: snmpsim's format, and the peer's walk over a recording in memory.

use std::path::Path;

use bytes::Bytes;
use exporter_kit::config::Load as _;
use snmp_exporter::config::{Config, Module};
use snmp_exporter::flags::Flags;
use snmp_exporter::varbind::{Oid, Value, Varbind};

/// Reads a configuration as the program does.
pub(crate) fn config(text: &str) -> Config {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("snmp.yml");
    std::fs::write(&path, text).unwrap();
    Config::load(&[path], &Flags::default()).unwrap_or_else(|error| panic!("{error:#}"))
}

/// A device's objects, by name.
pub(crate) struct Device(Vec<Varbind>);

impl Device {
    /// Reads a recording: lines of `NAME|TAG|VALUE`.
    pub(crate) fn read(path: &Path) -> Self {
        Device::parse(
            &std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        )
    }

    pub(crate) fn parse(recording: &[u8]) -> Self {
        let lines = recording.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut objects: Vec<_> = lines.map(object).collect();
        objects.sort_by(|a, b| a.oid.cmp(&b.oid));
        Device(objects)
    }

    /// What the peer has after a scrape of this module.
    pub(crate) fn answers(&self, module: &Module) -> Vec<Varbind> {
        let got = module.get.iter().filter_map(|oid| self.get(oid));
        let mut answers: Vec<_> = got.cloned().collect();
        for subtree in &module.walk {
            let from = self.0.partition_point(|object| object.oid <= *subtree);
            let inside = |object: &&Varbind| object.oid.0.starts_with(&subtree.0);
            let before = answers.len();
            answers.extend(self.0[from..].iter().take_while(inside).cloned());
            // Nothing below, but something after: perhaps the name is an object's own.
            if answers.len() == before && from < self.0.len() {
                answers.extend(self.get(subtree).cloned());
            }
        }
        answers
    }

    fn get(&self, oid: &Oid) -> Option<&Varbind> {
        let found = self.0.binary_search_by(|object| object.oid.cmp(oid));
        found.ok().map(|at| &self.0[at])
    }
}

fn object(line: &[u8]) -> Varbind {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut parts = line.splitn(3, |byte| *byte == b'|');
    let mut part = || parts.next().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(line)));
    let (name, tag, value) = (text(part()), text(part()), part());
    let (tag, bytes) = match tag.strip_suffix('x') {
        Some(tag) => (tag, unhex(&text(value))),
        None => (&*tag, value.to_vec()),
    };
    let number = || -> i128 { text(&bytes).trim().parse().unwrap() };
    let value = match tag {
        "2" => Value::Integer(number() as i32),
        "4" => Value::OctetString(Bytes::from(bytes)),
        "5" => Value::Null,
        "6" => Value::ObjectIdentifier(text(&bytes).trim().parse().unwrap()),
        "64" => {
            let address: std::net::Ipv4Addr = text(&bytes).parse().unwrap();
            Value::IpAddress(address.octets())
        }
        "65" => Value::Counter32(number() as u32),
        "66" => Value::Gauge32(number() as u32),
        "67" => Value::TimeTicks(number() as u32),
        "70" => Value::Counter64(number() as u64),
        tag => panic!("no such tag: {tag}"),
    };
    Varbind { oid: name.parse().unwrap(), value }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}
