//! Remote calls to one host, in either dialect of XAPI.
//!
//! Promises: every call ends within its deadline, reads a bounded answer, follows no redirect of HTTP, uses no
//! proxy, and fails with an [`Error`] that names host and call. Records are read as they come, one at a time, so
//! that a class of any size takes the memory of one record. Refuses to know what a session or a master is.

mod json;
mod records;
mod xml;

use std::{io::BufRead, sync::Arc, time::Duration};

use reqwest::{Response, header, redirect};
use serde_json::Value;

use crate::{
    Address, Deadlines, Error, Failure, Inventory, Ref, Tls, TrustError, counters::Counters,
    error::quote, tls,
};

/// Longest answer to a call, in bytes: ten thousand replayed messages stay well below.
const LONGEST_ANSWER: usize = 64 << 20;

/// Asks a slave for the fingerprint of its master's certificate, and carries the answer.
const ASK_THUMBPRINT: (&str, &str) =
    ("x-xenapi-request-host-certificate-thumbprint", "sha-256:master");
const THUMBPRINT: &str = "x-xenapi-response-host-certificate-thumbprint";

/// What XAPI answered, if it was an answer at all.
type Outcome<T> = Result<T, Failure>;

/// How calls are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// JSON-RPC 2.0, or XAPI's 1.0 of its first hosts.
    Json,
    /// XML-RPC.
    Xml,
}

impl Dialect {
    /// Reads an answer of `get_all_records`, for example one that was recorded. Holds one record at a time
    /// beside the inventory.
    ///
    /// # Errors
    /// The text says what was expected when the answer is not XAPI's. XAPI's own refusal is the inner error.
    pub fn read_records(
        self,
        class: &str,
        body: impl BufRead,
    ) -> Result<Result<Inventory, Failure>, String> {
        let mut inventory = Inventory::default();
        let mut put = |reference: &str, record: &Value| {
            inventory.put(class, Ref::new(reference), record);
        };
        let outcome = match self {
            Self::Json => json::records(body, &mut put),
            Self::Xml => xml::records(body, &mut put),
        };
        outcome.map(|outcome| outcome.map(|()| inventory))
    }
}

/// A host, and the dialect it is spoken to in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) address: Address,
    pub(crate) dialect: Dialect,
}

/// Carries calls to any host of a pool. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    http: reqwest::Client,
    tls: Tls,
    deadlines: Deadlines,
    counters: Arc<Counters>,
}

impl Transport {
    /// Connects to nothing yet.
    pub(crate) fn new(
        tls: Tls,
        deadlines: Deadlines,
        counters: Arc<Counters>,
    ) -> Result<Self, TrustError> {
        let second = Duration::from_secs(1);
        let http = reqwest::Client::builder()
            .use_preconfigured_tls(tls.config())
            .https_only(true)
            .http1_only()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .user_agent(concat!("wisemonitor/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(deadlines.connect)
            // A host that lost its power is noticed while a call waits for events.
            .tcp_keepalive(second)
            .tcp_keepalive_interval(second)
            .tcp_keepalive_retries(3)
            .tcp_user_timeout(4 * second)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(4)
            .pool_idle_timeout(20 * second)
            .build()
            .map_err(|error| TrustError::Client(causes(error)))?;
        Ok(Self { http, tls, deadlines, counters })
    }

    pub(crate) fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }

    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// One call and its value.
    pub(crate) async fn call(
        &self,
        to: &Endpoint,
        method: &str,
        parameters: &[Value],
        deadline: Duration,
    ) -> Result<Value, Error> {
        let exchange = self.exchange(&to.address, method, deadline);
        let response = self.post(to, &exchange, parameters).await?;
        let thumbprint = response.headers().get(THUMBPRINT).cloned();
        let body = exchange.body(response, LONGEST_ANSWER).await?;
        let outcome = match to.dialect {
            Dialect::Json if !body.trim_ascii_start().starts_with(b"{") => {
                let (address, call) = exchange.names();
                return Err(Error::NotJson { address, call, body: quote(&body) });
            }
            Dialect::Json => json::answer(&body),
            Dialect::Xml => xml::answer(body.as_slice()),
        };
        let outcome = outcome.map_err(|reason| exchange.garbage(reason))?;
        outcome.map_err(|failure| {
            let named = thumbprint.as_ref().and_then(|thumbprint| thumbprint.to_str().ok());
            if failure.code == "HOST_IS_SLAVE"
                && let Some(fingerprint) = named.and_then(|text| text.parse().ok())
            {
                self.tls.learn([fingerprint]);
            }
            exchange.refused(failure)
        })
    }

    /// All records of a class.
    pub(crate) async fn records(
        &self,
        of: &Endpoint,
        class: &'static str,
        session: &Value,
    ) -> Result<Inventory, Error> {
        let method = format!("{class}.get_all_records");
        let deadline = self.deadlines.records;
        let exchange = self.exchange(&of.address, &method, deadline);
        let response = self.post(of, &exchange, std::slice::from_ref(session)).await?;
        let dialect = of.dialect;
        let read = records::stream(response, move |body| dialect.read_records(class, body));
        match read.await {
            Ok(Ok(Ok(inventory))) => Ok(inventory),
            Ok(Ok(Err(failure))) => Err(exchange.refused(failure)),
            Ok(Err(reason)) => Err(exchange.garbage(reason)),
            Err(records::Broken::Transfer(error)) => Err(exchange.failed(error)),
            Err(records::Broken::TooLong(limit)) => Err(exchange.too_long(limit)),
        }
    }

    /// A plain GET, with the session in a cookie: RRDs. The body is the caller's to read.
    pub(crate) async fn get(
        &self,
        address: &Address,
        path: &str,
        session: &str,
        deadline: Duration,
    ) -> Result<Response, Error> {
        let exchange = self.exchange(address, path, deadline);
        let request = self
            .http
            .get(format!("https://{address}{path}"))
            .header(header::COOKIE, format!("session_id={session}"));
        let response = request.timeout(deadline).send().await;
        exchange.accept(response.map_err(|error| exchange.failed(error))?).await
    }

    /// An error while the body of [`Transport::get`] was read.
    pub(crate) fn broken(
        &self,
        address: &Address,
        call: &str,
        deadline: Duration,
        error: reqwest::Error,
    ) -> Error {
        self.exchange(address, call, deadline).failed(error)
    }

    fn exchange<'a>(
        &self,
        address: &'a Address,
        call: &'a str,
        deadline: Duration,
    ) -> Exchange<'a> {
        Exchange { address, call, deadline, connect: self.deadlines.connect }
    }

    async fn post(
        &self,
        to: &Endpoint,
        exchange: &Exchange<'_>,
        parameters: &[Value],
    ) -> Result<Response, Error> {
        self.counters.calls.count();
        let (path, kind, body) = match to.dialect {
            Dialect::Json => {
                ("/jsonrpc", "application/json", json::request(exchange.call, parameters))
            }
            Dialect::Xml => ("/", "text/xml", xml::request(exchange.call, parameters)),
        };
        let mut request = self
            .http
            .post(format!("https://{}{path}", to.address))
            .header(header::CONTENT_TYPE, kind)
            .timeout(exchange.deadline)
            .body(body);
        if self.tls.is_pinned() {
            request = request.header(ASK_THUMBPRINT.0, ASK_THUMBPRINT.1);
        }
        let sent = request.send().await;
        let response = sent.map_err(|error| exchange.failed(error));
        let response = match response {
            Ok(response) => exchange.accept(response).await,
            Err(error) => Err(error),
        };
        response.inspect_err(|_| self.counters.failures.count())
    }
}

/// One request, as its errors name it.
struct Exchange<'a> {
    address: &'a Address,
    call: &'a str,
    deadline: Duration,
    /// Of the connection alone.
    connect: Duration,
}

impl Exchange<'_> {
    /// Only status 200 is an answer.
    async fn accept(&self, response: Response) -> Result<Response, Error> {
        let status = response.status().as_u16();
        if status == 200 {
            return Ok(response);
        }
        let body = records::beginning(response).await;
        let (address, call) = self.names();
        Err(Error::Http { address, call, status, body: quote(&body) })
    }

    async fn body(&self, mut response: Response, limit: usize) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= limit => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => return Err(self.too_long(limit)),
                Ok(None) => return Ok(body),
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    fn failed(&self, error: reqwest::Error) -> Error {
        let (address, call) = self.names();
        if let Some(blamed) = tls::blame(&address, &error) {
            return blamed;
        }
        if error.is_timeout() {
            let after = if error.is_connect() { self.connect } else { self.deadline };
            return Error::Timeout { address, call, after };
        }
        Error::Unreachable { address, call, reason: causes(error) }
    }

    fn refused(&self, failure: Failure) -> Error {
        let (address, call) = self.names();
        Error::Refused { address, call, failure }
    }

    fn garbage(&self, reason: String) -> Error {
        let (address, call) = self.names();
        Error::Garbage { address, call, reason }
    }

    fn too_long(&self, limit: usize) -> Error {
        let (address, call) = self.names();
        Error::TooLong { address, call, limit }
    }

    fn names(&self) -> (Address, String) {
        (self.address.clone(), self.call.to_owned())
    }
}

/// An error with all its causes: the one that helps ("connection refused") is the innermost.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
