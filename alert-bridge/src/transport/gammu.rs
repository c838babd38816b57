//! gammu-smsd's files spool: one file in its outbox folder is one message.
//!
//! Guarantee: exactly once, through any crash of this program, as long as gammu's folders are not emptied
//! within the seconds between a crash and the restart. The file's name is fixed by the message. gammu keeps
//! it when it moves the file to `sent` or `error`, so before a file is written all three folders are asked
//! whether it exists. A file appears under its name only when it is whole and on disk.
//!
//! Names: `OUTC<date>_<time>_00_<number>_<id>.txtd`, sent in the order of names; `d` asks for a delivery
//! report. gammu copies names into buffers of 100 bytes, see [`LONGEST_NAME`]. It ignores names that begin
//! with a dot.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::{Message, Outcome};

/// Bytes of the longest file name that gammu-smsd can take in.
const LONGEST_NAME: usize = 99;

/// The folders of a gammu-smsd.
#[derive(Debug, Clone)]
pub(crate) struct Spool {
    pub(crate) outbox: PathBuf,
    pub(crate) sent: PathBuf,
    pub(crate) error: PathBuf,
}

impl Spool {
    pub(crate) async fn send(&self, message: &Message) -> Outcome {
        let (spool, message) = (self.clone(), message.clone());
        match tokio::task::spawn_blocking(move || spool.place(&message)).await {
            Ok(Ok(Placed { name, state: State::Failed })) => Outcome::Rejected {
                why: format!("gammu could not send it: {}", spool_path(&self.error, &name)),
            },
            Ok(Ok(Placed { name, state: State::Taken })) => {
                Outcome::Accepted { reference: Some(name) }
            }
            Ok(Err(error)) => {
                Outcome::Refused { why: format!("{}: {error}", self.outbox.display()) }
            }
            Err(error) => Outcome::Refused { why: error.to_string() },
        }
    }

    /// Puts the message into the outbox, unless it is or was there already.
    fn place(&self, message: &Message) -> io::Result<Placed> {
        let name = file_name(message);
        if name.len() > LONGEST_NAME {
            return Err(io::Error::new(
                io::ErrorKind::InvalidFilename,
                format!("{name} is too long for gammu"),
            ));
        }
        // In the direction in which gammu moves a file, so that it cannot slip by between two questions.
        for (folder, state) in
            [(&self.outbox, State::Taken), (&self.sent, State::Taken), (&self.error, State::Failed)]
        {
            if folder.join(&name).try_exists()? {
                return Ok(Placed { name, state });
            }
        }
        let unfinished = self.outbox.join(format!(".{name}"));
        let mut file = File::create(&unfinished)?;
        file.write_all(&utf16(&message.text))?;
        file.sync_all()?;
        fs::rename(&unfinished, self.outbox.join(&name))?;
        File::open(&self.outbox)?.sync_all()?;
        Ok(Placed { name, state: State::Taken })
    }
}

/// Where a message's file was found or put.
struct Placed {
    name: String,
    state: State,
}

enum State {
    /// In the outbox or sent.
    Taken,
    /// gammu has given it up.
    Failed,
}

fn spool_path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

fn file_name(message: &Message) -> String {
    let at = message.created_at.to_zoned(TimeZone::UTC).strftime("%Y%m%d_%H%M%S");
    format!("OUTC{at}_00_{}_{}.txtd", message.phone, message.id)
}

/// UTF-16BE with a byte order mark, by which gammu knows that the file is Unicode.
fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spool(root: &Path) -> Spool {
        let folder = |name: &str| {
            let path = root.join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        Spool { outbox: folder("outbox"), sent: folder("sent"), error: folder("error") }
    }

    fn message() -> Message {
        Message {
            id: "3f9a1c2b-17".into(),
            contact: "duty".into(),
            phone: "+8613800000000".into(),
            text: "磁盘😀".into(),
            created_at: "2026-03-01T12:45:10Z".parse().unwrap(),
        }
    }

    const NAME: &str = "OUTC20260301_124510_00_+8613800000000_3f9a1c2b-17.txtd";

    #[tokio::test]
    async fn a_message_is_one_whole_file_in_utf_16() {
        let root = tempfile::tempdir().unwrap();
        let spool = spool(root.path());
        assert_eq!(
            spool.send(&message()).await,
            Outcome::Accepted { reference: Some(NAME.into()) }
        );
        let bytes = fs::read(spool.outbox.join(NAME)).unwrap();
        assert_eq!(bytes, [0xfe, 0xff, 0x78, 0xc1, 0x76, 0xd8, 0xd8, 0x3d, 0xde, 0x00]);
        assert_eq!(fs::read_dir(&spool.outbox).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_message_that_gammu_has_had_is_not_written_again() {
        let root = tempfile::tempdir().unwrap();
        let spool = spool(root.path());
        for (folder, accepted) in
            [(&spool.outbox, true), (&spool.sent, true), (&spool.error, false)]
        {
            fs::write(folder.join(NAME), "kept").unwrap();
            let outcome = spool.send(&message()).await;
            assert_eq!(matches!(outcome, Outcome::Accepted { .. }), accepted, "{outcome:?}");
            assert_eq!(matches!(outcome, Outcome::Rejected { .. }), !accepted, "{outcome:?}");
            assert_eq!(fs::read(folder.join(NAME)).unwrap(), b"kept");
            fs::remove_file(folder.join(NAME)).unwrap();
        }
        assert_eq!(fs::read_dir(&spool.outbox).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_missing_folder_is_worth_another_attempt() {
        let root = tempfile::tempdir().unwrap();
        let spool = spool(root.path());
        fs::remove_dir(&spool.outbox).unwrap();
        let Outcome::Refused { why } = spool.send(&message()).await else { panic!("not refused") };
        assert!(why.contains("outbox"), "{why}");
    }

    #[test]
    fn the_longest_number_and_id_fit_into_gammus_buffer() {
        let message = Message {
            id: format!("ffffffff-{}", i64::MAX),
            phone: format!("+{}", "9".repeat(20)),
            ..message()
        };
        assert!(file_name(&message).len() <= LONGEST_NAME);
    }
}
