//! Folders that we share with a program that has a modem: each file is one message.
//!
//! A message's file name is fixed by the message, and the program keeps it when it moves the file on. So before a
//! file is written every folder is asked whether it exists: it is written once, through any crash. It appears
//! under its name only when it is whole and on disk.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Fate, Incoming, Outcome, Receipt};
use crate::delivery::inbound::Inbound;

/// How often the folders are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A file that has not changed for this long is whole: the programs write them in place.
const AT_REST: Duration = Duration::from_secs(2);

/// The folders of a program, in the order in which it moves a file through them.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    /// Where we put messages.
    pub(crate) outgoing: PathBuf,
    /// Where they lie while they are being sent, if that is another folder.
    pub(crate) sending: Option<PathBuf>,
    pub(crate) sent: PathBuf,
    /// What it has given up.
    pub(crate) failed: PathBuf,
}

/// What a file in an inbox holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Message {
        from: String,
        text: String,
    },
    Receipt(Receipt),
    /// Something that is not for us to act on.
    Other,
}

/// Files of one message in an inbox.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// Its parts, in order.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) at: Timestamp,
}

impl Folders {
    /// Puts a message's file into the outgoing folder, unless it is or was there already.
    pub(crate) async fn send(&self, name: String, content: Vec<u8>) -> Outcome {
        let folders = self.clone();
        let place = move || match folders.place(&name, &content) {
            Ok(false) => Outcome::Accepted { references: vec![name] },
            Ok(true) => Outcome::Rejected {
                why: format!("could not be sent: {}", folders.failed.join(name).display()),
            },
            Err(error) => {
                Outcome::Refused { why: format!("{}: {error}", folders.outgoing.display()) }
            }
        };
        let placed = tokio::task::spawn_blocking(place).await;
        placed.unwrap_or_else(|error| Outcome::Refused { why: error.to_string() })
    }

    /// Answers whether it has been there and was given up.
    fn place(&self, name: &str, content: &[u8]) -> io::Result<bool> {
        // In the direction in which a file moves, so that it cannot slip by between two questions.
        for folder in [Some(&self.outgoing), self.sending.as_ref(), Some(&self.sent)] {
            if let Some(folder) = folder
                && folder.join(name).try_exists()?
            {
                return Ok(false);
            }
        }
        if self.failed.join(name).try_exists()? {
            return Ok(true);
        }
        let unfinished = self.outgoing.join(format!(".{name}"));
        let mut file = File::create(&unfinished)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&unfinished, self.outgoing.join(name))?;
        File::open(&self.outgoing)?.sync_all()?;
        Ok(false)
    }

    /// What has become of a message's file.
    fn fate<D: Dialect>(&self, name: &str) -> Option<Fate> {
        if let Ok(content) = fs::read(self.sent.join(name)) {
            return Some(Fate::Sent { known_as: D::known_as(&content) });
        }
        let failed = self.failed.join(name);
        let why = format!("could not be sent: {}", failed.display());
        failed.exists().then_some(Fate::Failed { why })
    }
}

/// What a program's files look like.
pub(crate) trait Dialect {
    /// Under which names receipts of a sent file will come.
    fn known_as(sent: &[u8]) -> Vec<String>;

    /// What an inbox has received whole.
    fn arrived(inbox: &Path) -> io::Result<Vec<Arrived>>;

    /// What that is.
    fn read(arrived: &Arrived) -> io::Result<Content>;
}

/// Tells again and again what `folders` show of messages that are underway, and what `inboxes` have received, until
/// `stop`. What was told of an inbox is deleted there.
pub(crate) async fn watch<D: Dialect>(
    transport: &str,
    folders: &Folders,
    inboxes: &[PathBuf],
    inbound: &Inbound,
    stop: &CancellationToken,
) {
    // A folder that cannot be read is told of once, not each second.
    let mut complained = false;
    while !stop.is_cancelled() {
        let mut trouble = look_at_sent::<D>(transport, folders, inbound).await.err();
        for inbox in inboxes {
            let looked = look_at_inbox::<D>(transport, inbox, inbound).await;
            trouble = trouble.or(looked.err().map(|why| format!("{}: {why}", inbox.display())));
        }
        if let Some(why) = trouble.as_ref().filter(|_| !complained) {
            warn!(transport, why, "cannot look into a spool");
        }
        complained = trouble.is_some();
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn look_at_sent<D: Dialect>(
    transport: &str,
    folders: &Folders,
    inbound: &Inbound,
) -> Result<(), String> {
    let awaited = inbound.awaited(transport).await.map_err(|error| error.to_string())?;
    let folders = folders.clone();
    let fates = tokio::task::spawn_blocking(move || {
        let told = awaited.into_iter().filter_map(|reference| {
            let fate = folders.fate::<D>(&reference)?;
            Some(Receipt { reference, fate })
        });
        told.collect::<Vec<_>>()
    });
    for receipt in fates.await.map_err(|error| error.to_string())? {
        inbound.receipt(transport, receipt).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

async fn look_at_inbox<D: Dialect>(
    transport: &str,
    inbox: &Path,
    inbound: &Inbound,
) -> Result<(), String> {
    let folder = inbox.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let arrived = D::arrived(&folder)?.into_iter();
        arrived.map(|one| Ok((D::read(&one)?, one))).collect::<io::Result<Vec<_>>>()
    });
    let read = read.await.map_err(|error| error.to_string())?;
    for (content, Arrived { files, at }) in read.map_err(|error| error.to_string())? {
        let taken = match content {
            Content::Message { from, text } => {
                let taken = inbound.incoming(Incoming { from, text, at }).await;
                taken.map_err(|error| error.to_string())
            }
            Content::Receipt(receipt) => {
                let taken = inbound.receipt(transport, receipt).await;
                taken.map_err(|error| error.to_string())
            }
            Content::Other => Ok(()),
        };
        taken?;
        for file in files {
            tokio::fs::remove_file(file).await.map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// The files of a folder that are whole, in the order of their names, with their last change.
pub(crate) fn at_rest(folder: &Path) -> io::Result<Vec<(PathBuf, Timestamp)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let changed = entry.metadata()?.modified()?;
        // A clock that was set back must not hold a file for long.
        let young = SystemTime::now().duration_since(changed).is_ok_and(|age| age < AT_REST);
        if entry.file_type()?.is_file() && !young {
            files.push((
                entry.path(),
                Timestamp::try_from(changed).unwrap_or_else(|_| Timestamp::now()),
            ));
        }
    }
    files.sort();
    Ok(files)
}
