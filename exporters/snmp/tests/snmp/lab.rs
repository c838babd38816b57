//! The laboratory's agents, and how the exporter asks them.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use exporter_kit::Secret;
use snmp_exporter::client::Target;
use snmp_exporter::config::{Auth, Version};
use snmp_exporter::varbind::{Oid, Varbind};
use snmp_exporter::walk::{Fetched, Request, Walker};
use tokio::time::Instant;

/// A process with agents that dies with its owner.
pub(crate) struct Lab {
    process: Child,
    pub(crate) agent: SocketAddr,
    control: SocketAddr,
}

impl Lab {
    /// Starts the program with these flags, on a free port.
    pub(crate) fn start(flags: &[&str]) -> Lab {
        Lab::start_at("127.0.0.1:0", flags)
    }

    pub(crate) fn start_at(address: &str, flags: &[&str]) -> Lab {
        let mut process = Command::new(program())
            .args(["--snmp.listen-address", address])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut agent = None;
        for line in lines {
            match line.unwrap().split_once(' ') {
                Some(("agent", address)) => agent = agent.or(Some(address.parse().unwrap())),
                Some(("control", address)) => {
                    return Lab {
                        process,
                        agent: agent.unwrap(),
                        control: address.parse().unwrap(),
                    };
                }
                other => panic!("lab-snmp says {other:?}"),
            }
        }
        panic!("lab-snmp ended: {:?}", process.wait());
    }

    /// Sets what is wrong with the agents, as `delay=10&loss=5`; nothing is named, nothing is wrong.
    pub(crate) async fn set(&self, fault: &str) {
        let url = format!("http://{}/-/fault?{fault}", self.control);
        reqwest::Client::new().put(url).send().await.unwrap().error_for_status().unwrap();
    }

    /// Packets that came and varbinds that were answered.
    pub(crate) async fn counts(&self) -> (u64, u64) {
        let numbers = self.numbers().await;
        (numbers[0], numbers[2])
    }

    /// The most answers that were on the way at once.
    pub(crate) async fn waiting(&self) -> u64 {
        self.numbers().await[3]
    }

    async fn numbers(&self) -> Vec<u64> {
        let url = format!("http://{}/-/counts", self.control);
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        text.split_whitespace().skip(1).map(|number| number.parse().unwrap()).collect()
    }

    pub(crate) fn target(&self) -> Target {
        self.agent.to_string().parse().unwrap()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program, built when it is not yet.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).unwrap();
        let release: &[&str] = if cfg!(debug_assertions) { &[] } else { &["--release"] };
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "lab", "--bin", "lab-snmp"])
            .args(release)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .unwrap();
        assert!(built.success());
        profile.join("lab-snmp")
    })
}

/// Asks with so many packets at once.
pub(crate) fn walker(parallelism: usize) -> Walker {
    Walker::new(None, parallelism, Arc::new(|_| ()))
}

pub(crate) fn oid(text: &str) -> Oid {
    text.parse().unwrap()
}

pub(crate) fn oids(texts: &[&str]) -> Vec<Oid> {
    texts.iter().map(|text| oid(text)).collect()
}

pub(crate) fn v1() -> Auth {
    Auth {
        version: Version::V1 { community: Secret::new("public") },
        context_name: String::new(),
        context_engine: None,
    }
}

pub(crate) fn v2c() -> Auth {
    Auth {
        version: Version::V2c { community: Secret::new("public") },
        context_name: String::new(),
        context_engine: None,
    }
}

/// A request for these subtrees, with the defaults of a module.
pub(crate) fn request<'a>(target: &'a Target, auth: &'a Auth, walk: &'a [Oid]) -> Request<'a> {
    Request {
        target,
        auth,
        get: &[],
        walk,
        restrictions: &[],
        known: &[],
        max_repetitions: 25,
        retries: 3,
        timeout: Duration::from_secs(5),
        allow_nonincreasing_oids: false,
        any_source: false,
        deadline: Instant::now() + Duration::from_secs(60),
    }
}

/// What was fetched, where nothing may have gone wrong.
pub(crate) fn varbinds(fetched: Fetched) -> Vec<Varbind> {
    fetched.outcome.unwrap_or_else(|error| panic!("{error}")).iter().collect()
}
