//! Who is asked: the laboratory's agents, and Debian's own.

use std::io::{BufRead as _, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::Process;

/// The laboratory's agents, all made-up switches of one size.
pub(crate) struct Lab {
    _process: Process,
    pub(crate) agents: Vec<String>,
    control: String,
}

impl Lab {
    pub(crate) fn start(agents: usize, interfaces: usize) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_snmp-exporter")).with_file_name("lab-snmp");
        assert!(program.exists(), "{}: missing, expected it to be built", program.display());
        let mut process = Process::start(
            Command::new(program)
                .args(["--snmp.listen-address", "127.0.0.1:0"])
                .args(["--snmp.agents", &agents.to_string()])
                .args(["--snmp.interfaces", &interfaces.to_string()])
                .stdout(Stdio::piped()),
        );
        let mut agents = Vec::new();
        for line in BufReader::new(process.child().stdout.take().unwrap()).lines() {
            match line.unwrap().split_once(' ') {
                Some(("agent", address)) => agents.push(address.to_owned()),
                Some(("control", address)) => {
                    return Self { _process: process, agents, control: address.to_owned() };
                }
                other => panic!("lab-snmp says {other:?}"),
            }
        }
        panic!("lab-snmp ended: {:?}", process.child().wait());
    }

    /// Sets the round trip to each agent.
    pub(crate) async fn delay(&self, milliseconds: u32) {
        let url = format!("http://{}/-/fault?delay={milliseconds}", self.control);
        reqwest::Client::new().put(url).send().await.unwrap().error_for_status().unwrap();
    }

    /// Packets that have come to the agents.
    pub(crate) async fn packets(&self) -> f64 {
        let url = format!("http://{}/-/counts", self.control);
        let counts = reqwest::get(url).await.unwrap().text().await.unwrap();
        counts.lines().map(|line| line.split(' ').nth(1).unwrap().parse::<f64>().unwrap()).sum()
    }
}

/// Debian's agent.
pub(crate) struct Snmpd {
    pub(crate) process: Process,
    pub(crate) address: String,
    _folder: TempDir,
}

impl Snmpd {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("snmpd.conf");
        std::fs::write(&settings, "rocommunity public 127.0.0.0/8\n").unwrap();
        let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let process = Process::start(
            Command::new("/usr/sbin/snmpd")
                .args(["-f", "-C", "-Lo", "-c"])
                .arg(&settings)
                .arg(format!("udp:{address}"))
                .env("SNMP_PERSISTENT_DIR", folder.path())
                .env("MIBS", "")
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        Self { process, address, _folder: folder }
    }
}
