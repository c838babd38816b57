//! How `status`, `break` and `mend` talk to the `up` that runs: a Unix socket in the suite's folder.
//!
//! One line of JSON each way. The socket is for the user of the suite alone.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use crate::lab::{Fault, Setting};
use crate::suite::Suite;

const REQUEST_SIZE: u64 = 4096;
const REQUEST_LIMIT: Duration = Duration::from_secs(5);
/// Longer than any part may take to start or to stop.
const ANSWER_LIMIT: Duration = Duration::from_secs(90);

/// What can be asked of a running suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Request {
    /// Only the answer.
    Status,
    /// What can be broken: parts and faults.
    List,
    /// Stop the part of this name, or begin the fault `PART/FAULT`.
    Break {
        /// The part or fault.
        name: String,
        /// How a fault is set.
        settings: Vec<Setting>,
    },
    /// Start the part of this name, or end the fault.
    Mend(String),
}

/// What a suite answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Its parts, once the request is carried out.
    pub(crate) parts: Vec<Part>,
    /// The faults that can be begun, only when asked for; their names are `PART/FAULT`.
    pub(crate) faults: Vec<Fault>,
}

/// A part as its suite describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// What `break` and `mend` call it.
    pub(crate) name: String,
    /// What it is, in a few words.
    pub(crate) purpose: String,
    /// Where a person finds it: a URL or a path.
    pub(crate) address: String,
    /// `ready` or another word, or how it died.
    pub(crate) state: String,
    /// Its process, while it runs.
    pub(crate) pid: Option<u32>,
}

/// Or what was wrong.
type Answer = Result<Told, String>;

/// The socket of a suite that runs; removed when dropped.
#[derive(Debug)]
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Opens the socket in `dir`; the caller holds the folder's lock, so an old socket there is a dead one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        let path = socket(dir);
        let open = || -> std::io::Result<UnixListener> {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let listener = UnixListener::bind(&path)?;
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            Ok(listener)
        };
        let listener = open().with_context(|| format!("cannot listen on {}", path.display()))?;
        Ok(Control { listener, path })
    }

    /// Answers requests for as long as it is polled, several at a time.
    pub(crate) async fn serve(&self, suite: &Rc<Suite>) {
        loop {
            if let Ok((stream, _)) = self.listener.accept().await {
                let suite = Rc::clone(suite);
                tokio::task::spawn_local(async move { converse(stream, &suite).await });
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Asks the suite in `dir`.
///
/// # Errors
/// When none runs there, or it refuses.
pub(crate) async fn ask(dir: &Path, request: &Request) -> anyhow::Result<Told> {
    let shown = dir.display();
    let mut stream = UnixStream::connect(socket(dir)).await.map_err(|error| {
        anyhow!("no suite runs in {shown} ({error}): start one with `wisemonitor up`")
    })?;
    let exchange = async {
        stream.write_all(format!("{}\n", serde_json::to_string(request)?).as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let answer: Answer =
            serde_json::from_str(&answer).context("the suite stopped before it answered")?;
        answer.map_err(anyhow::Error::msg)
    };
    timeout(ANSWER_LIMIT, exchange)
        .await
        .with_context(|| format!("the suite in {shown} does not answer"))?
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("control.sock")
}

async fn converse(stream: UnixStream, suite: &Suite) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    let read = async { (&mut stream).take(REQUEST_SIZE).read_line(&mut line).await };
    if !matches!(timeout(REQUEST_LIMIT, read).await, Ok(Ok(_))) {
        return;
    }
    let done = carry_out(&line, suite).await;
    let answer: Answer = done
        .map(|faults| Told { parts: suite.parts(), faults })
        .map_err(|error| format!("{error:#}"));
    if let Ok(text) = serde_json::to_string(&answer) {
        let _ = timeout(REQUEST_LIMIT, stream.write_all(text.as_bytes())).await;
    }
}

async fn carry_out(line: &str, suite: &Suite) -> anyhow::Result<Vec<Fault>> {
    match serde_json::from_str(line).context("cannot read the request")? {
        Request::Status => {}
        Request::List => return suite.faults().await,
        Request::Break { name, settings } => suite.break_named(&name, &settings).await?,
        Request::Mend(name) => suite.mend_named(&name).await?,
    }
    Ok(Vec::new())
}
