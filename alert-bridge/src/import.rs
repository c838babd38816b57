//! `alert-bridge import FILE`: takes the history of the product before this one in, as events of sources.
//!
//! The file is what `mongoexport --collection=alerts` writes: a JSON object a line. Names of fields and ways to
//! write times differ with the years; [`record`] knows them. What it cannot read is named by its line and left
//! out, the rest is kept. The same file again adds nothing.

mod record;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser as _;
use jiff::Timestamp;

use crate::source_events::event::SourceEvent;
use crate::store::{Store, StoreError, source_events};

/// Events of one transaction.
const BATCH: usize = 1000;

/// Bytes of a line at most; MongoDB's documents are no larger.
const LONGEST_LINE: u64 = 16 << 20;

/// Lines that cannot be read and are named one by one.
const NAMED: u64 = 10;

/// Takes the history of the product before this one in. Stop alert-bridge while it runs.
#[derive(Debug, clap::Parser)]
#[command(name = "alert-bridge import")]
struct Command {
    /// Folder of the store.
    #[arg(long = "storage.path", value_name = "FOLDER", default_value = "data")]
    storage_path: PathBuf,
    /// What mongoexport has written of the collection `alerts`.
    file: PathBuf,
}

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    kept: u64,
    known: u64,
    unreadable: u64,
    oldest: Option<Timestamp>,
}

/// Does the command when it is the one that the command line names. Answers whether it was.
pub(crate) fn command() -> anyhow::Result<bool> {
    if std::env::args_os().nth(1).is_none_or(|first| first != "import") {
        return Ok(false);
    }
    let Command { storage_path, file } = Command::parse_from(std::env::args_os().skip(1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let store = Store::open(&storage_path)?;
    let Outcome { kept, known, unreadable, oldest } = runtime.block_on(import(&store, &file))?;
    println!("{kept} events kept, {known} known before, {unreadable} lines left out");
    if let Some(oldest) = oldest {
        println!(
            "the oldest is of {oldest}: what is older than `retention` is deleted, so set it before the start"
        );
    }
    Ok(true)
}

async fn import(store: &Store, path: &Path) -> anyhow::Result<Outcome> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {shown}"))?;
    let mut file = BufReader::new(file);
    let mut outcome = Outcome::default();
    let (mut events, mut line) = (Vec::with_capacity(BATCH), Vec::new());
    for number in 1.. {
        line.clear();
        let length = file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
        let length = length.with_context(|| format!("cannot read {shown}"))?;
        if line.trim_ascii().is_empty() {
            if length == 0 {
                break;
            }
            continue;
        }
        match record::event(&line) {
            Ok(event) => events.push(event),
            Err(error) => {
                outcome.unreadable += 1;
                if outcome.unreadable <= NAMED {
                    eprintln!("{shown}:{number}: left out: {error}");
                }
            }
        }
        if events.len() == BATCH {
            keep(store, std::mem::take(&mut events), &mut outcome).await?;
        }
    }
    keep(store, events, &mut outcome).await?;
    Ok(outcome)
}

async fn keep(
    store: &Store,
    events: Vec<SourceEvent>,
    outcome: &mut Outcome,
) -> Result<(), StoreError> {
    let oldest = events.iter().map(|event| event.at).min();
    outcome.oldest = outcome.oldest.into_iter().chain(oldest).min();
    let count = events.len() as u64;
    let write = store.write(move |writing| {
        let mut kept = 0;
        for event in &events {
            kept += u64::from(source_events::insert(writing.connection(), event)?);
        }
        Ok(kept)
    });
    let kept = write.await?;
    outcome.kept += kept;
    outcome.known += count - kept;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_taken_in_once_and_what_cannot_be_read_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let path = folder.path().join("alerts.json");
        let line = |number: i64| {
            format!(
                "{{\"_id\": {{\"$oid\": \"{number:024}\"}}, \"host\": \"web-1\", \"time\": {{\"$date\": {}}}}}\n",
                1_500_000_000_000 - number
            )
        };
        let mut text: String = (0..2500).map(line).collect();
        text.insert_str(0, "\n[1]\n{\"host\": \"web-1\"}\nnonsense\n");
        text.push_str(line(7).trim_end());
        std::fs::write(&path, text).unwrap();
        let first = import(&store, &path).await.unwrap();
        let oldest = Some(Timestamp::from_millisecond(1_500_000_000_000 - 2499).unwrap());
        assert_eq!(first, Outcome { kept: 2500, known: 1, unreadable: 3, oldest });
        let again = import(&store, &path).await.unwrap();
        assert_eq!(again, Outcome { kept: 0, known: 2501, unreadable: 3, oldest });
    }
}
