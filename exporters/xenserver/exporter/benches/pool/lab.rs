//! The simulated pool. Its process ends with its owner.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::Scale;
use crate::http::{get, send};

/// The one pool.
pub(crate) const POOL: &str = "lab-pool-1";

pub(crate) struct Lab {
    process: Child,
    control: SocketAddr,
    pub(crate) folder: TempDir,
    /// Addresses of the hosts, the master first.
    pub(crate) hosts: Vec<String>,
}

impl Lab {
    pub(crate) fn start(scale: Scale) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let beside = Path::new(env!("CARGO_BIN_EXE_xenserver-exporter")).with_file_name("lab-xapi");
        let mut process = Command::new(beside)
            .args(["--xapi.listen-address", "127.83.0.1:0"])
            .args(["--hosts", &scale.hosts.to_string(), "--vms", &scale.vms.to_string()])
            .arg("--tls.directory")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("lab-xapi, from `make build`");
        let mut hosts = Vec::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            match line.unwrap().split(' ').collect::<Vec<_>>()[..] {
                ["host", _, address, _] => hosts.push(address.to_owned()),
                ["control", address] => {
                    return Lab { process, control: address.parse().unwrap(), folder, hosts };
                }
                _ => {}
            }
        }
        panic!("lab-xapi ended: {:?}", process.wait());
    }

    /// How many requests it has had, logins, events and measurements included.
    pub(crate) fn calls(&self) -> i64 {
        let counts = get(self.control, "/counts");
        let calls = counts.lines().filter(|line| !line.contains(" connections "));
        calls.map(|line| line.rsplit(' ').next().unwrap().parse::<i64>().unwrap()).sum()
    }

    /// The host that says it is the master, if one does.
    pub(crate) fn master(&self) -> Option<String> {
        let pools: serde_json::Value = serde_json::from_str(&get(self.control, "/pools")).unwrap();
        let master = pools[0]["master"].as_str()?;
        let hosts = pools[0]["hosts"].as_array().unwrap();
        let is_up = |host: &&serde_json::Value| host["address"] == master && host["up"] == true;
        hosts.iter().find(is_up).map(|_| master.to_owned())
    }

    pub(crate) fn begin(&self, fault: &str) {
        send(self.control, "PUT", &format!("/faults/{fault}"));
    }

    pub(crate) fn end(&self, fault: &str) {
        send(self.control, "DELETE", &format!("/faults/{fault}"));
    }

    pub(crate) fn post(&self, deed: &str) {
        send(self.control, "POST", deed);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
