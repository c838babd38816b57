//! What a part prints: kept in a log file of bounded size, its end also in memory.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{PipeReader, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::task::JoinHandle;

use crate::component::Component;

/// A log that has grown to this size is set aside as `output.log.1`, in place of the one before.
const LOG_LIMIT: u64 = 8 * 1024 * 1024;
const TAIL_LIMIT: usize = 8 * 1024;
const SHOWN_LINES: usize = 10;

/// The log file of a part.
pub(super) fn path(component: &Component) -> PathBuf {
    component.folder.join("output.log")
}

/// Collects what one life of a part prints.
#[derive(Debug)]
pub(super) struct Output {
    tail: Tail,
    task: JoinHandle<()>,
}

impl Output {
    /// Reads `pipe` to its end, in the background.
    ///
    /// # Errors
    /// When the log cannot be opened.
    pub(super) fn collect(pipe: PipeReader, component: &Component) -> anyhow::Result<Self> {
        let pipe = Receiver::from_owned_fd(OwnedFd::from(pipe)).context("cannot read a pipe")?;
        let path = path(component);
        let log = Log::open(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let tail = Tail::default();
        let task = tokio::spawn(copy(pipe, log, tail.clone()));
        Ok(Output { tail, task })
    }

    pub(super) fn tail(&self) -> Tail {
        self.tail.clone()
    }

    /// Waits until all that was printed has been read.
    pub(super) async fn finished(&mut self) {
        let _ = (&mut self.task).await;
    }
}

/// The end of what was printed.
#[derive(Debug, Clone, Default)]
pub(super) struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    fn push(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(bytes);
        let surplus = kept.len().saturating_sub(TAIL_LIMIT);
        kept.drain(..surplus);
    }

    pub(super) fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, second) = kept.as_slices();
        String::from_utf8_lossy(&[first, second].concat()).into_owned()
    }

    pub(super) fn last_lines(&self) -> String {
        let text = self.text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
    }
}

async fn copy(mut pipe: Receiver, mut log: Log, tail: Tail) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = pipe.read(&mut buffer).await {
        tail.push(&buffer[..length]);
        // A full disk must not end the part: it goes on, and its last lines are still in memory.
        let _ = log.write(&buffer[..length]);
    }
}

struct Log {
    path: PathBuf,
    file: File,
    size: u64,
}

impl Log {
    fn open(path: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let size = file.metadata()?.len();
        Ok(Log { path: path.into(), file, size })
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.size >= LOG_LIMIT {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
            *self = Log::open(&self.path)?;
        }
        self.file.write_all(bytes)?;
        self.size += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_keeps_the_last_lines_in_bounded_memory() {
        let tail = Tail::default();
        for number in 0..10_000 {
            tail.push(format!("line {number}\n").as_bytes());
        }
        assert!(tail.text().len() <= TAIL_LIMIT);
        let last = tail.last_lines();
        assert_eq!(last.lines().count(), SHOWN_LINES);
        assert!(last.starts_with("line 9990\n") && last.ends_with("line 9999"), "{last}");
    }

    #[test]
    fn a_log_that_is_full_is_set_aside_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("output.log");
        let mut log = Log::open(&path).unwrap();
        let megabyte = vec![b'x'; 1024 * 1024];
        for _ in 0..20 {
            log.write(&megabyte).unwrap();
        }
        let sizes = ["output.log", "output.log.1"]
            .map(|name| fs::metadata(dir.path().join(name)).unwrap().len());
        assert_eq!(sizes, [4 * 1024 * 1024, LOG_LIMIT]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
