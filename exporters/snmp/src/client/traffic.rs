//! A transport that counts what goes over it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_snmp::transport::{BuiltinTransport, Candidate, RequestRegistration, Transport};
use async_snmp::{Error, ReceiveLimits, Result};
use bytes::Bytes;

use super::Latencies;

/// What a session has counted.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Packets that were sent, repeated ones too.
    pub(super) packets: AtomicU64,
    /// Packets that nobody answered in time.
    pub(super) unanswered: AtomicU64,
    /// Answers that were refused: they do not belong to the request, or do not prove who sent them.
    pub(super) refused: AtomicU64,
    /// Requests that were given up: their last packet was not repeated.
    pub(super) given_up: AtomicU64,
}

/// The transport.
pub(super) struct Counted {
    inner: BuiltinTransport,
    counters: Arc<Counters>,
    latencies: Latencies,
}

impl Counted {
    pub(super) fn new(
        inner: BuiltinTransport,
        counters: Arc<Counters>,
        latencies: Latencies,
    ) -> Self {
        Self { inner, counters, latencies }
    }
}

impl Transport for Counted {
    async fn send(&self, data: &[u8]) -> Result<()> {
        self.inner.send(data).await
    }

    async fn send_with_timeout(&self, data: &[u8], timeout: Duration) -> Result<()> {
        self.inner.send_with_timeout(data, timeout).await
    }

    async fn request_with<T, F>(
        &self,
        data: &[u8],
        registration: RequestRegistration,
        mut validate: F,
    ) -> Result<T>
    where
        T: Send,
        F: FnMut(Bytes, SocketAddr) -> Result<Candidate<T>> + Send,
    {
        self.counters.packets.fetch_add(1, Ordering::Relaxed);
        let sent = Instant::now();
        let judge = |answer, source| {
            let verdict = validate(answer, source);
            if matches!(verdict, Ok(Candidate::Reject)) {
                self.counters.refused.fetch_add(1, Ordering::Relaxed);
            }
            verdict
        };
        let outcome = self.inner.request_with(data, registration, judge).await;
        match &outcome {
            Ok(_) => (self.latencies)(sent.elapsed()),
            Err(error) if matches!(**error, Error::Timeout { .. }) => {
                self.counters.unanswered.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => {}
        }
        outcome
    }

    fn peer_addr(&self) -> SocketAddr {
        self.inner.peer_addr()
    }

    fn local_addr(&self) -> SocketAddr {
        self.inner.local_addr()
    }

    fn alloc_request_id(&self) -> i32 {
        self.inner.alloc_request_id()
    }

    fn is_reliable(&self) -> bool {
        self.inner.is_reliable()
    }

    fn receive_limits(&self) -> ReceiveLimits {
        self.inner.receive_limits()
    }

    fn send_capacity(&self) -> usize {
        self.inner.send_capacity()
    }
}
