//! What happens: alarms on their way to a real Alertmanager, and the death of the master.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Scale;
use crate::http::{get, pause, until};
use crate::lab::{Lab, POOL};
use crate::page::{series, values};
use crate::program::Program;

const ALARMS: usize = 20;

/// An Alertmanager that ends with its owner.
pub(crate) struct Alertmanager {
    process: Child,
    pub(crate) address: SocketAddr,
    _folder: TempDir,
}

impl Alertmanager {
    pub(crate) fn start() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alertmanager.yml");
        std::fs::write(&file, "route: {receiver: none}\nreceivers: [{name: none}]\n").unwrap();
        let process = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--cluster.listen-address=")
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus-alertmanager, from the Debian package of that name");
        Alertmanager { process, address, _folder: folder }
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// From the message in XAPI to the alert in Alertmanager's answers, the slowest of several.
pub(crate) fn print_alarms(lab: &Lab, alertmanager: &Alertmanager) {
    let mut slowest = Duration::ZERO;
    for number in 1..=ALARMS {
        let vm = format!("{POOL}-vm-{number:04}");
        let begin = Instant::now();
        lab.post(&format!("/alarms?vm={vm}&variable=cpu_usage&value=0.97"));
        until("alert", || {
            let alerts = get(alertmanager.address, &format!("/api/v2/alerts?filter=vm=%22{vm}%22"));
            alerts.contains("XenServerAlarm").then_some(())
        });
        slowest = slowest.max(begin.elapsed());
        pause(Duration::from_millis(100));
    }
    println!("xen_message_to_alertmanager_ms {:.0}", slowest.as_secs_f64() * 1e3);
}

/// From the moment in which the lab has another master to a page that is right.
pub(crate) fn print_failover(lab: &Lab, program: &Program, scale: Scale) {
    let master = |page: &str| -> Option<String> {
        series(page, "xen_host_master").find(|line| line.ends_with(" 1")).map(str::to_owned)
    };
    let before = (lab.master(), master(&program.page()));
    lab.begin("master-dead?seconds=2");
    until("other master", || lab.master().filter(|new| Some(new) != before.0.as_ref()));
    let begin = Instant::now();
    until("page that is right", || {
        let page = program.page();
        let is_right = values(&page, "xen_pool_up").eq([1.0])
            && values(&page, "xen_pool_master_changes_total").eq([1.0])
            && series(&page, "xen_vm_info").count() == scale.vms
            && master(&page).is_some_and(|new| Some(new) != before.1);
        is_right.then_some(())
    });
    println!("xen_failover_seconds {:.1}", begin.elapsed().as_secs_f64());
    lab.end("master-dead");
}
