//! HTTP on loopback: HTTP/1.0 with its one request per connection needs no library.
//!
//! Promises an end within two seconds, and that no answer fills the memory.

use std::io::{Error, ErrorKind};
use std::net::SocketAddrV4;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(2);
const ANSWER_SIZE: u64 = 64 << 20;

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The body, as text.
    pub(crate) body: String,
}

/// Fetches a path.
///
/// # Errors
/// When the server does not answer in time, or not with HTTP.
pub(crate) async fn get(server: SocketAddrV4, path: &str) -> std::io::Result<Answer> {
    exchange(server, "GET", path).await
}

/// Sends a request without a body.
///
/// # Errors
/// When the server does not answer in time, or not with HTTP.
pub(crate) async fn exchange(
    server: SocketAddrV4,
    method: &str,
    path: &str,
) -> std::io::Result<Answer> {
    let request =
        format!("{method} {path} HTTP/1.0\r\nHost: {server}\r\nContent-Length: 0\r\n\r\n");
    let exchange = async {
        let mut stream = TcpStream::connect(server).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_SIZE).read_to_end(&mut answer).await?;
        Ok::<_, Error>(answer)
    };
    let answer = timeout(LIMIT, exchange).await.map_err(|_| ErrorKind::TimedOut)??;
    parse(&String::from_utf8_lossy(&answer))
        .ok_or_else(|| Error::new(ErrorKind::InvalidData, "the answer is not HTTP"))
}

fn parse(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.get(..3)?;
    Some(Answer { status: status.parse().ok()?, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_status_and_a_body() {
        let expected = Answer { status: 404, body: "no\r\n\r\n".into() };
        assert_eq!(parse("HTTP/1.1 404 Not Found\r\nA: b\r\n\r\nno\r\n\r\n"), Some(expected));
        for wrong in
            ["", "HTTP/1.0 200 OK\r\n", "HTTP/1.0\r\n\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.0 2\r\n\r\n"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
