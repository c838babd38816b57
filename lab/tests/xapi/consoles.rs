//! `CONNECT /console`, with a real VNC server behind.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::client::TlsStream;

use crate::lab::{Lab, until};

/// An X server with a screen to be seen over VNC. It dies with its owner.
struct Screen {
    process: Child,
    address: SocketAddr,
}

impl Screen {
    async fn start() -> Screen {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let process = Command::new("Xtigervnc")
            .arg(format!(":{}", address.port()))
            .args([
                "-rfbport",
                &address.port().to_string(),
                "-localhost",
                "-nolock",
                "-nolisten",
                "unix",
            ])
            .args(["-SecurityTypes", "None", "-geometry", "320x200", "-desktop", "lab screen"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("Xtigervnc: {error}; make install-test-deps"));
        until("the screen is there", async || TcpStream::connect(address).is_ok()).await;
        Screen { process, address }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

type Stream = TlsStream<tokio::net::TcpStream>;

/// Asks for a console. Returns the status and the connection behind the head.
async fn connect(lab: &Lab, host: usize, path: &str, session: &str) -> (u16, Stream) {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(lab.authority()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let configuration = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let address = lab.hosts[host];
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let name = ServerName::from(address.ip());
    let connector = tokio_rustls::TlsConnector::from(Arc::new(configuration));
    let mut stream = connector.connect(name, stream).await.unwrap();
    let request = format!(
        "CONNECT {path} HTTP/1.0\r\nHost: {}\r\nCookie: session_id={session}\r\n\r\n",
        address.ip()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    (head["HTTP/1.1 ".len()..][..3].parse().unwrap(), stream)
}

/// The path of a VM's console.
async fn path(lab: &Lab, session: &str, vm: &str) -> String {
    let vm = lab.call(0, "VM.get_by_name_label", json!([session, vm])).await.unwrap();
    let consoles = lab.call(0, "VM.get_consoles", json!([session, vm[0]])).await.unwrap();
    let location =
        lab.call(0, "console.get_location", json!([session, consoles[0]])).await.unwrap();
    let location = location.as_str().unwrap();
    location[location.find("/console").unwrap()..].to_owned()
}

#[tokio::test]
async fn a_real_screen_is_reached() {
    let screen = Screen::start().await;
    let target = format!("lab-pool-1-vm-0001={}", screen.address);
    let lab = Lab::start(&["--console.vnc", &target, "--console.limit", "1"]);
    let session = lab.login(0).await;
    let path = path(&lab, &session, "lab-pool-1-vm-0001").await;
    let (status, mut stream) = connect(&lab, 1, &path, &session).await;
    assert_eq!(status, 200);
    // RFB 3.8 up to ServerInit (RFC 6143, 7.1 to 7.3).
    let mut version = [0; 12];
    stream.read_exact(&mut version).await.unwrap();
    assert_eq!(&version, b"RFB 003.008\n");
    stream.write_all(&version).await.unwrap();
    let mut kinds = vec![0; usize::from(stream.read_u8().await.unwrap())];
    stream.read_exact(&mut kinds).await.unwrap();
    assert_eq!(kinds, [1]);
    stream.write_u8(1).await.unwrap();
    assert_eq!(stream.read_u32().await.unwrap(), 0);
    stream.write_u8(1).await.unwrap();
    let size = (stream.read_u16().await.unwrap(), stream.read_u16().await.unwrap());
    assert_eq!(size, (320, 200));
    // One console at a time.
    assert_eq!(connect(&lab, 1, &path, &session).await.0, 503);
    drop(stream);
    until("the console is free", async || connect(&lab, 1, &path, &session).await.0 == 200).await;
}

#[tokio::test]
async fn a_vm_without_a_screen_says_so() {
    let lab = Lab::start(&[]);
    let session = lab.login(0).await;
    let path = path(&lab, &session, "lab-pool-1-vm-0001").await;
    let (status, mut stream) = connect(&lab, 1, &path, &session).await;
    assert_eq!(status, 200);
    let mut version = [0; 12];
    stream.read_exact(&mut version).await.unwrap();
    assert_eq!(&version, b"RFB 003.003\n");
    stream.write_all(&version).await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest[..8], [0, 0, 0, 0, 0, 0, 0, rest.len() as u8 - 8]);
    assert_eq!(&rest[8..], b"this VM of the lab has no screen");
}

#[tokio::test]
async fn consoles_are_refused_as_xapi_does() {
    let lab = Lab::start(&[]);
    let session = lab.login(0).await;
    let path = path(&lab, &session, "lab-pool-1-vm-0001").await;
    assert_eq!(connect(&lab, 0, &path, &session).await.0, 500, "it runs on another host");
    assert_eq!(connect(&lab, 1, &path, "OpaqueRef:none").await.0, 401);
    assert_eq!(connect(&lab, 1, "/console?uuid=none", &session).await.0, 404);
}
