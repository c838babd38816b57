//! gammu-smsd's files spool: one file in its outbox folder is one message.
//!
//! Guarantee: exactly once, through any crash of this program, as long as gammu's folders are not emptied
//! within the seconds between a crash and the restart, see [`super::spool`]. `accepted` means that gammu has it;
//! when gammu moves it to `error`, it has failed. Of the phone gammu tells nothing, so no message is `delivered`.
//!
//! Names: `OUTC<date>_<time>_00_<number>_<id>.txtd`, sent in the order of names; `d` asks for a delivery
//! report. gammu copies names into buffers of 100 bytes, see [`LONGEST_NAME`]. It ignores names that begin
//! with a dot. Received: `IN<date>_<time>_<serial>_<number>_<part>.txt`, UTF-16 or UTF-8, one file a part.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::spool::{self, Arrived, Content, Dialect, Folders};
use super::{Message, Outcome};
use crate::delivery::inbound::Inbound;

/// Bytes of the longest file name that gammu-smsd can take in.
const LONGEST_NAME: usize = 99;

/// The folders of a gammu-smsd.
#[derive(Debug)]
pub(crate) struct Spool {
    pub(crate) folders: Folders,
    /// What phones send to us; each file is deleted when it was taken.
    pub(crate) inbox: Option<PathBuf>,
}

impl Spool {
    pub(crate) async fn send(&self, message: &Message) -> Outcome {
        let name = file_name(message);
        if name.len() > LONGEST_NAME {
            return Outcome::Rejected { why: format!("{name} is too long for gammu") };
        }
        self.folders.send(name, utf16(&message.text)).await
    }

    /// Tells what gammu does with messages and what it receives, until `stop`.
    pub(crate) async fn listen(&self, name: &str, inbound: &Inbound, stop: &CancellationToken) {
        spool::watch::<Self>(name, &self.folders, self.inbox.as_slice(), inbound, stop).await;
    }
}

impl Dialect for Spool {
    /// gammu notes in a sent file nothing by which a receipt could be told.
    fn known_as(_: &[u8]) -> Vec<String> {
        Vec::new()
    }

    /// The messages in an inbox whose last part is at rest.
    fn arrived(inbox: &Path) -> io::Result<Vec<Arrived>> {
        let mut messages: BTreeMap<String, Arrived> = BTreeMap::new();
        for (file, at) in spool::at_rest(inbox)? {
            let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            // Without the number of the part.
            let Some((of, _)) = name.rsplit_once('_').filter(|_| name.starts_with("IN")) else {
                continue;
            };
            let arrived =
                messages.entry(of.to_owned()).or_insert(Arrived { files: Vec::new(), at });
            arrived.files.push(file);
        }
        Ok(messages.into_values().collect())
    }

    fn read(arrived: &Arrived) -> io::Result<Content> {
        let name =
            arrived.files.first().and_then(|file| file.file_stem()?.to_str()).unwrap_or_default();
        let from = name.split('_').nth(3).unwrap_or_default().to_owned();
        let mut text = String::new();
        for file in &arrived.files {
            text.push_str(&decode(&std::fs::read(file)?));
        }
        Ok(Content::Message { from, text })
    }
}

fn file_name(message: &Message) -> String {
    let at = message.created_at.to_zoned(TimeZone::UTC).strftime("%Y%m%d_%H%M%S");
    format!("OUTC{at}_00_{}_{}.txtd", message.phone, message.id)
}

/// UTF-16BE with a byte order mark, by which gammu knows that the file is Unicode.
fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
}

/// A received text: UTF-16 where a byte order mark says so.
fn decode(bytes: &[u8]) -> String {
    let units = |read: fn([u8; 2]) -> u16, text: &[u8]| {
        let units: Vec<u16> = text.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xfe, 0xff, text @ ..] => units(u16::from_be_bytes, text),
        [0xff, 0xfe, text @ ..] => units(u16::from_le_bytes, text),
        text => String::from_utf8_lossy(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn spool(root: &Path) -> Spool {
        let folder = |name: &str| {
            let path = root.join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let folders = Folders {
            outgoing: folder("outbox"),
            sending: None,
            sent: folder("sent"),
            failed: folder("error"),
        };
        Spool { folders, inbox: None }
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
            Outcome::Accepted { references: vec![NAME.into()] }
        );
        let bytes = fs::read(spool.folders.outgoing.join(NAME)).unwrap();
        assert_eq!(bytes, [0xfe, 0xff, 0x78, 0xc1, 0x76, 0xd8, 0xd8, 0x3d, 0xde, 0x00]);
        assert_eq!(fs::read_dir(&spool.folders.outgoing).unwrap().count(), 1);
        assert_eq!(decode(&bytes), "磁盘😀");
    }

    #[tokio::test]
    async fn a_message_that_gammu_has_had_is_not_written_again() {
        let root = tempfile::tempdir().unwrap();
        let spool = spool(root.path());
        let Folders { outgoing, sending: _, sent, failed } = &spool.folders;
        for (folder, accepted) in [(outgoing, true), (sent, true), (failed, false)] {
            fs::write(folder.join(NAME), "kept").unwrap();
            let outcome = spool.send(&message()).await;
            assert_eq!(matches!(outcome, Outcome::Accepted { .. }), accepted, "{outcome:?}");
            assert_eq!(matches!(outcome, Outcome::Rejected { .. }), !accepted, "{outcome:?}");
            assert_eq!(fs::read(folder.join(NAME)).unwrap(), b"kept");
            fs::remove_file(folder.join(NAME)).unwrap();
        }
        assert_eq!(fs::read_dir(outgoing).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_missing_folder_is_worth_another_attempt() {
        let root = tempfile::tempdir().unwrap();
        let spool = spool(root.path());
        fs::remove_dir(&spool.folders.outgoing).unwrap();
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
