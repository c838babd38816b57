//! The web server of a service: its pages and APIs, and the endpoints that all services have.

mod auth;
mod landing;
mod security;
mod server;

use std::collections::HashMap;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::exposition::Exposition;
use crate::process;
use crate::program::{About, ReloadRequest};
use security::{Current, Security};

/// Where a service's own metrics are, unless it says otherwise.
const METRICS: &str = "/metrics";

/// A server that is bound, and gathers routes until [`Web::serve`].
pub struct Web {
    about: About,
    listeners: Vec<TcpListener>,
    /// Of each listener at once.
    connections: NonZero<usize>,
    /// Where each listener listens, in the same order.
    addresses: Vec<SocketAddr>,
    security: Arc<Current>,
    reloads: Option<mpsc::Sender<ReloadRequest>>,
    reload_metrics: ReloadMetrics,
    ready: Ready,
    guarded: Router,
    open: Router,
    links: Vec<(&'static str, &'static str)>,
    landing: bool,
    metrics_path: String,
}

impl Web {
    /// Binds all `addresses`, at least one, and reads the web configuration file.
    pub(crate) fn bind(
        about: About,
        addresses: &[SocketAddr],
        config: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let security = Arc::new(Current::load(config)?);
        anyhow::ensure!(!addresses.is_empty(), "--web.listen-address: none is given, expected one");
        let bind = |address: &SocketAddr| {
            let bind = || {
                let listener = TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                let address = listener.local_addr()?;
                Ok((listener, address))
            };
            bind().map_err(|error: std::io::Error| {
                anyhow::anyhow!("--web.listen-address: cannot listen on {address}: {error}; free it or choose another")
            })
        };
        let bound: Vec<_> = addresses.iter().map(bind).collect::<anyhow::Result<_>>()?;
        let (listeners, addresses) = bound.into_iter().unzip();
        let links = vec![(METRICS, "Metrics"), ("/-/healthy", "Healthy"), ("/-/ready", "Ready")];
        Ok(Web {
            about,
            listeners,
            connections: server::CONNECTIONS,
            addresses,
            security,
            reloads: None,
            reload_metrics: ReloadMetrics::default(),
            ready: Ready::default(),
            guarded: Router::new(),
            open: Router::new(),
            links,
            landing: true,
            metrics_path: METRICS.to_owned(),
        })
    }

    /// Where it listens, the first of several; the real port where port 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.addresses[0] // `bind` refuses to be without
    }

    /// All addresses where it listens, in the order of the flags.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Whether the web configuration asks for a login. Once it does, it does until the service ends.
    #[must_use]
    pub fn authenticated(&self) -> bool {
        self.security.in_force().users.is_some()
    }

    /// The service's readiness, told by `/-/ready`. Not ready until the service says so.
    #[must_use]
    pub fn ready(&self) -> Ready {
        self.ready.clone()
    }

    /// Adds routes behind the login of the web configuration.
    #[must_use]
    pub fn routes(mut self, routes: Router) -> Self {
        self.guarded = self.guarded.merge(routes);
        self
    }

    /// Adds routes that check their callers themselves, by a bearer token for example: the login of the web
    /// configuration is not asked for.
    #[must_use]
    pub fn open_routes(mut self, routes: Router) -> Self {
        self.open = self.open.merge(routes);
        self
    }

    /// Names a page on the landing page.
    #[must_use]
    pub fn link(mut self, path: &'static str, title: &'static str) -> Self {
        self.links.insert(0, (path, title));
        self
    }

    /// Leaves `/` to the service's own routes.
    #[must_use]
    pub fn without_landing_page(mut self) -> Self {
        self.landing = false;
        self
    }

    /// Serves the service's own metrics at another path than `/metrics`. No other route may have it.
    #[must_use]
    pub fn metrics_at(mut self, path: impl Into<String>) -> Self {
        self.metrics_path = path.into();
        self
    }

    /// Serves until `shutdown`, then lets requests that run finish within [`STOP_LIMIT`](crate::STOP_LIMIT).
    ///
    /// # Errors
    /// When a listener fails.
    pub async fn serve(
        mut self,
        mut exposition: Exposition,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        process::register(exposition.live_mut(), &self.about);
        self.reload_metrics.register(exposition.live_mut(), &self.about);
        if self.landing {
            let moved = |path| if path == METRICS { self.metrics_path.as_str() } else { path };
            let links: Vec<_> =
                self.links.iter().map(|&(path, title)| (moved(path), title)).collect();
            let page = axum::response::Html(landing::page(&self.about, &links));
            self.guarded = self.guarded.route("/", get(async || page));
        }
        let kit = Router::new()
            .route(&self.metrics_path, get(metrics).with_state(Arc::new(exposition)))
            .route("/-/healthy", get(async || "healthy\n"))
            .route("/-/ready", get(ready).with_state(self.ready.clone()))
            .route("/-/reload", post(reload).with_state(self.reloads.clone()));
        let login = middleware::from_fn_with_state(Arc::clone(&self.security), auth::require);
        let govern = middleware::from_fn_with_state(Arc::clone(&self.security), security::govern);
        let app = self.guarded.merge(kit).layer(login).merge(self.open).layer(govern);

        let mut servers = JoinSet::new();
        for listener in self.listeners {
            let security = Arc::clone(&self.security);
            servers.spawn(server::serve(
                listener,
                self.connections,
                security,
                app.clone(),
                shutdown.clone(),
            ));
        }
        while let Some(served) = servers.join_next().await {
            served.context("the web server panicked")?.context("the web server failed")?;
        }
        Ok(())
    }

    pub(crate) fn limit_connections(&mut self, connections: NonZero<usize>) {
        self.connections = connections;
    }

    pub(crate) fn reload_through(&mut self, reloads: mpsc::Sender<ReloadRequest>) {
        self.reloads = Some(reloads);
    }

    pub(crate) fn reload_metrics(&self) -> ReloadMetrics {
        self.reload_metrics.clone()
    }
}

/// A request's extension: whether its connection is encrypted by this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encrypted(pub bool);

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

/// Checks a web configuration file for `--config.check`.
pub(crate) fn check(config: Option<&Path>) -> anyhow::Result<()> {
    Security::load(config).map(drop)
}

/// Whether a service is ready, and if not, what it waits for.
#[derive(Debug, Clone)]
pub struct Ready(Arc<watch::Sender<Option<&'static str>>>);

impl Ready {
    /// Ready from now on.
    pub fn yes(&self) {
        self.0.send_replace(None);
    }

    /// Not ready, and waiting for this.
    pub fn waiting_for(&self, what: &'static str) {
        self.0.send_replace(Some(what));
    }
}

impl Default for Ready {
    fn default() -> Self {
        Ready(Arc::new(watch::Sender::new(Some("start"))))
    }
}

/// Outcome of the last reload, under the names that Prometheus uses for its own.
#[derive(Debug, Clone)]
pub(crate) struct ReloadMetrics {
    successful: Gauge,
    success_time: Gauge<f64, AtomicU64>,
}

impl Default for ReloadMetrics {
    fn default() -> Self {
        let metrics =
            ReloadMetrics { successful: Gauge::default(), success_time: Gauge::default() };
        metrics.record(true);
        metrics
    }
}

impl ReloadMetrics {
    pub(crate) fn record(&self, successful: bool) {
        self.successful.set(successful.into());
        if let (true, Ok(now)) = (successful, SystemTime::now().duration_since(UNIX_EPOCH)) {
            self.success_time.set(now.as_secs_f64());
        }
    }

    fn register(&self, registry: &mut Registry, about: &About) {
        let registry = registry.sub_registry_with_prefix(about.metric_prefix());
        registry.register(
            "config_last_reload_successful",
            "Whether the last load of the configuration succeeded",
            self.successful.clone(),
        );
        registry.register(
            "config_last_reload_success_timestamp_seconds",
            "When the configuration in force was loaded, in seconds since the Unix epoch",
            self.success_time.clone(),
        );
    }
}

async fn metrics(
    State(exposition): State<Arc<Exposition>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let encoded = tokio::task::spawn_blocking(move || exposition.answer(&query, &headers)).await;
    encoded.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn ready(State(Ready(state)): State<Ready>) -> Response {
    match *state.borrow() {
        None => "ready\n".into_response(),
        Some(what) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: waiting for {what}\n"))
            .into_response(),
    }
}

async fn reload(State(reloads): State<Option<mpsc::Sender<ReloadRequest>>>) -> Response {
    let Some(reloads) = reloads else { return StatusCode::NOT_FOUND.into_response() };
    let (answer, outcome) = oneshot::channel();
    if reloads.send(answer).await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match outcome.await {
        Ok(Ok(())) => "reloaded\n".into_response(),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
