//! As much of HTTP/1 as a host needs, on any stream. Bodies have a length: chunks are refused.

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest head, bytes.
const LONGEST_HEAD: usize = 64 << 10;

/// The longest body, bytes.
const LONGEST_BODY: usize = 16 << 20;

/// How much is read at a time, bytes.
const CHUNK: usize = 4096;

/// A connection, and what has been read of it too early.
pub(crate) struct Connection<S> {
    pub(crate) stream: S,
    pub(crate) early: Vec<u8>,
}

/// A request.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// An answer.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    /// One more header.
    pub(crate) header: Option<(&'static str, String)>,
}

impl Request {
    /// A header by its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let mut cookies = self.header("cookie")?.split(';');
        cookies.find_map(|cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))
    }

    /// Whether the connection ends with the answer.
    pub(crate) fn is_last(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    fn parse(head: &str) -> anyhow::Result<Self> {
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap_or_default();
        let mut words = line.split(' ');
        let (Some(method), Some(target), Some(version)) =
            (words.next(), words.next(), words.next())
        else {
            bail!("request line: {line:?}");
        };
        let mut headers = Vec::new();
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) =
                line.split_once(':').with_context(|| format!("header: {line:?}"))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if version == "HTTP/1.0" && !headers.iter().any(|(name, _)| name == "connection") {
            headers.push(("connection".into(), "close".into()));
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let (method, path) = (method.to_owned(), path.to_owned());
        Ok(Self { method, path, query, headers, body: String::new() })
    }
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &'static str, body: String) -> Self {
        Self { status, content_type, body, header: None }
    }

    /// An answer that is only its status.
    pub(crate) fn status(status: u16) -> Self {
        Self::new(status, "text/html", format!("<html><body>{}</body></html>", reason(status)))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, early: Vec::new() }
    }

    /// The next request; `None` at the end.
    pub(crate) async fn request(&mut self) -> anyhow::Result<Option<Request>> {
        let end = loop {
            if let Some(at) = self.early.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            ensure!(self.early.len() <= LONGEST_HEAD, "the head is too long");
            self.early.reserve(CHUNK);
            if self.stream.read_buf(&mut self.early).await? == 0 {
                ensure!(self.early.is_empty(), "ends in the head");
                return Ok(None);
            }
        };
        let head = self.early.drain(..end).collect::<Vec<_>>();
        let mut request = Request::parse(std::str::from_utf8(&head)?.trim_end_matches("\r\n"))?;
        ensure!(request.header("transfer-encoding").is_none(), "chunks are not spoken here");
        let length = match request.header("content-length") {
            Some(length) => length.parse().with_context(|| format!("content-length: {length}"))?,
            None => 0_usize,
        };
        ensure!(length <= LONGEST_BODY, "the body is too long");
        if request.header("expect").is_some() {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        while self.early.len() < length {
            self.early.reserve(CHUNK);
            ensure!(self.stream.read_buf(&mut self.early).await? > 0, "ends in the body");
        }
        request.body = String::from_utf8(self.early.drain(..length).collect())?;
        Ok(Some(request))
    }

    /// Answers; only the first part of the body when it is to be cut.
    pub(crate) async fn respond(&mut self, response: &Response, cut: bool) -> anyhow::Result<()> {
        let Response { status, content_type, body, header } = response;
        let mut head = format!(
            "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
             Cache-Control: no-cache, no-store\r\n",
            reason(*status),
            body.len()
        );
        if let Some((name, value)) = header {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let body = if cut { &body.as_bytes()[..body.len() / 2] } else { body.as_bytes() };
        self.stream.write_all(head.as_bytes()).await?;
        self.stream.write_all(body).await?;
        Ok(self.stream.flush().await?)
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorised",
        404 => "Not Found",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_follow_each_other_and_what_comes_early_is_kept() {
        let (near, mut far) = tokio::io::duplex(4096);
        far.write_all(
            b"POST /RPC2?a=b%20c HTTP/1.1\r\nContent-Length: 5\r\nCookie: q=1; session_id=OpaqueRef:s\r\n\r\n\
              helloCONNECT /console?uuid=u HTTP/1.0\r\n\r\nRFB 003",
        )
        .await
        .unwrap();
        let mut connection = Connection::new(near);
        let first = connection.request().await.unwrap().unwrap();
        assert_eq!((&*first.method, &*first.path, &*first.body), ("POST", "/RPC2", "hello"));
        assert_eq!(first.parameter("a"), Some("b c"));
        assert_eq!(first.cookie("session_id"), Some("OpaqueRef:s"));
        assert!(!first.is_last());
        let second = connection.request().await.unwrap().unwrap();
        assert_eq!((&*second.method, second.is_last()), ("CONNECT", true));
        assert_eq!(connection.early, b"RFB 003");
    }
}
