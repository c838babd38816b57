//! Finds out whether a part is ready, by asking it as its users do.

use std::fmt;
use std::net::SocketAddrV4;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::component::Ready;
use crate::supervise::output::Tail;

const PAUSE: Duration = Duration::from_millis(50);
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Returns when the part is ready.
pub(super) async fn wait(ready: &Ready, tail: Tail) {
    loop {
        let is_ready = match ready {
            Ready::Answers(server, path) => timeout(ANSWER_LIMIT, answers(*server, path))
                .await
                .is_ok_and(|answer| answer.unwrap_or(false)),
            Ready::Says(text) => tail.text().contains(text),
        };
        if is_ready {
            return;
        }
        sleep(PAUSE).await;
    }
}

/// One HTTP/1.0 request on loopback needs no HTTP library.
async fn answers(server: SocketAddrV4, path: &str) -> std::io::Result<bool> {
    const LENGTH: usize = "HTTP/1.1 200".len();
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {server}\r\n\r\n").as_bytes()).await?;
    let mut status = [0; LENGTH];
    stream.read_exact(&mut status).await?;
    Ok(status.starts_with(b"HTTP/1.") && status.ends_with(b" 200"))
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ready::Answers(server, path) => {
                write!(f, "http://{server}{path} does not answer with 200")
            }
            Ready::Says(text) => write!(f, "it has not said `{text}`"),
        }
    }
}
