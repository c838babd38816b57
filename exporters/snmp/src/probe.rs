//! One scrape: a device is asked what its modules want to know, and the answers become a page.
//!
//! The modules of a scrape share a time limit, the one that Prometheus sends along. A scrape that nobody waits
//! for any more is given up.

mod page;
mod query;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use exporter_kit::exposition::TextPage;
use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::client::{Latencies, Target};
use crate::collect::text;
use crate::config::{Auth, Config, Filter, Module, Type};
use crate::flags::Flags;
use crate::lookups::{Lookups, Whose};
use crate::metrics::Metrics;
use crate::varbind::Value;
use crate::walk::{Fetched, Request, Restriction, Walked, Walker};
use page::{Answered, Options};

pub use query::{BadQuery, Query};

/// How long a scrape may take when whoever asks does not say.
const LONGEST: Duration = Duration::from_secs(300);

/// The header in which Prometheus tells its time limit.
const LIMIT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";

/// Scrapes devices.
pub(crate) struct Prober {
    config: watch::Receiver<Arc<Config>>,
    walker: Walker,
    lookups: Lookups,
    metrics: Metrics,
    modules_at_once: usize,
    debug_packets: bool,
    options: Options,
}

/// One module of a scrape.
struct Task {
    name: String,
    module: Arc<Module>,
}

impl Prober {
    pub(crate) fn new(
        flags: &Flags,
        config: watch::Receiver<Arc<Config>>,
        metrics: Metrics,
    ) -> Self {
        let latencies: Latencies = Arc::new(metrics.packet_latency());
        Prober {
            config,
            walker: Walker::new(flags.source_address, flags.parallelism, latencies),
            lookups: Lookups::new(flags.lookup_cache),
            metrics,
            modules_at_once: flags.module_concurrency.max(1),
            debug_packets: flags.debug_packets,
            options: Options::of(flags),
        }
    }

    async fn probe(
        &self,
        request: Option<String>,
        headers: &HeaderMap,
    ) -> Result<TextPage, Refusal> {
        let query: Query = request.unwrap_or_default().parse()?;
        let config = Arc::clone(&self.config.borrow());
        let auth = config.auths.get(&query.auth);
        let mut auth = Auth::clone(auth.ok_or_else(|| BadQuery::Auth(query.auth.clone()))?);
        if let Some(context) = &query.context {
            auth.context_name.clone_from(context);
        }
        auth.context_engine.clone_from(&query.engine);
        let mut tasks = Vec::new();
        for name in &query.modules {
            let module = config.modules.get(name).ok_or_else(|| BadQuery::Module(name.clone()))?;
            tasks.push(Task { name: name.clone(), module: Arc::clone(module) });
        }
        let target: Target = query.target.parse().map_err(Refusal::failed)?;

        let _in_flight = self.metrics.in_flight();
        let deadline = Instant::now() + limit(headers);
        let walked = (tasks.len() > 1).then(Walked::default);
        let fetching = tasks.into_iter().map(|task| {
            let debug = self.debug_packets || query.debug_packets;
            self.ask(task, &target, (&query.auth, &auth), deadline, walked.as_ref(), debug)
        });
        let answers: Vec<Answered> =
            stream::iter(fetching).buffered(self.modules_at_once).collect().await;

        // Here and not on a blocking thread: it takes milliseconds, and each further thread keeps memory.
        let mut page = TextPage::new(headers);
        page::write(&query.target, answers, self.options, &self.metrics, &mut page)
            .map_err(Refusal::failed)?;
        Ok(page)
    }

    /// Asks what one module wants to know.
    async fn ask(
        &self,
        Task { name, module }: Task,
        target: &Target,
        (auth_name, auth): (&str, &Auth),
        deadline: Instant,
        walked: Option<&Walked>,
        debug: bool,
    ) -> Answered {
        let start = Instant::now();
        let admit: Vec<_> = module.filters.iter().map(admits).collect();
        let restrictions: Vec<_> = std::iter::zip(&module.filters, &admit)
            .map(|(filter, admits)| Restriction {
                column: &filter.oid,
                targets: &filter.targets,
                admits,
            })
            .collect();
        let Module { get, walk, max_repetitions, retries, timeout, .. } = &*module;
        let request = Request {
            target,
            auth,
            get,
            walk,
            restrictions: &restrictions,
            known: &[],
            max_repetitions: *max_repetitions,
            retries: *retries,
            timeout: *timeout,
            allow_nonincreasing_oids: module.allow_nonincreasing_oids,
            any_source: module.use_unconnected_udp_socket,
            deadline,
        };
        let whose = Whose {
            target: target.to_string(),
            auth: auth_name.to_owned(),
            context: auth.context_name.clone(),
            engine: auth.context_engine.clone(),
            module: name.clone(),
        };
        let Fetched { outcome, packets, retries } =
            self.lookups.fetch(&self.walker, whose, &module, request, walked).await;
        drop(restrictions);
        self.metrics.sent(packets, retries);
        if let (true, Ok(varbinds)) = (debug, &outcome) {
            for varbind in varbinds.iter() {
                let (oid, value) = (&varbind.oid, &varbind.value);
                tracing::info!(%target, module = name, %oid, ?value, "answered");
            }
        }
        Answered {
            name,
            module: Arc::clone(&module),
            outcome,
            packets,
            retries,
            walk: start.elapsed(),
        }
    }
}

/// Why there is no page.
struct Refusal(StatusCode, String);

impl Refusal {
    fn failed(error: impl std::fmt::Display) -> Self {
        Refusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl From<BadQuery> for Refusal {
    fn from(error: BadQuery) -> Self {
        Refusal(StatusCode::BAD_REQUEST, error.to_string())
    }
}

/// The route of scrapes.
pub(crate) fn routes(prober: Arc<Prober>) -> Router {
    Router::new().route("/snmp", get(answer).with_state(prober))
}

async fn answer(
    State(prober): State<Arc<Prober>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    match prober.probe(query, &headers).await {
        Ok(page) => page.into_response(),
        Err(Refusal(status, text)) => {
            if status == StatusCode::BAD_REQUEST {
                prober.metrics.bad_request();
            }
            tracing::info!(%status, error = text.replace('\n', " "), "scrape failed");
            (status, text + "\n").into_response()
        }
    }
}

/// Whether one of a filter's expressions is found in a value.
fn admits(filter: &Filter) -> impl Fn(&Value) -> bool + Send + Sync + '_ {
    |value| {
        let text = text(value, Some(Type::DisplayString), "");
        filter.values.iter().any(|pattern| pattern.regex().is_match(&text))
    }
}

/// The time that is left, less a little for the answer to arrive.
fn limit(headers: &HeaderMap) -> Duration {
    let sent = headers.get(LIMIT_HEADER).and_then(|value| value.to_str().ok()?.parse::<f64>().ok());
    let limit = sent.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    limit.map_or(LONGEST, |limit| limit.mul_f64(0.95).min(LONGEST))
}
