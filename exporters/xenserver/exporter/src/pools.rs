//! The pools that are followed, as the configuration in force names them.
//!
//! Promises: a reload leaves alone the pools about which the file says nothing new; a pool that cannot be followed as
//! it is written now goes on as before; the page, and that of each pool, is encoded ahead of the scrapes, once for
//! each row that hosts measure and when a pool comes, goes or has another master.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use exporter_kit::exposition::Ahead;
use exporter_kit::{Exposition, Ready};
use history::Historian;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::client::{Client, after_row};
use crate::config::{Common, Config, PoolConfig};
use crate::metrics::{self, Source, Sources};
use crate::road::Road;
use crate::store::Store;

/// How long after a row is due all hosts that answer have told it, in milliseconds.
const ROWS_ARE_IN: u64 = 2_500;

/// The least time between two encodings.
const GAP: Duration = Duration::from_secs(1);

/// All pools, and what starts more of them.
pub(crate) struct Pools {
    ready: Ready,
    historian: Option<Historian>,
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
    followed: Vec<Followed>,
    shown: watch::Sender<Arc<Shown>>,
    sources: watch::Sender<Sources>,
    /// Told when a page is old before its time.
    turned: Arc<Notify>,
}

/// One pool that is followed.
struct Followed {
    config: PoolConfig,
    common: Common,
    source: Source,
    page: Page,
    stop: CancellationToken,
}

/// The page of one pool.
#[derive(Clone)]
struct Page {
    pool: String,
    exposition: Arc<Exposition>,
    ahead: Ahead,
}

/// The pages of all pools.
#[derive(Default)]
struct Shown(Vec<Page>);

impl Pools {
    /// None yet.
    pub(crate) fn new(
        ready: Ready,
        historian: Option<Historian>,
        shutdown: CancellationToken,
    ) -> Self {
        Pools {
            ready,
            historian,
            shutdown,
            tasks: JoinSet::new(),
            followed: Vec::new(),
            shown: watch::Sender::default(),
            sources: watch::Sender::default(),
            turned: Arc::default(),
        }
    }

    /// What the page shows.
    pub(crate) fn sources(&self) -> watch::Receiver<Sources> {
        self.sources.subscribe()
    }

    /// Finds the page of one pool by its name.
    pub(crate) fn pages(&self) -> impl Fn(&str) -> Option<Arc<Exposition>> + use<> {
        let shown = self.shown.subscribe();
        move |name| {
            let pages = shown.borrow();
            let page = pages.0.iter().find(|page| page.pool == name)?;
            Some(Arc::clone(&page.exposition))
        }
    }

    /// Follows the pools of a configuration, and no others any more.
    ///
    /// # Errors
    /// When one cannot be followed as it is written; then nothing has changed.
    pub(crate) fn apply(&mut self, config: &Config) -> anyhow::Result<()> {
        let Config { pools, common, history: _ } = config;
        let stays =
            |followed: &Followed| followed.common == *common && pools.contains(&followed.config);
        let known: HashSet<&str> = self
            .followed
            .iter()
            .filter(|followed| stays(followed))
            .map(|followed| followed.config.name.as_str())
            .collect();
        let new = pools.iter().filter(|pool| !known.contains(&*pool.name));
        let starts: Vec<Start> =
            new.map(|pool| self.prepare(pool, common)).collect::<anyhow::Result<_>>()?;
        let (stay, go): (Vec<_>, _) = self.followed.drain(..).partition(stays);
        go.iter().for_each(|followed| followed.stop.cancel());
        self.followed = stay;
        for Start { followed, client, road } in starts {
            self.tasks.spawn(road.run(followed.stop.clone()));
            self.tasks.spawn(client.run(followed.stop.clone()));
            self.followed.push(followed);
        }
        let place = |followed: &Followed| pools.iter().position(|pool| *pool == followed.config);
        self.followed.sort_by_key(place);
        let pages = self.followed.iter().map(|followed| followed.page.clone()).collect();
        self.shown.send_replace(Arc::new(Shown(pages)));
        let all = self.followed.iter().map(|followed| followed.source.clone());
        self.sources.send_replace(Sources::new(&common.metrics, all));
        self.turned.notify_one();
        Ok(())
    }

    fn prepare(&self, config: &PoolConfig, common: &Common) -> anyhow::Result<Start> {
        let stop = self.shutdown.child_token();
        let PoolConfig { name, settings } = config;
        let pool = xenapi::Pool::connect(settings.clone(), stop.clone())
            .with_context(|| format!("pool {name:?}"))?;
        let store = Arc::new(Store::new(name, common.stale_after, Arc::clone(&self.turned)));
        let road =
            Road::start(common, pool.clone(), Arc::clone(&store), self.historian.clone(), &stop)?;
        let source =
            Source { store: Arc::clone(&store), pool: pool.clone(), keeper: road.keeper() };
        let groups = Arc::new(common.metrics.clone());
        let client = Client { pool, store, groups, ready: self.ready.clone() };
        let alone = watch::Sender::new(Sources::new(&common.metrics, [source.clone()]));
        let exposition = Arc::new(metrics::exposition(Default::default(), &alone.subscribe()));
        let page = Page { pool: name.clone(), ahead: exposition.ahead(), exposition };
        let (config, common) = (config.clone(), common.clone());
        Ok(Start { followed: Followed { config, common, source, page, stop }, client, road })
    }

    /// Until the end: follows the configuration, and encodes the pages.
    pub(crate) async fn run(mut self, mut config: watch::Receiver<Arc<Config>>, whole: Ahead) {
        let encoder =
            Encoder { whole, shown: self.shown.subscribe(), turned: Arc::clone(&self.turned) };
        self.tasks.spawn(encoder.run(self.shutdown.clone()));
        while let Some(Ok(())) = self.shutdown.run_until_cancelled(config.changed()).await {
            let config = Arc::clone(&config.borrow_and_update());
            if let Err(error) = self.apply(&config) {
                error!(error = format!("{error:#}"), "the pools are followed as before");
            }
        }
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                error!(%error, "following a pool failed");
            }
        }
    }
}

/// A pool that can be followed and is not yet.
struct Start {
    followed: Followed,
    client: Client,
    road: Road,
}

/// Encodes pages when they are due.
struct Encoder {
    whole: Ahead,
    shown: watch::Receiver<Arc<Shown>>,
    turned: Arc<Notify>,
}

impl Encoder {
    async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = sleep(after_row(ROWS_ARE_IN)) => {}
                () = self.turned.notified() => {}
                () = stop.cancelled() => break,
            }
            let (whole, shown) = (self.whole.clone(), Arc::clone(&self.shown.borrow()));
            let encoded = tokio::task::spawn_blocking(move || {
                whole.encode();
                shown.0.iter().for_each(|page| page.ahead.encode());
            });
            if encoded.await.is_err() {
                error!("the page could not be encoded");
            }
            stop.run_until_cancelled(sleep(GAP)).await;
        }
    }
}
