//! Keeps one part running: starts it, waits until it is ready, starts it again when it dies.
//!
//! Promises: a part that dies is shown with its last lines and comes back after half a second, later and later
//! up to half a minute while it keeps dying; a part that is told to stop is gone within its limit, and so are
//! the sockets it leaves. Refuses to know what a part does.

pub(crate) mod guard;

mod output;
mod ready;

use std::fs;
use std::io::Write as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::component::Component;
use output::Output;

/// From its start a part has this long to become ready.
const START_LIMIT: Duration = Duration::from_secs(60);
const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// A part that lived this long did not die of its start: its next delay is the first one again.
const STABLE_AFTER: Duration = Duration::from_secs(60);
/// The end of a dead part's output is read for this long at most: what it started may hold the pipe open.
const LAST_LINES_LIMIT: Duration = Duration::from_millis(200);
/// What a stopped part has started, as Nagios its workers, gets this long to end after it.
const ORPHANS_LIMIT: Duration = Duration::from_secs(5);

/// What a part is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// Its turn has not come yet.
    Waiting,
    /// It runs and is not ready yet.
    Starting(u32),
    /// It runs and is ready.
    Ready(u32),
    /// It ended by itself, and why; it will be started again.
    Died(String),
    /// It is stopped because someone said so.
    Broken,
    /// It has ended with the suite.
    Ended,
}

/// A part and the task that keeps it running. Ends by force when dropped.
#[derive(Debug)]
pub(crate) struct Supervised {
    component: Component,
    wanted: watch::Sender<Wanted>,
    state: watch::Receiver<State>,
    task: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Waiting,
    Running,
    Broken,
    Ended,
}

impl Supervised {
    /// A part that waits for its [`start`](Self::start).
    pub(crate) fn new(component: Component) -> Self {
        let (wanted, orders) = watch::channel(Wanted::Waiting);
        let (sender, state) = watch::channel(State::Waiting);
        let task = tokio::spawn(supervise(component.clone(), orders, sender));
        Supervised { component, wanted, state, task }
    }

    pub(crate) fn component(&self) -> &Component {
        &self.component
    }

    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Starts it, if it does not run, and waits until it is ready.
    ///
    /// # Errors
    /// When it dies or is not ready in time; it is tried again all the same.
    pub(crate) async fn start(&self) -> anyhow::Result<()> {
        let Component { name, ready, .. } = &self.component;
        let log = output::path(&self.component);
        let log = log.display();
        match timeout(START_LIMIT, self.settled()).await {
            Ok(Some(State::Died(how))) => bail!("{name} {how}; its log: {log}"),
            Ok(Some(_)) => Ok(()),
            Ok(None) => bail!("{name} is being stopped"),
            Err(_) => {
                let limit = START_LIMIT.as_secs();
                bail!("{name} is not ready after {limit} s: {ready}; its log: {log}")
            }
        }
    }

    /// Starts it; ready or dead, whichever it is next. None when it is stopped instead.
    async fn settled(&self) -> Option<State> {
        let mut state = self.state.clone();
        let before = state.borrow_and_update().clone();
        self.wanted.send_replace(Wanted::Running);
        if matches!(before, State::Ready(_)) {
            return Some(before);
        }
        loop {
            state.changed().await.ok()?;
            match state.borrow_and_update().clone() {
                State::Waiting | State::Starting(_) => {}
                State::Broken | State::Ended => return None,
                settled @ (State::Ready(_) | State::Died(_)) => return Some(settled),
            }
        }
    }

    /// Stops it until the next [`start`](Self::start); it is gone when this returns.
    pub(crate) async fn stop(&self) {
        self.wanted.send_replace(Wanted::Broken);
        let mut state = self.state.clone();
        let broken = state.wait_for(|state| *state == State::Broken);
        // A `start` at the same moment may win, and then it is never seen broken.
        let _ = timeout(self.component.stop_limit * 2, broken).await;
    }

    /// Stops it for good; it is gone when this returns.
    pub(crate) async fn end(&self) {
        self.wanted.send_replace(Wanted::Ended);
        let _ = self.state.clone().wait_for(|state| *state == State::Ended).await;
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn supervise(
    component: Component,
    mut wanted: watch::Receiver<Wanted>,
    state: watch::Sender<State>,
) {
    let mut delay = FIRST_DELAY;
    loop {
        let now = *wanted.borrow_and_update();
        match now {
            Wanted::Running => {}
            Wanted::Waiting | Wanted::Broken => {
                state.send_replace(if now == Wanted::Broken {
                    State::Broken
                } else {
                    State::Waiting
                });
                if wanted.changed().await.is_err() {
                    return;
                }
                continue;
            }
            Wanted::Ended => {
                state.send_replace(State::Ended);
                return;
            }
        }
        let began = Instant::now();
        let Some(death) = live(&component, &mut wanted, &state).await else {
            delay = FIRST_DELAY;
            continue;
        };
        if began.elapsed() >= STABLE_AFTER {
            delay = FIRST_DELAY;
        }
        let Death { how, last_lines } = death;
        say(&format!(
            "{} {how}; starting it again in {} s{last_lines}",
            component.name,
            delay.as_secs_f32()
        ));
        state.send_replace(State::Died(how));
        let _ = timeout(delay, wanted.changed()).await;
        delay = (delay * 2).min(LONGEST_DELAY);
    }
}

/// How a part ended by itself, and the last it said.
struct Death {
    how: String,
    /// Ready to stand below: empty, or an announcement and indented lines.
    last_lines: String,
}

/// One life of a part. None when it was told to stop.
async fn live(
    component: &Component,
    wanted: &mut watch::Receiver<Wanted>,
    state: &watch::Sender<State>,
) -> Option<Death> {
    remove_leftovers(component);
    let (mut child, mut output) = match spawn(component) {
        Ok(spawned) => spawned,
        Err(error) => {
            return Some(Death {
                how: format!("cannot be started: {error:#}"),
                last_lines: String::new(),
            });
        }
    };
    let pid = child.id()?;
    state.send_replace(State::Starting(pid));
    let ready = ready::wait(&component.ready, output.tail());
    tokio::pin!(ready);
    let mut is_ready = false;
    let exit = loop {
        tokio::select! {
            exit = child.wait() => break exit,
            () = &mut ready, if !is_ready => {
                is_ready = true;
                state.send_replace(State::Ready(pid));
            }
            changed = wanted.changed() => if changed.is_err() || *wanted.borrow() != Wanted::Running {
                stop(&mut child, pid, component.stop_limit).await;
                // All that it started holds its output open.
                let _ = timeout(ORPHANS_LIMIT, output.finished()).await;
                remove_leftovers(component);
                return None;
            },
        }
    };
    signal_group(pid, Signal::SIGKILL);
    let _ = timeout(LAST_LINES_LIMIT, output.finished()).await;
    Some(Death { how: describe(exit), last_lines: indented(&output.tail().last_lines()) })
}

fn spawn(component: &Component) -> anyhow::Result<(Child, Output)> {
    let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
    let output = Output::collect(reader, component)?;
    let child = Command::new(guard::PROGRAM)
        .args(guard::arguments(&component.program, &component.arguments))
        .envs(component.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&component.folder)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().context("cannot share a pipe")?)
        .stderr(writer)
        .process_group(0) // Ctrl-C reaches us alone, and we stop the parts in their order
        .kill_on_drop(true)
        .spawn()
        .with_context(|| component.program.display().to_string())?;
    Ok((child, output))
}

/// Asks a part to end, then makes it.
async fn stop(child: &mut Child, pid: u32, limit: Duration) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
    if timeout(limit, child.wait()).await.is_err() {
        signal_group(pid, Signal::SIGKILL);
        let _ = child.wait().await;
    }
    signal_group(pid, Signal::SIGKILL);
}

/// A part leads a process group of its own; what it started and left behind is still in it.
fn signal_group(leader: u32, signal: Signal) {
    if let Ok(leader) = i32::try_from(leader) {
        let _ = killpg(Pid::from_raw(leader), signal);
    }
}

fn remove_leftovers(component: &Component) {
    for path in &component.leftovers {
        let _ = fs::remove_file(path);
    }
}

fn describe(exit: std::io::Result<ExitStatus>) -> String {
    match exit {
        Ok(status) => format!("ended with {status}"),
        Err(error) => format!("is lost: {error}"),
    }
}

fn indented(lines: &str) -> String {
    if lines.is_empty() {
        return String::new();
    }
    lines.lines().fold("; its last lines:".into(), |text, line| text + "\n    " + line)
}

/// Tells the person at the terminal, who may have closed it.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "wisemonitor: {text}");
}
