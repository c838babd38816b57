//! The folder of the segments: made where it is not there, locked against another Nagios, searched for what a
//! former process left.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::segment::Segment;
use crate::abi::system::lock;

/// Held as long as the process lives: the lock ends with it.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Opens the folder and tells the segments found there, oldest first.
    ///
    /// # Errors
    /// As the file system says; `WouldBlock` when another process holds the folder.
    pub(super) fn open(path: &Path) -> io::Result<(Folder, Vec<Segment>)> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path.join("lock"))?;
        lock(&file)?;
        let mut names: Vec<_> = fs::read_dir(path)?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| epoch(name).is_some())
            .collect();
        names.sort_unstable();
        let found = names.iter().map(|name| Segment::found(path.join(name)));
        let found = found.collect::<io::Result<_>>()?;
        Ok((Folder { path: path.to_owned(), _lock: file }, found))
    }

    /// Where a segment goes; names sort as the segments' ages.
    pub(super) fn segment(&self, epoch: u64, number: u64) -> PathBuf {
        self.path.join(format!("{epoch:020}-{number:010}.spill"))
    }
}

/// The newest epoch that a former process has left behind.
pub(crate) fn newest_epoch(path: &Path) -> Option<u64> {
    let names =
        fs::read_dir(path).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| epoch(&name)).max()
}

/// The epoch in a segment's name.
fn epoch(name: &str) -> Option<u64> {
    name.strip_suffix(".spill")?.split_once('-')?.0.parse().ok()
}
