//! A service from its command line to its end.

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::config::Load;
use crate::flags::Shared;
use crate::web::Web;
use crate::{STOP_LIMIT, log};

/// What a service is: shown on its landing page, in `--help`, and as its build-info metric.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Name of the program, for example `nagios-exporter`.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub summary: &'static str,
    /// Default of `--web.listen-address`, for example `:10190`.
    pub listen: &'static str,
    /// Its version, `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
}

impl About {
    /// The name as a metric prefix: `nagios_exporter`.
    pub(crate) fn metric_prefix(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// All that a service's `run` gets.
#[derive(Debug)]
pub struct Service<F, C> {
    /// The service's own flags.
    pub flags: F,
    /// The configuration; the receiver changes when a reload has read a new one without error.
    pub config: watch::Receiver<Arc<C>>,
    /// The web server, bound and waiting for routes.
    pub web: Web,
    /// Cancelled when it is time to stop.
    pub shutdown: CancellationToken,
}

impl<F, C: Send + Sync + 'static> Service<F, C> {
    /// A service on a free port of 127.0.0.1, for tests of `run` in the test's own process.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn for_test(about: About, flags: F, config: C) -> anyhow::Result<Self> {
        let web = Web::bind(about, &[([127, 0, 0, 1], 0).into()], None)?;
        let (sender, config) = watch::channel(Arc::new(config));
        // Without a file there is nothing to reload: keep the value as it is for as long as the service runs.
        let shutdown = CancellationToken::new();
        let stopped = shutdown.clone();
        tokio::spawn(async move {
            stopped.cancelled().await;
            drop(sender);
        });
        Ok(Service { flags, config, web, shutdown })
    }
}

/// Asks for a reload; answered when the new configuration is in force, or with what is wrong with it.
pub(crate) type ReloadRequest = oneshot::Sender<Result<(), String>>;

#[derive(clap::Parser)]
struct Command<F: clap::Args> {
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    own: F,
}

/// Runs a service: flags, logs, configuration, listener, signals, `run`, bounded stop.
pub fn main<F, C, R, Fut>(about: About, run: R) -> ExitCode
where
    F: clap::Args + Clone + Send + Sync + 'static,
    C: Load<F>,
    R: FnOnce(Service<F, C>) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let command = <Command<F> as clap::CommandFactory>::command()
        .name(about.name)
        .about(about.summary)
        .version(about.version)
        .mut_arg("listen_addresses", |arg| arg.default_value(about.listen));
    let matches = command.get_matches();
    let Command { shared, own } =
        match <Command<F> as clap::FromArgMatches>::from_arg_matches(&matches) {
            Ok(command) => command,
            Err(error) => error.exit(),
        };
    log::start(shared.log_level, shared.log_format);
    let outcome = C::load(&shared.config_files, &own).and_then(|config| {
        if shared.config_check {
            crate::web::check(shared.web_config_file.as_deref())?;
            match &shared.config_files[..] {
                [] => println!("defaults: ok"),
                files => files.iter().for_each(|file| println!("{}: ok", file.display())),
            }
            return Ok(());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start")?;
        let outcome = runtime.block_on(serve(about, shared, own, config, run));
        runtime.shutdown_timeout(STOP_LIMIT);
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(program = about.name, error = %OneLine(&error), "stopped by an error");
            ExitCode::FAILURE
        }
    }
}

async fn serve<F, C, R, Fut>(
    about: About,
    shared: Shared,
    flags: F,
    config: C,
    run: R,
) -> anyhow::Result<()>
where
    F: Clone + Send + Sync + 'static,
    C: Load<F>,
    R: FnOnce(Service<F, C>) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let mut web = Web::bind(about, &shared.listen_addresses, shared.web_config_file.as_deref())?;
    web.limit_connections(shared.max_connections);
    let shutdown = CancellationToken::new();
    stop_on_signal(shutdown.clone())?;
    let (sender, config) = watch::channel(Arc::new(config));
    let (reloads, requests) = mpsc::channel(1);
    web.reload_through(reloads.clone());
    reload_on_hangup(reloads)?;
    let command = Arc::new((shared.config_files, flags.clone()));
    tokio::spawn(answer_reloads(command, sender, requests, web.reload_metrics()));
    info!(program = about.name, version = about.version, address = %web.address(), "started");
    for address in &web.addresses()[1..] {
        info!(%address, "listening here too");
    }

    let stopping = shutdown.clone();
    let deadline = async move {
        stopping.cancelled().await;
        tokio::time::sleep(STOP_LIMIT).await;
    };
    tokio::select! {
        outcome = run(Service { flags, config, web, shutdown }) => outcome?,
        () = deadline => warn!(limit_seconds = STOP_LIMIT.as_secs(), "stopped with work unfinished"),
    }
    info!(program = about.name, "stopped");
    Ok(())
}

fn stop_on_signal(shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch SIGINT")?;
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        info!(signal = name, "stopping");
        shutdown.cancel();
    });
    Ok(())
}

fn reload_on_hangup(reloads: mpsc::Sender<ReloadRequest>) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup()).context("cannot watch SIGHUP")?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let (answer, _) = oneshot::channel();
            if reloads.send(answer).await.is_err() {
                break;
            }
        }
    });
    Ok(())
}

async fn answer_reloads<F: Send + Sync + 'static, C: Load<F>>(
    command: Arc<(Vec<PathBuf>, F)>,
    current: watch::Sender<Arc<C>>,
    mut requests: mpsc::Receiver<ReloadRequest>,
    metrics: crate::web::ReloadMetrics,
) {
    while let Some(answer) = requests.recv().await {
        let command = Arc::clone(&command);
        let loaded = tokio::task::spawn_blocking(move || C::load(&command.0, &command.1)).await;
        let outcome = match loaded {
            Ok(Ok(config)) => {
                current.send_replace(Arc::new(config));
                info!("configuration reloaded");
                Ok(())
            }
            Ok(Err(error)) => Err(OneLine(&error).to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = &outcome {
            error!(%error, "configuration not reloaded, the old one stays in force");
        }
        metrics.record(outcome.is_ok());
        let _ = answer.send(outcome);
    }
}

/// An error with its causes on one line.
struct OneLine<'a>(&'a anyhow::Error);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{:#}", self.0).replace('\n', " "))
    }
}
