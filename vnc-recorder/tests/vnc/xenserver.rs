//! Consoles of a simulated XenServer pool, with a real screen behind.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::desk::Desk;
use crate::screen::{Screen, in_time, until};
use crate::viewer::{Closed, Viewer};

/// A VM of the lab.
const VM: &str = "lab-pool-1-vm-0001";

/// A process with a pool that dies with its owner.
struct Lab {
    process: Child,
    control: String,
    folder: TempDir,
    hosts: Vec<String>,
}

impl Lab {
    fn start(flags: &[&str]) -> Lab {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(program())
            .args(["--xapi.listen-address", "127.85.0.1:0", "--tls.directory"])
            .arg(folder.path())
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut hosts = Vec::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["pool", _] => {}
                ["host", _, address, _] => hosts.push(address.to_owned()),
                ["control", address] => {
                    return Lab { process, control: address.to_owned(), folder, hosts };
                }
                _ => panic!("lab-xapi says {line:?}"),
            }
        }
        panic!("lab-xapi ended: {:?}", process.wait());
    }

    fn configuration(&self) -> String {
        format!(
            "pools: [{{name: pool, addresses: ['{}'], username: root, password: lab, \
             ca_file: '{}/ca.pem'}}]\nrecording: {{reserve: 1MiB}}\n",
            self.hosts[0],
            self.folder.path().display()
        )
    }

    /// Moves a VM to another host.
    async fn migrate(&self, vm: &str) {
        let url = format!("http://{}/vms/migrate?vm={vm}&seconds=0.1", self.control);
        let answer = reqwest::Client::new().post(url).send().await.unwrap();
        answer.error_for_status().unwrap();
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program, built when it is not yet.
fn program() -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    let release: &[&str] = if cfg!(debug_assertions) { &[] } else { &["--release"] };
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "lab", "--bin", "lab-xapi"])
        .args(release)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success());
    test.ancestors().nth(2).unwrap().join("lab-xapi")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_is_found_live_and_followed_to_another_host() {
    let screen = Screen::start().await;
    let lab = Lab::start(&["--console.vnc", &format!("{VM}={}", screen.address)]);
    let desk = Desk::start(&lab.configuration()).await;
    let targets = || desk.consoles.targets.list(VM);
    until("the pool is known", async || targets().len() == 1).await;
    let target = targets().remove(0);
    assert!(target.available && desk.consoles.targets.list("no such name").is_empty());
    assert_eq!(desk.consoles.targets.list(target.reference.as_deref().unwrap()).len(), 1);
    assert_eq!(desk.consoles.targets.list(&target.id.member.to_uppercase()).len(), 1);
    let path = format!("console/{}/ann", target.id);

    let mut viewer = Viewer::open(desk.address, &path).await.unwrap();
    screen.paint([1, 90, 3]).await;
    viewer.until("the colour is seen", |viewer| viewer.pixel(9, 9) == [1, 90, 3]).await;
    viewer.close().await;

    lab.migrate(VM).await;
    until("it is elsewhere", async || targets()[0].host != target.host).await;
    let mut viewer = Viewer::open(desk.address, &path).await.unwrap();
    viewer.until("the colour is seen", |viewer| viewer.pixel(9, 9) == [1, 90, 3]).await;
    viewer.close().await;

    // A VM of the lab that has no screen says so in words.
    let all = desk.consoles.targets.list("lab-pool-1-vm-");
    let blind = all.iter().find(|target| target.available && target.name != VM).unwrap();
    let path = format!("console/{}/ann", blind.id);
    let Err(Closed(4001, why)) = in_time(Viewer::open(desk.address, &path)).await else {
        panic!("it has no screen")
    };
    assert!(why.contains("has no screen"), "{why}");
}
