//! The program under measurement. Its process ends with its owner.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::Scale;
use crate::http::{page, until};
use crate::lab::{Lab, POOL};
use crate::page::{series, values};

/// Parts of a second in which the kernel counts a process' time.
const TICKS: f64 = 100.0;

pub(crate) struct Program {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Program {
    /// Starts it with the laboratory's pool and these lines of configuration.
    pub(crate) fn start(lab: &Lab, more: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let file = lab.folder.path().join("exporter.yml");
        let hosts = lab.hosts.iter().take(3).map(|host| format!("'{host}'")).collect::<Vec<_>>();
        let text = format!(
            "{more}\npools: [{{name: {POOL}, addresses: [{}], username: root, password: lab, ca_file: ca.pem}}]\n",
            hosts.join(", ")
        );
        std::fs::write(&file, text).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_xenserver-exporter"))
            .arg(format!("--web.listen-address={address}"))
            .arg(format!("--config.file={}", file.display()))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("server", || TcpStream::connect(address).ok());
        Program { process, address }
    }

    pub(crate) fn page(&self) -> String {
        page(self.address)
    }

    /// Waits until all hosts have told what they and their VMs measure, nine in ten of which run.
    pub(crate) fn wait_until_measured(&self, scale: Scale) {
        until("measurements", || {
            let page = self.page();
            let vms = series(&page, "xen_vm_memory_bytes").count();
            let hosts = values(&page, "xen_host_up").sum::<f64>();
            (vms * 10 >= scale.vms * 8 && hosts as usize == scale.hosts).then_some(())
        });
    }

    /// Seconds of a processor that it has used.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
        let times = fields.skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap());
        times.sum::<f64>() / TICKS
    }

    /// The most memory that it has had.
    pub(crate) fn peak_megabytes(&self) -> f64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
