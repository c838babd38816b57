//! HTTP as plain as it can be: a connection for each request.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// What comes at all comes within this time.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// What Prometheus asks for. Who asked for another format as well would have it encoded, too.
const ACCEPT: &str = "Accept: application/openmetrics-text;version=1.0.0\r\n";

/// A request as Prometheus makes it, and the whole answer: how long it took to its last byte.
pub(crate) fn scrape(address: SocketAddr, path: &str) -> (Duration, Vec<u8>) {
    request(address, "GET", path, &format!("{ACCEPT}Accept-Encoding: gzip\r\n"))
}

/// A page as Prometheus takes it, without compression.
pub(crate) fn page(address: SocketAddr) -> String {
    body(request(address, "GET", "/metrics", ACCEPT).1)
}

/// The body of any other answer.
pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    body(request(address, "GET", path, "").1)
}

/// The same for a request that changes something.
pub(crate) fn send(address: SocketAddr, method: &str, path: &str) -> String {
    body(request(address, method, path, "Content-Length: 0\r\n").1)
}

fn request(address: SocketAddr, method: &str, path: &str, more: &str) -> (Duration, Vec<u8>) {
    let begin = Instant::now();
    let request =
        format!("{method} {path} HTTP/1.0\r\nHost: bench\r\nConnection: close\r\n{more}\r\n");
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(DEADLINE)).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    let status = answer.get(..12).unwrap_or_default();
    assert!(status.ends_with(b" 200") || status.ends_with(b" 204"), "{path}: {answer:.60?}");
    (begin.elapsed(), answer)
}

fn body(answer: Vec<u8>) -> String {
    let text = String::from_utf8(answer).unwrap();
    text.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// Tries again and again until there is something.
pub(crate) fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begin.elapsed() < DEADLINE, "no {what} in time");
        pause(Duration::from_millis(5));
    }
}

/// Lets time pass, which is what is measured here.
#[expect(clippy::disallowed_methods, reason = "a bench measures what goes on with time")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}
