//! Asks SNMP agents: one session with one agent, over the wire.
//!
//! SNMPv1, v2c and v3, over UDP and TCP. The protocol is async-snmp's; what the rest of the exporter sees of it is
//! [`Session`] and [`Error`]. Keys and engines of v3 are kept from scrape to scrape.
//!
//! Promises: every request ends, after its time and its retries; what a peer sends never panics; errors name the
//! target and hold no secret. Refuses to know walks, modules and metrics.

mod context_engine;
mod credentials;
mod session;
mod target;
mod traffic;
mod value;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_snmp::transport::{BuiltinTransport, TcpTransport, UdpTransport};
use async_snmp::{ClientBuilder, EngineCache, MAX_RETRIES, Retry};

pub use session::{Agent, Reply, Session, Status};
pub use target::{Target, Transport};
pub use value::decoded;

use crate::config::Auth;
use crate::varbind::Oid;
use context_engine::{Asked, ContextEngine};
use credentials::Credentials;
use traffic::{Counted, Counters};

/// Told how long an agent took for each answer.
pub type Latencies = Arc<dyn Fn(Duration) + Send + Sync>;

/// Opens sessions, and keeps what they learn of engines and keys.
pub struct Client {
    source: Option<SocketAddr>,
    engines: Arc<EngineCache>,
    credentials: Credentials,
    latencies: Latencies,
}

/// How an agent is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// How often a request over UDP is sent again; above 16 counts as 16.
    pub retries: u32,
    /// How long each request waits for its answer.
    pub timeout: Duration,
    /// Take answers from other addresses than the one that was asked.
    pub any_source: bool,
}

/// What went wrong with a target.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The target's name makes no sense.
    #[error("target {target:?}: {problem}, expected [udp://|tcp://]host[:port]")]
    Target {
        /// As it came.
        target: String,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no way to it.
    #[error("target {target}: cannot connect: {problem}")]
    Connect {
        /// The target.
        target: String,
        /// What the system says.
        problem: String,
    },
    /// The auth cannot be used.
    #[error("target {target}: cannot use the auth: {problem}")]
    Auth {
        /// The target.
        target: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No answer came.
    #[error("target {target}: no answer within {timeout:?}, asked {} times", retries + 1)]
    Timeout {
        /// The target.
        target: String,
        /// How long each request waited.
        timeout: Duration,
        /// How often it was asked again.
        retries: u32,
    },
    /// Answers came, and none that could be taken.
    #[error(
        "target {target}: no proper answer within {timeout:?}, asked {} times: is it the right user, password and protocol?",
        retries + 1
    )]
    Unproven {
        /// The target.
        target: String,
        /// How long each request waited.
        timeout: Duration,
        /// How often it was asked again.
        retries: u32,
    },
    /// The scrape's own time was over.
    #[error("target {target}: the scrape's time is over")]
    Deadline {
        /// The target.
        target: String,
    },
    /// A GET was answered with an error.
    #[error("target {target}: answered the GET with {status}")]
    Refused {
        /// The target.
        target: String,
        /// The answer.
        status: Status,
    },
    /// A walk came back to where it was.
    #[error("target {target}: the walk of {root} came back to {oid}: names do not increase")]
    NotIncreasing {
        /// The target.
        target: String,
        /// The subtree.
        root: Oid,
        /// The name that came again.
        oid: Oid,
    },
    /// Anything else that the protocol has to say.
    #[error("target {target}: {problem}")]
    Exchange {
        /// The target.
        target: String,
        /// What it is.
        problem: String,
    },
}

impl Client {
    /// Asks from this address, or from any.
    #[must_use]
    pub fn new(source: Option<SocketAddr>, latencies: Latencies) -> Self {
        Self {
            source,
            engines: Arc::new(EngineCache::new()),
            credentials: Credentials::default(),
            latencies,
        }
    }

    /// Opens a session with an agent. UDP sends nothing yet.
    ///
    /// # Errors
    /// When the target's name cannot be resolved or reached, or the auth cannot be used.
    pub async fn connect(
        &self,
        target: &Target,
        auth: &Auth,
        manners: Manners,
    ) -> Result<Agent, Error> {
        let Manners { retries, timeout, any_source } = manners;
        let connect = |problem: String| Error::Connect { target: target.to_string(), problem };
        let connecting = async {
            let address = target.resolve().await.map_err(|error| connect(error.to_string()))?;
            match target.transport() {
                Transport::Udp => {
                    let source = self
                        .source
                        .map_or_else(|| unspecified(address), |source| source.to_string());
                    let socket = UdpTransport::builder()
                        .bind(source)
                        .warn_on_source_mismatch(false)
                        .build()
                        .await
                        .map_err(|error| connect(error.to_string()))?;
                    let handle =
                        socket.handle(address).map_err(|error| connect(error.to_string()))?;
                    Ok(BuiltinTransport::Udp(handle.strict_source(!any_source)))
                }
                Transport::Tcp => Ok(BuiltinTransport::Tcp(
                    TcpTransport::connect(address)
                        .await
                        .map_err(|error| connect(error.to_string()))?,
                )),
            }
        };
        let transport = tokio::time::timeout(timeout, connecting)
            .await
            .map_err(|_| connect(format!("not within {timeout:?}")))??;

        let unusable = |problem: String| Error::Auth { target: target.to_string(), problem };
        let prepared =
            self.credentials.prepare(auth).map_err(|problem| unusable(problem.to_string()))?;
        // Only v3 has context engines.
        let asked = match (&auth.context_engine, &prepared.auth) {
            (Some(engine), async_snmp::Auth::Usm(user)) => {
                let asked = Asked::new(engine.clone(), user.clone(), prepared.salts.clone());
                Some(asked.map_err(|error| unusable(error.to_string()))?)
            }
            _ => None,
        };
        let counters = Arc::new(Counters::default());
        let mut builder = ClientBuilder::new(prepared.auth)
            .request_timeout(timeout)
            .retry(Retry::fixed(retries.min(MAX_RETRIES), Duration::ZERO).unwrap_or_default())
            .max_oids_per_request(usize::from(u16::MAX))
            .engine_cache(Arc::clone(&self.engines));
        if let Some(salts) = prepared.salts {
            builder = builder.des_salt_state(salts);
        }
        let counted = Counted::new(transport, Arc::clone(&counters), Arc::clone(&self.latencies));
        let client = builder
            .build_with_transport(ContextEngine::new(counted, asked))
            .map_err(|error| unusable(error.to_string()))?;
        Ok(Agent::new(target, client, counters, Arc::clone(&self.engines), timeout))
    }
}

/// Where a socket is bound that only has to reach an address.
fn unspecified(address: SocketAddr) -> String {
    if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }.to_owned()
}
