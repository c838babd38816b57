//! The stage: simulated pools, and the program that reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// What comes at all comes within this time, also on a machine with much to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// A process with pools that dies with its owner.
pub(crate) struct Lab {
    process: Child,
    control: String,
    folder: TempDir,
    /// Addresses and fingerprints of the hosts of each pool, the master first.
    pub(crate) pools: BTreeMap<String, Vec<(String, String)>>,
}

impl Lab {
    /// Starts `lab-xapi` with these flags, on a free port.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(lab_program())
            .args(["--xapi.listen-address", "127.82.0.1:0", "--xapi.wrong-password-delay", "0"])
            .arg("--tls.directory")
            .arg(folder.path())
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pools = BTreeMap::<String, Vec<_>>::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["pool", _] => {}
                ["host", pool, address, pin] => {
                    pools.entry(pool.into()).or_default().push((address.into(), pin.into()));
                }
                ["control", address] => {
                    return Self { process, control: address.to_owned(), folder, pools };
                }
                _ => panic!("lab-xapi says {line:?}"),
            }
        }
        panic!("lab-xapi ended: {:?}", process.wait());
    }

    /// The lines of an exporter's configuration that are about a pool, under this name.
    pub(crate) fn pool(&self, pool: &str, more: &str) -> String {
        let addresses: Vec<_> =
            self.pools[pool].iter().map(|(address, _)| format!("'{address}'")).collect();
        let trust = match more.contains("pins:") {
            true => String::new(),
            false => format!("  ca_file: {}/ca.pem\n", self.folder.path().display()),
        };
        let password = if more.contains("password:") { "" } else { "  password: lab\n" };
        format!(
            "- name: {pool}\n  addresses: [{}]\n  username: root\n{password}{trust}{more}",
            addresses.join(", ")
        )
    }

    /// How often a method was called, at all hosts together.
    pub(crate) async fn count(&self, method: &str) -> u64 {
        let counts = self.control(reqwest::Method::GET, "counts").await;
        let lines = counts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let counts = lines.filter(|line| line[2] == method).map(|line| line[3].parse::<u64>());
        counts.map(Result::unwrap).sum()
    }

    /// Begins a fault: `hang?host=..`.
    pub(crate) async fn begin(&self, fault: &str) {
        self.control(reqwest::Method::PUT, &format!("faults/{fault}")).await;
    }

    /// Ends one.
    pub(crate) async fn end(&self, fault: &str) {
        self.control(reqwest::Method::DELETE, &format!("faults/{fault}")).await;
    }

    /// Lets something happen: `vms/migrate?vm=..`.
    pub(crate) async fn post(&self, deed: &str) {
        self.control(reqwest::Method::POST, deed).await;
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

/// The program under test, which dies with its owner.
pub(crate) struct Exporter {
    process: Child,
    address: String,
    log: Arc<Mutex<Vec<String>>>,
    file: PathBuf,
    _folder: TempDir,
}

impl Exporter {
    /// Starts it with this configuration.
    pub(crate) fn start(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.yml");
        std::fs::write(&file, config).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_xenserver-exporter"))
            .arg("--web.listen-address=127.0.0.1:0")
            .arg(format!("--config.file={}", file.display()))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut address = None;
        while address.is_none() {
            let line = lines.next().expect("the program says where it listens").unwrap();
            address = line
                .contains("program=xenserver-exporter")
                .then(|| word(&line, "address="))
                .flatten();
            log.lock().unwrap().push(line);
        }
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line));
        });
        Self { process, address: address.unwrap(), log, file, _folder: folder }
    }

    /// Starts it with these pools.
    pub(crate) fn with_pools(pools: &[String], more: &str) -> Self {
        Self::start(&format!("{more}\npools:\n{}", pools.concat()))
    }

    /// Lets it read another configuration.
    pub(crate) async fn reload(&self, config: &str) {
        std::fs::write(&self.file, config).unwrap();
        let url = format!("http://{}/-/reload", self.address);
        let answer = reqwest::Client::new().post(url).send().await.unwrap();
        answer.error_for_status().unwrap();
    }

    /// The page at a path.
    pub(crate) async fn get(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.address);
        reqwest::get(url).await.unwrap().text().await.unwrap()
    }

    /// Waits for a page of metrics that is as it should be.
    pub(crate) async fn page(&self, what: &str, fits: impl Fn(&Page) -> bool) -> Page {
        let begin = Instant::now();
        loop {
            let page = Page(self.get("/metrics").await);
            if fits(&page) {
                return page;
            }
            let lines = self.log();
            assert!(begin.elapsed() < PATIENCE, "no {what} in time\n{}\n{lines:#?}", page.brief());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A page of metrics.
pub(crate) struct Page(pub(crate) String);

impl Page {
    /// The series of a family that hold all of these texts, such as `pool="a"`.
    pub(crate) fn series<'a>(
        &'a self,
        family: &'a str,
        texts: &'a [&str],
    ) -> impl Iterator<Item = &'a str> {
        self.0.lines().filter(move |line| {
            line.strip_prefix(family).is_some_and(|rest| rest.starts_with(['{', ' ']))
                && texts.iter().all(|text| line.contains(text))
        })
    }

    /// The values of those series.
    pub(crate) fn values(&self, family: &str, texts: &[&str]) -> Vec<f64> {
        let series = self.series(family, texts);
        series.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect()
    }

    /// How many of them there are.
    pub(crate) fn count(&self, family: &str, texts: &[&str]) -> usize {
        self.series(family, texts).count()
    }

    /// All our series, without their values. None is there twice.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        let lines = self.0.lines().filter(|line| line.starts_with("xen_"));
        let all: Vec<&str> = lines.map(|line| line.rsplit_once(' ').unwrap().0).collect();
        let unique: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), unique.len(), "a series is there twice");
        unique
    }

    fn brief(&self) -> String {
        let own = self.0.lines().filter(|line| {
            ["xen_pool_up{", "xen_host_up{", "xen_pool_failure{"]
                .iter()
                .any(|family| line.starts_with(family))
        });
        own.collect::<Vec<_>>().join("\n")
    }
}

/// The value of a label in a series, or behind a key in a line of the log.
pub(crate) fn label<'a>(series: &'a str, name: &str) -> &'a str {
    let start = series.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
    &series[start..start + series[start..].find('"').unwrap()]
}

fn word(line: &str, key: &str) -> Option<String> {
    let start = line.find(key)? + key.len();
    Some(line[start..].split([' ', '"']).find(|word| !word.is_empty())?.to_owned())
}

/// The simulator, built when it is not yet.
fn lab_program() -> &'static PathBuf {
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
