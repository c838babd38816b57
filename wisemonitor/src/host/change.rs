//! Files that change together, and go back together when something fails.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nix::unistd::Gid;

/// Who may read a file besides its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// This group; none: our own.
    Group(Option<Gid>),
    /// Everybody.
    All,
}

/// One file before and after.
#[derive(Debug)]
pub(super) struct Change {
    path: PathBuf,
    readers: Readers,
    before: Option<Vec<u8>>,
    after: Option<Vec<u8>>,
}

impl Change {
    /// The file as it is now, to become `after`; none: to be removed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn new(
        path: PathBuf,
        after: Option<String>,
        readers: Readers,
    ) -> anyhow::Result<Self> {
        let before = match fs::read(&path) {
            Ok(before) => Some(before),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        Ok(Change { path, readers, before, after: after.map(String::into_bytes) })
    }

    /// Makes all the changes or none.
    ///
    /// # Errors
    /// For the first that cannot be made; those before it are undone.
    pub(super) fn make_all(changes: &[Change]) -> anyhow::Result<()> {
        for (at, change) in changes.iter().enumerate() {
            if let Err(error) = change.put(change.after.as_deref()) {
                let undone = Change::undo_all(&changes[..at]);
                return undone.and(Err(error));
            }
        }
        Ok(())
    }

    /// Puts every file back as it was.
    ///
    /// # Errors
    /// For the first that cannot be put back; the others are.
    pub(super) fn undo_all(changes: &[Change]) -> anyhow::Result<()> {
        let outcomes: Vec<_> =
            changes.iter().rev().map(|change| change.put(change.before.as_deref())).collect();
        outcomes.into_iter().collect()
    }

    fn put(&self, content: Option<&[u8]>) -> anyhow::Result<()> {
        let path = &self.path;
        let outcome = match content {
            Some(content) => replace(path, content, self.readers),
            None => match fs::remove_file(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                outcome => outcome,
            },
        };
        outcome.with_context(|| format!("cannot change {}", path.display()))
    }
}

/// A reader sees the old file or the new one. The name of the new one is one that neither Nagios nor
/// Prometheus reads.
fn replace(path: &Path, content: &[u8], readers: Readers) -> std::io::Result<()> {
    let (mode, group) = match readers {
        Readers::Group(group) => (0o640, group.map(Gid::as_raw)),
        Readers::All => (0o644, None),
    };
    let folder = path.parent().unwrap_or(Path::new("/"));
    if !folder.exists() {
        fs::create_dir_all(folder)?;
        chown(folder, None, group)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = folder.join(format!(".{name}.new"));
    let write = || {
        let mut file: File =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(content)?;
        chown(&new, None, group)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_change_or_none_and_all_go_back() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new, gone] = ["old", "deeper/new", "gone"].map(|name| folder.path().join(name));
        fs::write(&old, "1").unwrap();
        fs::write(&gone, "2").unwrap();
        let change = |path: &Path, after: Option<&str>| {
            Change::new(path.into(), after.map(str::to_owned), Readers::Group(None)).unwrap()
        };
        let read = || [&old, &new, &gone].map(|path| fs::read_to_string(path).ok());
        let some = |text: &str| Some(text.to_owned());
        let before = [some("1"), None, some("2")];
        let changes = [change(&old, Some("one")), change(&new, Some("three")), change(&gone, None)];
        Change::make_all(&changes).unwrap();
        assert_eq!(read(), [some("one"), some("three"), None]);
        assert_eq!(fs::metadata(&old).unwrap().permissions().mode() & 0o777, 0o640);
        Change::undo_all(&changes).unwrap();
        assert_eq!(read(), before);

        let impossible = change(&folder.path().join("folder"), Some("x"));
        fs::create_dir(folder.path().join("folder")).unwrap();
        let error = Change::make_all(&[change(&old, Some("one")), impossible]).unwrap_err();
        assert!(error.to_string().contains("cannot change"), "{error}");
        assert_eq!(read(), before);
        assert!(!folder.path().join(".folder.new").exists());
    }
}
