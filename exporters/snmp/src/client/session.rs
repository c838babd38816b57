//! A session with one agent: GET, GETNEXT, GETBULK.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_snmp::v3::ReportStatus;
use async_snmp::{Client, EngineCache, ErrorStatus, VarBind};
use futures_util::future::BoxFuture;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;

use super::Error;
use super::context_engine::ContextEngine;
use super::target::{Target, Transport};
use super::traffic::Counters;
use super::value::varbind;
use crate::varbind::{Oid, Varbind};

/// `snmpUnknownPDUHandlers.0` (RFC 3412, section 5).
const UNKNOWN_PDU_HANDLERS: [u32; 11] = [1, 3, 6, 1, 6, 3, 11, 2, 1, 3, 0];

/// A conversation with one agent. Several requests may be under way at once.
pub trait Session: Sync {
    /// The agent's name in errors.
    fn target(&self) -> &str;

    /// Whether it speaks SNMPv1, which knows no GETBULK.
    fn is_version_1(&self) -> bool;

    /// Whether several requests can be under way at once.
    fn is_parallel(&self) -> bool;

    /// Asks for these objects.
    fn get(&self, names: &[Oid]) -> impl Future<Output = Result<Reply, Error>> + Send;

    /// Asks for what follows a name.
    fn next(&self, name: &Oid) -> impl Future<Output = Result<Reply, Error>> + Send;

    /// Asks for so many that follow each name. The answer is the first of each, then the second of each; it may
    /// be shorter than what was asked.
    fn bulk(
        &self,
        names: &[Oid],
        max_repetitions: u32,
    ) -> impl Future<Output = Result<Reply, Error>> + Send;

    /// Packets sent until now, repeated ones too.
    fn packets(&self) -> u64;

    /// Packets sent again until now.
    fn retries(&self) -> u64;
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// How it went.
    pub status: Status,
    /// What was found; nothing when the status is an error.
    pub varbinds: Vec<Varbind>,
}

/// The error-status of an answer (RFC 3416, section 3), with its number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It went well.
    NoError,
    /// 1: the answer does not fit into a message.
    TooBig,
    /// 2: SNMPv1 has no such object, or nothing follows it.
    NoSuchName,
    /// 5: the agent has a problem of its own.
    GenErr,
    /// Any other.
    Other(i32),
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoError => formatter.write_str("noError"),
            Self::TooBig => formatter.write_str("tooBig (error status 1)"),
            Self::NoSuchName => formatter.write_str("noSuchName (error status 2)"),
            Self::GenErr => formatter.write_str("genErr (error status 5)"),
            Self::Other(number) => write!(formatter, "error status {number}"),
        }
    }
}

/// A session over a socket.
pub struct Agent {
    target: String,
    client: Client<ContextEngine>,
    counters: Arc<Counters>,
    engines: Arc<EngineCache>,
    timeout: Duration,
    /// Over TCP the crate holds the stream for a whole exchange.
    parallel: bool,
}

impl Agent {
    pub(super) fn new(
        target: &Target,
        client: Client<ContextEngine>,
        counters: Arc<Counters>,
        engines: Arc<EngineCache>,
        timeout: Duration,
    ) -> Self {
        let parallel = target.transport() == Transport::Udp;
        Self { target: target.to_string(), client, counters, engines, timeout, parallel }
    }

    /// Waits for an exchange, and tells the agent's errors from the way's. Boxed, for the crate's state of an
    /// exchange is some kilobytes and would be part of every caller's.
    async fn exchange(
        &self,
        exchange: BoxFuture<'_, async_snmp::Result<Vec<VarBind>>>,
    ) -> Result<Reply, Error> {
        // The crate opens spans and logs each failed exchange; ours are logged once, by who scrapes.
        match exchange.with_subscriber(Dispatch::none()).await {
            Ok(varbinds) => Ok(Reply {
                status: Status::NoError,
                varbinds: varbinds.into_iter().map(varbind).collect(),
            }),
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&self, error: &async_snmp::Error) -> Result<Reply, Error> {
        let target = || self.target.clone();
        match error {
            async_snmp::Error::Exchange { source, .. } => self.failed(source),
            async_snmp::Error::SharedOperation { source } => self.failed(source),
            async_snmp::Error::Snmp { status, .. } => {
                let status = match status {
                    ErrorStatus::TooBig => Status::TooBig,
                    ErrorStatus::NoSuchName => Status::NoSuchName,
                    ErrorStatus::GenErr => Status::GenErr,
                    other => Status::Other(other.as_i32()),
                };
                Ok(Reply { status, varbinds: Vec::new() })
            }
            async_snmp::Error::Timeout { retries, .. } => {
                self.counters.given_up.fetch_add(1, Ordering::Relaxed);
                // It may be another engine now: the next session finds out.
                self.engines.remove(&self.client.peer_addr());
                let (target, timeout, retries) = (target(), self.timeout, *retries);
                if self.counters.refused.load(Ordering::Relaxed) > 0 {
                    return Err(Error::Unproven { target, timeout, retries });
                }
                Err(Error::Timeout { target, timeout, retries })
            }
            async_snmp::Error::Report { status, .. } => {
                let problem = match &**status {
                    ReportStatus::Other { oid, .. } if oid.arcs() == UNKNOWN_PDU_HANDLERS => {
                        "the agent reports: unknownPDUHandlers, nobody there answers for the engine that was asked"
                            .to_owned()
                    }
                    other => format!("the agent reports: {other}"),
                };
                Err(Error::Exchange { target: target(), problem })
            }
            other => Err(Error::Exchange { target: target(), problem: other.to_string() }),
        }
    }
}

impl Session for Agent {
    fn target(&self) -> &str {
        &self.target
    }

    fn is_version_1(&self) -> bool {
        self.client.version() == async_snmp::Version::V1
    }

    fn is_parallel(&self) -> bool {
        self.parallel
    }

    async fn get(&self, names: &[Oid]) -> Result<Reply, Error> {
        let names: Vec<_> = names.iter().map(name).collect();
        self.exchange(Box::pin(async { Ok(self.client.get_many(&names).await?.varbinds) })).await
    }

    async fn next(&self, after: &Oid) -> Result<Reply, Error> {
        let after = name(after);
        self.exchange(Box::pin(async { Ok(self.client.get_next(&after).await?.varbinds) })).await
    }

    async fn bulk(&self, names: &[Oid], max_repetitions: u32) -> Result<Reply, Error> {
        let names: Vec<_> = names.iter().map(name).collect();
        self.exchange(Box::pin(self.client.get_bulk(&names, 0, max_repetitions))).await
    }

    fn packets(&self) -> u64 {
        self.counters.packets.load(Ordering::Relaxed)
    }

    fn retries(&self) -> u64 {
        let Counters { unanswered, given_up, .. } = &*self.counters;
        unanswered.load(Ordering::Relaxed).saturating_sub(given_up.load(Ordering::Relaxed))
    }
}

fn name(oid: &Oid) -> async_snmp::Oid {
    async_snmp::Oid::from_slice(&oid.0)
}
