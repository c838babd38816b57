//! `wisemonitor up`: one suite from its first file to its last process.
//!
//! Promises: nothing is started unless everything is there (programs, ports, the folder to itself); whatever
//! ends it, no process and no socket is left.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::LocalSet;

use crate::control::Control;
use crate::site::{Site, make_folder};
use crate::suite::Suite;
use crate::supervise::say;
use crate::{component, ports, table};

/// Starts the suite at `site`, prints where everything is, and keeps it running until a signal to stop.
///
/// # Errors
/// When something is missing or taken, or a part does not become ready. All that was started is stopped.
pub(crate) async fn run(site: Site) -> anyhow::Result<()> {
    let components = component::all(&site)?;
    make_folder(&site.dir)?;
    let _lock = lock(&site.dir)?;
    let needed: Vec<_> =
        components.iter().filter_map(|part| Some((part.port?, part.name))).collect();
    ports::ensure_free(site.address, &needed)?;
    components.iter().try_for_each(component::Component::install)?;

    let mut stop = StopSignals::watch()?;
    let control = Control::open(&site.dir)?;
    let suite = Rc::new(Suite::new(components));
    let outcome = LocalSet::new()
        .run_until(async {
            tokio::select! {
                () = control.serve(&suite) => Ok(()),
                outcome = start_and_show(&suite) => outcome,
                () = stop.next() => Ok(()),
            }
        })
        .await;
    say("stopping");
    tokio::select! {
        () = suite.end() => {}
        // Dropping the suite kills what is left of it.
        () = stop.again() => say("stopping by force"),
    }
    outcome
}

/// Returns only when the start fails.
async fn start_and_show(suite: &Suite) -> anyhow::Result<()> {
    suite.start().await?;
    print!("\n{}\n", table::of(&suite.parts()));
    println!("Try `wisemonitor break web`, then `wisemonitor mend web`. Ctrl-C stops everything.");
    std::future::pending().await
}

/// Takes the folder for this process alone; the kernel gives it back when the process ends.
fn lock(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join("lock");
    let shown = path.display();
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = open.with_context(|| format!("cannot open {shown}"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "a suite runs in {} already: stop it, or choose another folder with --dir",
                dir.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {shown}"))
        }
    }
}

/// Ctrl-C, `kill`, and the terminal being closed.
struct StopSignals([Signal; 3]);

impl StopSignals {
    fn watch() -> anyhow::Result<Self> {
        let watch = |kind| signal(kind).context("cannot watch signals");
        Ok(StopSignals([
            watch(SignalKind::interrupt())?,
            watch(SignalKind::terminate())?,
            watch(SignalKind::hangup())?,
        ]))
    }

    /// A signal that someone sends because the first took too long. Some wrappers send the first one twice.
    async fn again(&mut self) {
        let first = Instant::now();
        while first.elapsed() < Duration::from_secs(1) {
            self.next().await;
        }
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
