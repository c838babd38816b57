//! `snmp_engineid`: the context of another engine than the agent's own. Debian's agent answers for each engine in
//! that engine's name, so that it shows what is signed, encrypted and undone; what it does not do, a relay does.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use reqwest::StatusCode;
use snmp_exporter::flags::Flags;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use crate::device::config;
use crate::scrape::{Exporter, without_scrape};
use crate::snmpd::Snmpd;

/// The agent is the engine "lab", written as net-snmp does: its enterprise, a four for "text", and the text.
const SNMPD: &str = "engineID lab
createUser plain
rouser plain noauth
createUser reader SHA authentication
rouser reader auth
createUser hidden-des MD5 authentication DES confidential
rouser hidden-des priv
createUser hidden-aes SHA-256 authentication AES-256 confidential
rouser hidden-aes priv
";

const OWN: &[u8] = b"\x80\x00\x1f\x88\x04lab";
const OTHER: &[u8] = b"\x80\x00\x1f\x88\x04far";

const USERS: [&str; 4] = ["plain", "reader", "hidden-des", "hidden-aes"];

const CONFIG: &str = "
auths:
  public_v2: {}
  plain: {version: 3, username: plain}
  reader: {version: 3, username: reader, security_level: authNoPriv, auth_protocol: SHA, password: authentication}
  hidden-des: {version: 3, username: hidden-des, security_level: authPriv, password: authentication, priv_password: confidential}
  hidden-aes: {version: 3, username: hidden-aes, security_level: authPriv, auth_protocol: SHA256, password: authentication, priv_protocol: AES256, priv_password: confidential}
modules:
  kinds: &kinds
    get: [1.3.6.1.2.1.1.5.0]
    walk: [1.3.6.1.2.1.2.2.1.3, 1.3.6.1.2.1.1.9.1]
    metrics:
    - {name: system, oid: 1.3.6.1.2.1.1.5, type: DisplayString, help: Name}
    - {name: kind, oid: 1.3.6.1.2.1.2.2.1.3, type: gauge, help: Kind, indexes: [{labelname: interface, type: gauge}]}
    - {name: part, oid: 1.3.6.1.2.1.1.9.1.3, type: DisplayString, help: Part, indexes: [{labelname: number, type: gauge}]}
  hasty:
    <<: *kinds
    timeout: 500ms
    retries: 0
";

/// What a relay does with a request: it may change it, or answer it.
type Meddling = fn(&mut [u8]) -> Option<Vec<u8>>;

/// Passes packets on to an agent and back, and keeps the requests as they came.
struct Relay {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
    passing: JoinHandle<()>,
}

impl Relay {
    async fn start(agent: SocketAddr, meddling: Meddling) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        let passing = tokio::spawn(async move {
            let (mut packet, mut client) = (vec![0; 65_536], agent);
            loop {
                let (length, from) = socket.recv_from(&mut packet).await.unwrap();
                let packet = &mut packet[..length];
                if from == agent {
                    socket.send_to(packet, client).await.unwrap();
                    continue;
                }
                client = from;
                kept.lock().unwrap().push(packet.to_vec());
                match meddling(packet) {
                    Some(answer) => socket.send_to(&answer, client).await.unwrap(),
                    None => socket.send_to(packet, agent).await.unwrap(),
                };
            }
        });
        Relay { address, requests, passing }
    }

    /// In how many of the requests these octets are.
    fn requests_with(&self, octets: &[u8]) -> usize {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|request| !places(request, octets).is_empty()).count()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.passing.abort();
    }
}

fn places(packet: &[u8], octets: &[u8]) -> Vec<usize> {
    let windows = packet.windows(octets.len()).enumerate();
    windows.filter(|(_, window)| *window == octets).map(|(place, _)| place).collect()
}

/// What is asked of the other engine is asked of the agent's own.
fn to_own(request: &mut [u8]) -> Option<Vec<u8>> {
    if let [context] = places(request, OTHER)[..] {
        request[context..][..OWN.len()].copy_from_slice(OWN);
    }
    None
}

/// What is asked of the other engine is answered with a report of `snmpUnknownPDUHandlers` (RFC 3412, section 7.2).
fn unknown(request: &mut [u8]) -> Option<Vec<u8>> {
    let asked = places(request, OTHER);
    asked.first()?;
    // The number of the message follows its version, at the begin of the header.
    let number = &request[places(request, b"\x02\x01\x03\x30")[0] + 5..];
    let number = &number[..2 + usize::from(number[1])];
    let own = tagged(0x04, &[OWN]);
    let header = tagged(0x30, &[number, b"\x02\x02\x05\xdc\x04\x01\x00\x02\x01\x03"]);
    let user = tagged(0x30, &[&own, b"\x02\x01\x01\x02\x01\x01\x04\x05plain\x04\x00\x04\x00"]);
    let count = tagged(0x30, &[b"\x06\x0a\x2b\x06\x01\x06\x03\x0b\x02\x01\x03\x00\x41\x01\x01"]);
    let report = tagged(0xa8, &[b"\x02\x01\x00\x02\x01\x00\x02\x01\x00", &tagged(0x30, &[&count])]);
    let scoped = tagged(0x30, &[&own, b"\x04\x00", &report]);
    Some(tagged(0x30, &[b"\x02\x01\x03", &header, &tagged(0x04, &[&user]), &scoped]))
}

/// A field of BER, shorter than 128 octets.
fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&[tag, u8::try_from(content.len()).unwrap()], &content[..]].concat()
}

async fn exporter() -> Exporter {
    Exporter::start(config(CONFIG), Flags::default()).await
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

async fn scrape(exporter: &Exporter, agent: SocketAddr, query: &str) -> (StatusCode, String) {
    let (status, page) = exporter.text(&format!("/snmp?target={agent}&{query}")).await;
    (status, without_scrape(&page))
}

#[tokio::test]
async fn the_agents_own_engine_and_another_give_their_page_at_every_level() {
    let snmpd = Snmpd::start(SNMPD).await;
    let exporter = exporter().await;
    let expected = scrape(&exporter, snmpd.address(), "module=kinds").await;
    assert_eq!(expected.0, StatusCode::OK);
    for part in ["system{system=\"lab\"} 1\n", "kind{interface=\"1\"} 24\n", "part{number=\"9\""] {
        assert!(expected.1.contains(part), "{part}\n{}", expected.1);
    }
    // Version 2c has no engines; the parameter says nothing to it.
    for user in ["public_v2"].iter().chain(&USERS) {
        for engine in [OWN, OTHER, OTHER] {
            let engine = hexadecimal(engine);
            let query = format!("module=kinds&auth={user}&snmp_engineid={engine}");
            assert_eq!(scrape(&exporter, snmpd.address(), &query).await, expected, "{query}");
        }
    }
    exporter.stop().await;
}

#[tokio::test]
async fn an_engine_that_the_agent_does_not_know_is_an_error_that_says_so() {
    let snmpd = Snmpd::start(SNMPD).await;
    let ignorant = Relay::start(snmpd.address(), unknown).await;
    let exporter = exporter().await;
    let query = format!("module=kinds&auth=plain&snmp_engineid={}", hexadecimal(OTHER));
    let (status, text) = scrape(&exporter, ignorant.address, &query).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{text}");
    assert!(text.contains("the agent reports: unknownPDUHandlers"), "{text}");
    exporter.stop().await;
}

#[tokio::test]
async fn the_engine_is_in_each_request_but_the_discovery() {
    let snmpd = Snmpd::start(SNMPD).await;
    let relay = Relay::start(snmpd.address(), |_| None).await;
    let exporter = exporter().await;
    let query = format!("module=kinds&auth=reader&snmp_engineid={}", hexadecimal(OTHER));
    let (status, text) = scrape(&exporter, relay.address, &query).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let asked = relay.requests.lock().unwrap().len();
    assert!(asked >= 2, "{asked}");
    // The discovery names no engine, and the rest is for the agent about the other.
    assert_eq!((relay.requests_with(OTHER), relay.requests_with(OWN)), (asked - 1, asked - 1));
    exporter.stop().await;
}

#[tokio::test]
async fn an_answer_about_another_engine_than_the_asked_is_refused() {
    let snmpd = Snmpd::start(SNMPD).await;
    let confused = Relay::start(snmpd.address(), to_own).await;
    let exporter = exporter().await;
    let query = format!("module=hasty&auth=plain&snmp_engineid={}", hexadecimal(OTHER));
    let (status, text) = scrape(&exporter, confused.address, &query).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{text}");
    assert!(text.contains("no proper answer within 500ms"), "{text}");
    exporter.stop().await;
}

#[tokio::test]
async fn what_names_no_engine_is_a_bad_request() {
    let exporter = exporter().await;
    for wrong in ["80", "80001f88046", "80001f88zz", "0x80001f8804", &"80".repeat(33)] {
        let answer = exporter.text(&format!("/snmp?target=a&snmp_engineid={wrong}")).await;
        let expected = format!(
            "'snmp_engineid' parameter is \"{wrong}\": expected 5 to 32 octets as hexadecimal digits, as in 80001f8804616263\n"
        );
        assert_eq!(answer, (StatusCode::BAD_REQUEST, expected));
    }
    exporter.stop().await;
}
