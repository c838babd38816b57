//! The same bytes out of the memory of the same server, as a mark of what a scrape costs besides.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use exporter_kit::{Exposition, Service};
use prometheus_client::registry::Registry;
use tokio_util::sync::{CancellationToken, DropGuard};
use xenserver_exporter::ABOUT;

/// A server that ends with its owner.
pub(crate) struct Still {
    pub(crate) address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
    _stop: DropGuard,
}

/// Where the bytes are.
pub(crate) const PATH: &str = "/still";

impl Still {
    /// Serves these.
    pub(crate) fn start(bytes: Vec<u8>) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let service = runtime.block_on(Service::for_test(ABOUT, (), ())).unwrap();
        let Service { web, shutdown, .. } = service;
        let address = web.address();
        let bytes = axum::body::Bytes::from(bytes);
        let web = web.routes(Router::new().route(PATH, get(async || bytes)));
        let stop: CancellationToken = shutdown.clone();
        runtime.spawn(web.serve(Exposition::new(Registry::default()), shutdown));
        Still { address, _runtime: runtime, _stop: stop.drop_guard() }
    }
}
