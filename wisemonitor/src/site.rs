//! Where one suite lives: its folder, its address, its pace; and the ports it needs.
//!
//! Nothing outside the folder is ever written, and only the one loopback address is listened on, beside those of the
//! lab's XenServer hosts, so several suites run side by side.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};

/// A Unix socket's path must fit in 108 bytes; the longest of ours is this far below the folder.
const LONGEST_SOCKET: &str = "nagios-exporter/nagios.sock";
const SOCKET_PATH_LIMIT: usize = 107;

/// The ports of a suite, TCP all of them; snmpd's is UDP too. Those of other projects are their standard ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    Grafana = 3000,
    Prometheus = 9090,
    Alertmanager = 9093,
    SnmpExporter = 9116,
    Snmpd = 10161,
    Web = 10180,
    NagiosExporter = 10190,
    XenserverExporter = 10191,
    CloudstackExporter = 10192,
    AlertBridge = 10193,
    VncRecorder = 10194,
    LabCloudstack = 10280,
    LabCloudstackControl = 10281,
    LabXapiControl = 10282,
    LabDesktop = 10283,
    /// On addresses of [`Site::lab_host`].
    LabXapi = 10443,
}

/// One suite's place on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Absolute path of the folder for all data and generated configuration.
    pub(crate) dir: PathBuf,
    /// What every part listens on.
    pub(crate) address: Ipv4Addr,
    /// How often Nagios checks each host and service.
    pub(crate) check_interval: Duration,
}

impl Site {
    /// # Errors
    /// When the folder's path is too long for the sockets in it, or cannot be written into a configuration.
    pub(crate) fn new(
        dir: PathBuf,
        address: Ipv4Addr,
        check_interval: Duration,
    ) -> anyhow::Result<Self> {
        let longest = dir.join(LONGEST_SOCKET);
        let length = longest.as_os_str().len();
        let shown = dir.display();
        ensure!(
            length <= SOCKET_PATH_LIMIT,
            "--dir: {shown} is {} bytes too long for a Unix socket's path: name a shorter folder",
            length - SOCKET_PATH_LIMIT
        );
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
        ensure!(
            dir.to_str().is_some_and(|path| path.chars().all(plain)),
            "--dir: {shown} has characters that not every part can read in a path, expected letters, digits and /._-+"
        );
        Ok(Site { dir, address, check_interval })
    }

    /// Folder of one part.
    pub(crate) fn folder(&self, component: &str) -> PathBuf {
        self.dir.join(component)
    }

    /// Address of one part.
    pub(crate) fn socket_address(&self, port: Port) -> SocketAddrV4 {
        SocketAddrV4::new(self.address, port as u16)
    }

    /// Address of a simulated XenServer host, counted from 1: hosts are told apart by addresses, not by ports.
    /// That of 127.0.0.2 are 127.0.2.1, 127.0.2.2 and so on.
    pub(crate) fn lab_host(&self, number: u8) -> SocketAddrV4 {
        let [_, _, third, fourth] = self.address.octets();
        SocketAddrV4::new(Ipv4Addr::new(127, third, fourth, number), Port::LabXapi as u16)
    }

    /// Address of one part as a browser takes it, without a trailing slash.
    pub(crate) fn url(&self, port: Port) -> String {
        format!("http://{}", self.socket_address(port))
    }

    /// A sample configuration made ours: `127.0.0.1` becomes this suite's address and `@dir@` its folder.
    /// Further names are replaced as given.
    pub(crate) fn fill(&self, sample: &str, names: &[(&str, &str)]) -> String {
        let text = sample
            .replace("127.0.0.1", &self.address.to_string())
            .replace("@dir@", &self.dir.to_string_lossy());
        names.iter().fold(text, |text, (name, value)| text.replace(name, value))
    }
}

/// Makes a folder and those above it; new ones are for this user alone.
pub(crate) fn make_folder(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make the folder {}", path.display()))
}

/// Writes a file that this user alone may read.
pub(crate) fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// The secret in `path`; a new one of 256 random bits at the first start.
pub(crate) fn secret(path: &Path) -> anyhow::Result<()> {
    if fs::exists(path).with_context(|| format!("cannot look at {}", path.display()))? {
        return Ok(());
    }
    let mut random = [0; 32];
    fs::File::open("/dev/urandom")
        .and_then(|mut source| std::io::Read::read_exact(&mut source, &mut random))
        .context("cannot read /dev/urandom")?;
    write_file(path, &random.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(dir: &str) -> anyhow::Result<Site> {
        Site::new(dir.into(), Ipv4Addr::new(127, 0, 0, 2), Duration::from_secs(10))
    }

    #[test]
    fn a_sample_becomes_the_sites_own() {
        let text =
            site("/s").unwrap().fill("http://127.0.0.1:9093 @dir@/x @who@", &[("@who@", "me")]);
        assert_eq!(text, "http://127.0.0.2:9093 /s/x me");
    }

    #[test]
    fn hosts_of_the_lab_are_not_where_the_next_suite_is() {
        assert_eq!(site("/s").unwrap().lab_host(6).to_string(), "127.0.2.6:10443");
    }

    #[test]
    fn a_folder_that_parts_cannot_use_is_refused() {
        assert!(site(&format!("/{}", "x".repeat(78))).is_ok());
        assert!(
            site(&format!("/{}", "x".repeat(79)))
                .unwrap_err()
                .to_string()
                .contains("1 bytes too long")
        );
        assert!(site("/a b").unwrap_err().to_string().contains("/a b"));
        assert!(site("/a;b").is_err());
    }

    #[test]
    fn a_secret_is_made_once_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        secret(&path).unwrap();
        let first = fs::read_to_string(&path).unwrap();
        assert_eq!(first.len(), 64);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        secret(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), first);
    }
}
