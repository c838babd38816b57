//! The Nagios that RabbitMQ tells of, each with pages of its own.
//!
//! Every Nagios is a target of its own for Prometheus, as devices are for snmp_exporter: `/sites/NAME/metrics` is the
//! page that the exporter beside that Nagios would serve, and `/sd` lists them for Prometheus' HTTP service
//! discovery, which gives each its `instance`. `/sites/NAME/hosts`, `/services` and the API are there too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertmanager::{Keeper, Url};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use exporter_kit::{Exposition, Ready};
use prometheus_client::registry::Registry;
use serde_json::json;
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::config::Config;
use crate::counters::Counters;
use crate::store::Store;
use crate::{metrics, pages};

/// A Nagios of which nothing has come for this long is away: its relay gives a sign of life every 5 seconds.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// Most Nagios that are followed: a bound on what messages can make us keep.
const MOST_SITES: usize = 500;

/// All of them.
#[derive(Clone)]
pub(crate) struct Sites {
    ready: Ready,
    own_address: Url,
    inner: Arc<Mutex<BTreeMap<String, Entry>>>,
}

/// Where an alerts' keeper is shown to its site's pages.
type KeeperShown = watch::Sender<Option<Arc<Keeper>>>;

struct Entry {
    config: watch::Sender<Arc<Config>>,
    router: Router,
}

/// What is known of one of them, for whoever follows it.
pub(crate) struct Site {
    pub(crate) name: String,
    pub(crate) store: Arc<Store>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) ready: Ready,
}

impl Sites {
    pub(crate) fn new(own_address: Url, ready: Ready) -> Self {
        Sites { ready, own_address, inner: Arc::default() }
    }

    /// Adds one; also returns its configuration, and where its alerts' keeper is to be shown.
    ///
    /// # Errors
    /// When there are too many, or its pages cannot be made.
    pub(crate) fn add(
        &self,
        name: &str,
        config: &Config,
    ) -> anyhow::Result<(Site, Arc<Config>, KeeperShown)> {
        let mut sites = self.lock();
        anyhow::ensure!(sites.len() < MOST_SITES, "more than {MOST_SITES} Nagios");
        let store = Arc::new(Store::with_silence_limit(SILENCE_LIMIT));
        let counters = Arc::new(Counters::default());
        let (keeper, keeper_seen) = watch::channel(None);
        let (config, config_seen) = watch::channel(Arc::new(self.config_of(name, config)));
        let exposition = metrics::exposition(
            Registry::default(),
            Arc::clone(&store),
            Arc::clone(&counters),
            keeper_seen,
            config_seen,
        );
        let page = Router::new().route("/metrics", get(page)).with_state(Arc::new(exposition));
        let router = pages::routes(Arc::clone(&store))?.merge(page);
        let current = Arc::clone(&config.borrow());
        sites.insert(name.to_owned(), Entry { config, router });
        let (name, ready) = (name.to_owned(), self.ready.clone());
        Ok((Site { name, store, counters, ready }, current, keeper))
    }

    /// Takes over a new configuration; returns it as it is for `name`.
    pub(crate) fn reconfigure(&self, name: &str, config: &Config) -> Arc<Config> {
        let config = Arc::new(self.config_of(name, config));
        if let Some(entry) = self.lock().get(name) {
            entry.config.send_replace(Arc::clone(&config));
        }
        config
    }

    /// Pages of all, and the list of targets.
    pub(crate) fn routes(&self) -> Router {
        Router::new()
            .route("/sd", get(targets))
            .route("/sites/{site}/{*page}", get(dispatch))
            .with_state(self.clone())
    }

    fn config_of(&self, name: &str, config: &Config) -> Config {
        let mut address = config.external_url.clone().unwrap_or_else(|| self.own_address.clone());
        if let Ok(mut path) = address.path_segments_mut() {
            path.pop_if_empty().extend(["sites", name]);
        }
        Config { instance: name.to_owned(), external_url: Some(address), ..config.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `GET /sd`: a target for each Nagios, at the address that the caller used.
async fn targets(State(sites): State<Sites>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let sites = sites.lock();
    let targets = sites.keys().map(|name| {
        let mut path = Url::clone(&PLAIN);
        if let Ok(mut segments) = path.path_segments_mut() {
            segments.extend(["sites", name, "metrics"]);
        }
        json!({
            "targets": [host],
            "labels": {"__metrics_path__": path.path(), "instance": name},
        })
    });
    Json(targets.collect::<Vec<_>>()).into_response()
}

/// Writes names into paths.
static PLAIN: std::sync::LazyLock<Url> = std::sync::LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "a text that stands here")]
    Url::parse("http://localhost/").unwrap()
});

/// `GET /sites/NAME/...`: a page of one Nagios.
async fn dispatch(
    State(sites): State<Sites>,
    Path((site, page)): Path<(String, String)>,
    mut request: Request,
) -> Response {
    let router = sites.lock().get(&site).map(|entry| entry.router.clone());
    let Some(router) = router else {
        let unknown = format!("no Nagios {site:?} has been heard of\n");
        return (StatusCode::NOT_FOUND, unknown).into_response();
    };
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    match format!("/{page}{query}").parse::<Uri>() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(_) => return StatusCode::NOT_FOUND.into_response(),
    }
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn page(State(exposition): State<Arc<Exposition>>, headers: HeaderMap) -> Response {
    let encoded = tokio::task::spawn_blocking(move || exposition.respond(&headers)).await;
    encoded.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
