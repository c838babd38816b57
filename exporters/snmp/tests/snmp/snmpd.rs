//! Debian's own agent: versions, and every pair of authentication and privacy that it has.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use exporter_kit::Secret;
use snmp_exporter::client::Target;
use snmp_exporter::config::{
    Auth, AuthProtocol, Authentication, Level, PrivProtocol, Privacy, Version,
};
use snmp_exporter::walk::{Request, Walker};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::lab::{oids, request, v1, v2c, varbinds, walker};

const AUTHENTICATIONS: [(AuthProtocol, &str); 6] = [
    (AuthProtocol::Md5, "MD5"),
    (AuthProtocol::Sha, "SHA"),
    (AuthProtocol::Sha224, "SHA-224"),
    (AuthProtocol::Sha256, "SHA-256"),
    (AuthProtocol::Sha384, "SHA-384"),
    (AuthProtocol::Sha512, "SHA-512"),
];

const PRIVACIES: [(PrivProtocol, &str); 6] = [
    (PrivProtocol::Des, "DES"),
    (PrivProtocol::Aes, "AES"),
    (PrivProtocol::Aes192, "AES-192"),
    (PrivProtocol::Aes256, "AES-256"),
    (PrivProtocol::Aes192C, "AES-192-C"),
    (PrivProtocol::Aes256C, "AES-256-C"),
];

/// A running snmpd, which dies with its owner.
pub(crate) struct Snmpd {
    process: Child,
    address: String,
    folder: TempDir,
}

impl Snmpd {
    pub(crate) async fn start(users: &str) -> Snmpd {
        // An address of its own, so that no other test takes the port while it is replaced.
        static STARTED: AtomicU8 = AtomicU8::new(100);
        let [.., third, fourth] = std::process::id().to_be_bytes();
        let address = Ipv4Addr::new(127, STARTED.fetch_add(1, Ordering::Relaxed), third, fourth);
        let address = format!("{address}:10161");
        let folder = tempfile::tempdir().unwrap();
        let mut snmpd =
            Snmpd { process: Snmpd::process(&folder, &address, users), address, folder };
        snmpd.wait().await;
        snmpd
    }

    fn process(folder: &TempDir, address: &str, users: &str) -> Child {
        let settings = folder.path().join("snmpd.conf");
        std::fs::write(&settings, format!("rocommunity public 127.0.0.0/8\nsysName lab\n{users}"))
            .unwrap();
        Command::new("/usr/sbin/snmpd")
            .args(["-f", "-C", "-Lo", "-c"])
            .arg(&settings)
            .arg(format!("udp:{address},tcp:{address}"))
            .env("SNMP_PERSISTENT_DIR", folder.path())
            .env("MIBS", "")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Starts it anew, as another engine.
    async fn replace(&mut self, users: &str) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.folder = tempfile::tempdir().unwrap();
        self.process = Snmpd::process(&self.folder, &self.address, users);
        self.wait().await;
    }

    async fn wait(&mut self) {
        let until = Instant::now() + Duration::from_secs(20);
        let (target, auth, get) = (self.target(), v2c(), oids(&["1.3.6.1.2.1.1.5.0"]));
        let patient = Request {
            get: &get,
            timeout: Duration::from_millis(100),
            ..request(&target, &auth, &[])
        };
        while walker(1).fetch(&patient, None).await.outcome.is_err() {
            assert!(Instant::now() < until, "snmpd does not answer: {:?}", self.process.try_wait());
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address.parse().unwrap()
    }

    pub(crate) fn target(&self) -> Target {
        self.address.parse().unwrap()
    }
}

impl Drop for Snmpd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn user(name: &str, level: Level) -> Auth {
    Auth {
        version: Version::V3 { username: name.to_owned(), level },
        context_name: String::new(),
        context_engine: None,
    }
}

fn authentication(protocol: AuthProtocol) -> Authentication {
    Authentication { protocol, password: Secret::new("authentication") }
}

/// The name of the agent, as this auth gets it.
async fn name(walker: &Walker, target: &Target, auth: &Auth) -> Result<usize, String> {
    let get = oids(&["1.3.6.1.2.1.1.5.0"]);
    let fetched = walker.fetch(&Request { get: &get, ..request(target, auth, &[]) }, None).await;
    fetched.outcome.map(|found| found.len()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn every_version_and_transport_walks_it() {
    let snmpd = Snmpd::start("createUser plain\nrouser plain noauth\n").await;
    let walk = oids(&["1.3.6.1.2.1.1", "1.3.6.1.2.1.2", "1.3.6.1.2.1.31.1.1"]);
    let (udp, tcp) = (snmpd.target(), format!("tcp://{}", snmpd.address).parse().unwrap());
    let expected = varbinds(walker(1).fetch(&request(&udp, &v2c(), &walk), None).await);
    assert!(expected.len() > 40);
    for auth in [v1(), v2c(), user("plain", Level::NoAuthNoPriv)] {
        for target in [&udp, &tcp] {
            let walker = walker(16);
            for _ in 0..2 {
                let found = varbinds(walker.fetch(&request(target, &auth, &walk), None).await);
                // Version 1 has no 64-bit counters.
                let is_complete = found.len() == expected.len() || auth == v1();
                assert!(is_complete, "{auth:?}, {target}: {} of {}", found.len(), expected.len());
            }
        }
    }
}

#[tokio::test]
async fn every_authentication_and_privacy_is_understood() {
    let mut users = String::new();
    for (_, digest) in AUTHENTICATIONS {
        users += &format!("createUser {digest} {digest} authentication\nrouser {digest} auth\n");
        for (_, cipher) in PRIVACIES {
            let name = format!("{digest}-with-{cipher}");
            users += &format!(
                "createUser {name} {digest} authentication {cipher} confidential\nrouser {name} priv\n"
            );
        }
    }
    let snmpd = Snmpd::start(&users).await;
    let (target, walker) = (snmpd.target(), walker(16));
    for (protocol, digest) in AUTHENTICATIONS {
        let auth = user(digest, Level::AuthNoPriv(authentication(protocol)));
        assert_eq!(name(&walker, &target, &auth).await, Ok(1), "{digest}");
        for (cipher_protocol, cipher) in PRIVACIES {
            let privacy =
                Privacy { protocol: cipher_protocol, password: Secret::new("confidential") };
            let level = Level::AuthPriv(authentication(protocol), privacy);
            let auth = user(&format!("{digest}-with-{cipher}"), level);
            assert_eq!(name(&walker, &target, &auth).await, Ok(1), "{digest} with {cipher}");
        }
    }
}

#[tokio::test]
async fn the_engine_is_known_from_scrape_to_scrape_and_found_anew_when_it_is_another() {
    let users = "createUser reader SHA authentication\nrouser reader auth\n";
    let mut snmpd = Snmpd::start(users).await;
    let (target, walker) = (snmpd.target(), walker(16));
    let auth = user("reader", Level::AuthNoPriv(authentication(AuthProtocol::Sha)));
    let get = oids(&["1.3.6.1.2.1.1.5.0"]);
    let asked = Request { get: &get, ..request(&target, &auth, &[]) };
    let first = walker.fetch(&asked, None).await;
    let second = walker.fetch(&asked, None).await;
    assert!(first.packets > 1, "{}", first.packets);
    assert_eq!(second.packets, 1);
    snmpd.replace(users).await;
    let hasty = Request { timeout: Duration::from_millis(200), retries: 0, ..asked };
    assert!(
        walker.fetch(&hasty, None).await.outcome.is_err(),
        "the new engine does not know the old one"
    );
    assert_eq!(name(&walker, &target, &auth).await, Ok(1));
}

#[tokio::test]
async fn a_wrong_user_or_password_is_told() {
    let snmpd = Snmpd::start("createUser reader SHA authentication\nrouser reader auth\n").await;
    let (target, walker) = (snmpd.target(), walker(16));
    let wrong =
        Authentication { protocol: AuthProtocol::Sha, password: Secret::new("something else") };
    let (auth, get) = (user("reader", Level::AuthNoPriv(wrong)), oids(&["1.3.6.1.2.1.1.5.0"]));
    let hasty = Request {
        get: &get,
        timeout: Duration::from_millis(200),
        retries: 0,
        ..request(&target, &auth, &[])
    };
    let told = walker.fetch(&hasty, None).await.outcome.unwrap_err().to_string();
    let expected = "no proper answer within 200ms, asked 1 times: is it the right user, password and protocol?";
    assert_eq!(told, format!("target {target}: {expected}"));
    let told = name(&walker, &target, &user("nobody", Level::NoAuthNoPriv)).await.unwrap_err();
    assert!(told.contains("unknown user name"), "{told}");
}
