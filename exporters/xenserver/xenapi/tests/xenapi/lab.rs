//! The laboratory's pools, and a client of one.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, OnceLock},
    time::Duration,
};

use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use xenapi::{Address, Connected, Error, Fingerprint, Pool, PoolSettings, Secret, State, Trust};

const PATIENCE: Duration = Duration::from_secs(60);

/// A process with pools that dies with its owner.
pub(crate) struct Lab {
    process: Child,
    control: SocketAddr,
    certificates: TempDir,
    /// All hosts, the master first.
    pub(crate) hosts: Vec<(Address, Fingerprint)>,
}

impl Lab {
    /// Starts the program with these flags, on a free port.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let certificates = tempfile::tempdir().unwrap();
        let mut process = Command::new(program())
            .args(["--xapi.listen-address", "127.81.0.1:0", "--xapi.wrong-password-delay", "0"])
            .arg("--tls.directory")
            .arg(certificates.path())
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut hosts = Vec::new();
        for line in lines {
            let line = line.unwrap();
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["pool", _] => {}
                ["host", _, address, pin] => {
                    hosts.push((address.parse().unwrap(), pin.parse().unwrap()));
                }
                ["control", address] => {
                    let control = address.parse().unwrap();
                    return Self { process, control, certificates, hosts };
                }
                _ => panic!("lab-xapi says {line:?}"),
            }
        }
        panic!("lab-xapi ended: {:?}", process.wait());
    }

    /// The authority that has signed all certificates, PEM.
    pub(crate) fn authority(&self) -> Vec<u8> {
        std::fs::read(self.certificates.path().join("ca.pem")).unwrap()
    }

    /// Settings for the host of this number, with pauses for tests.
    pub(crate) fn settings(&self, host: usize) -> PoolSettings {
        let address = self.hosts[host].0.clone();
        let password = Secret::new("lab");
        let mut settings = PoolSettings::new(
            vec![address],
            "root",
            password,
            Trust::Authorities(self.authority()),
        );
        settings.pauses.retry = Duration::from_millis(50);
        settings.pauses.retry_most = Duration::from_millis(200);
        settings.pauses.untrusted = Duration::from_millis(100);
        settings
    }

    pub(crate) async fn begin(&self, fault: &str) {
        self.control(reqwest::Method::PUT, &format!("faults/{fault}")).await;
    }

    pub(crate) async fn end(&self, fault: &str) {
        self.control(reqwest::Method::DELETE, &format!("faults/{fault}")).await;
    }

    pub(crate) async fn post(&self, deed: &str) {
        self.control(reqwest::Method::POST, deed).await;
    }

    /// How often a method was called, at all hosts together.
    pub(crate) async fn count(&self, method: &str) -> u64 {
        let counts = self.control(reqwest::Method::GET, "counts").await;
        let lines = counts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let counts = lines.filter(|line| line[2] == method).map(|line| line[3].parse::<u64>());
        counts.map(Result::unwrap).sum()
    }

    /// How many sessions there are.
    pub(crate) async fn sessions(&self) -> u64 {
        let pools = self.control(reqwest::Method::GET, "pools").await;
        let pools: serde_json::Value = serde_json::from_str(&pools).unwrap();
        pools[0]["sessions"].as_u64().unwrap()
    }

    async fn control(&self, method: reqwest::Method, path: &str) -> String {
        let url = format!("http://{}/{path}", self.control);
        let answer = reqwest::Client::new().request(method, url).send().await.unwrap();
        answer.error_for_status().unwrap().text().await.unwrap()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client that stops with its owner.
pub(crate) struct Client {
    pub(crate) pool: Pool,
    pub(crate) states: watch::Receiver<Arc<State>>,
    stop: CancellationToken,
    _guard: DropGuard,
}

impl Client {
    pub(crate) fn new(settings: PoolSettings) -> Self {
        let stop = CancellationToken::new();
        let pool = Pool::connect(settings, stop.clone()).unwrap();
        Self { states: pool.watch(), pool, _guard: stop.clone().drop_guard(), stop }
    }

    /// Waits until the pool is followed and is as it should be.
    pub(crate) async fn connected(&mut self, wanted: impl Fn(&Connected) -> bool) -> Connected {
        let fits =
            |state: &Arc<State>| matches!(&**state, State::Connected(state) if wanted(state));
        match self.state(fits).await {
            State::Connected(connected) => connected,
            other => panic!("{other:?}"),
        }
    }

    /// Waits until there is no session, for the reason that is wanted.
    pub(crate) async fn failed(&mut self, wanted: impl Fn(&Error) -> bool) -> Arc<Error> {
        let fits =
            |state: &Arc<State>| matches!(&**state, State::Failed { error, .. } if wanted(error));
        match self.state(fits).await {
            State::Failed { error, .. } => error,
            other => panic!("{other:?}"),
        }
    }

    async fn state(&mut self, fits: impl Fn(&Arc<State>) -> bool) -> State {
        let mut states = self.states.clone();
        match tokio::time::timeout(PATIENCE, states.wait_for(fits)).await {
            Ok(state) => (**state.unwrap()).clone(),
            Err(_) => match &**self.states.borrow() {
                State::Connected(_) => panic!("connected, but not as wanted"),
                other => panic!("still {other:?}"),
            },
        }
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        in_time(self.pool.stopped()).await;
    }
}

/// Waits for what must come.
pub(crate) async fn in_time<T>(coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, coming).await.expect("in time")
}

/// The program, built when it is not yet.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).unwrap();
        let release: &[&str] = if cfg!(debug_assertions) { &[] } else { &["--release"] };
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "lab", "--bin", "lab-xapi"])
            .args(release)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .unwrap();
        assert!(built.success());
        profile.join("lab-xapi")
    })
}
