//! The simulator as a process.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// A cloud that dies with its owner.
pub(crate) struct Lab {
    process: Child,
    pub(crate) url: String,
    control: String,
    users: Vec<[String; 3]>,
    http: reqwest::Client,
}

impl Lab {
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut process = Command::new(program())
            .args(["--api.listen-address", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut url, mut users) = (String::new(), Vec::new());
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["cloud", address] => address.clone_into(&mut url),
                ["user", _, role, key, secret] => {
                    users.push([role, key, secret].map(str::to_owned))
                }
                ["control", address] => {
                    let (control, http) = (format!("http://{address}"), reqwest::Client::new());
                    return Lab { process, url, control, users, http };
                }
                _ => panic!("lab-cloudstack says {line:?}"),
            }
        }
        panic!("lab-cloudstack ended: {:?}", process.wait());
    }

    /// The key of the exporter's configuration for a user of this role.
    pub(crate) fn config(&self, role: &str) -> String {
        let [_, key, secret] = self.users.iter().find(|[known, ..]| known == role).unwrap();
        self.config_with(key, secret)
    }

    pub(crate) fn config_with(&self, key: &str, secret: &str) -> String {
        format!(
            "clouds: [{{name: lab, url: '{}', api_key: {key}, secret_key: {secret}, rate: 500, timeout: 5s}}]\n",
            self.url
        )
    }

    pub(crate) async fn begin(&self, fault: &str, query: &str) {
        let url = format!("{}/faults/{fault}{query}", self.control);
        let answer = self.http.put(url).send().await.unwrap();
        assert!(answer.status().is_success(), "{fault}: {}", answer.text().await.unwrap());
    }

    pub(crate) async fn end(&self, fault: &str) {
        let url = format!("{}/faults/{fault}", self.control);
        self.http.delete(url).send().await.unwrap().error_for_status().unwrap();
    }

    /// What the cloud has, by kind.
    pub(crate) async fn cloud(&self) -> Value {
        let answer = self.http.get(format!("{}/cloud", self.control)).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    pub(crate) async fn write_alert(&self, kind: u16, text: &str) -> String {
        let url = format!("{}/alerts?type={kind}&name=ALERT&description={text}", self.control);
        let answer = self.http.post(url).send().await.unwrap().error_for_status().unwrap();
        answer.text().await.unwrap()
    }

    pub(crate) async fn archive_alert(&self, id: &str) {
        let url = format!("{}/alerts/{id}", self.control);
        self.http.delete(url).send().await.unwrap().error_for_status().unwrap();
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program, built once if it was not.
fn program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "lab", "--bin", "lab-cloudstack"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(built.unwrap().success(), "lab-cloudstack cannot be built");
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().unwrap().parent().unwrap();
        let folder = if profile.ends_with("release") {
            profile.parent().unwrap().join("debug")
        } else {
            profile.to_owned()
        };
        folder.join("lab-cloudstack")
    };
    PROGRAM.get_or_init(build).clone()
}
