//! The spool of smstools' smsd: one file in its outgoing folder is one message.
//!
//! Guarantee: exactly once handed over, through any crash of this program, as long as smsd keeps names
//! (`keep_filename`, its default), has the folders `sent` and `failed`, and those are not emptied within the seconds
//! between a crash and the restart, see [`super::spool`]. `accepted` means that smsd has it. Each message asks for a
//! status report, and what that tells makes it `delivered` or `failed`.
//!
//! A status report names the number and the reference of 8 bits that the modem gave, which stands in the sent file;
//! with smsd's `messageids = 3` in all parts, else only of the last one.

use std::io;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::spool::{self, Arrived, Content, Dialect, Folders};
use super::{Fate, Message, Outcome, Receipt};
use crate::delivery::inbound::Inbound;
use crate::text::segments::{self, Alphabet};

/// The folders of an smsd.
#[derive(Debug)]
pub(crate) struct Spool {
    pub(crate) folders: Folders,
    /// Where smsd puts what phones send, and status reports; each file is deleted when it was taken.
    pub(crate) inboxes: Vec<PathBuf>,
}

impl Spool {
    pub(crate) async fn send(&self, message: &Message) -> Outcome {
        self.folders.send(message.id.clone(), file(message)).await
    }

    /// Tells what smsd does with messages and what it receives, until `stop`.
    pub(crate) async fn listen(&self, name: &str, inbound: &Inbound, stop: &CancellationToken) {
        spool::watch::<Self>(name, &self.folders, &self.inboxes, inbound, stop).await;
    }
}

impl Dialect for Spool {
    /// The references in a sent file: what its status reports will name.
    fn known_as(sent: &[u8]) -> Vec<String> {
        let (head, _) = split(sent);
        let (Some(to), Some(ids)) = (header(&head, "To"), header(&head, "Message_id")) else {
            return Vec::new();
        };
        // With all ids the list ends in a full stop.
        ids.split(' ').filter(|id| id.parse::<u8>().is_ok()).map(|id| reference(to, id)).collect()
    }

    fn arrived(inbox: &Path) -> io::Result<Vec<Arrived>> {
        let files = spool::at_rest(inbox)?.into_iter();
        let unlocked = files.filter(|(file, _)| file.extension().is_none_or(|end| end != "LOCK"));
        Ok(unlocked.map(|(file, at)| Arrived { files: vec![file], at }).collect())
    }

    fn read(arrived: &Arrived) -> io::Result<Content> {
        let mut bytes = Vec::new();
        for file in &arrived.files {
            bytes.extend(std::fs::read(file)?);
        }
        Ok(parse(&bytes))
    }
}

fn file(message: &Message) -> Vec<u8> {
    let (number, kind) = match message.phone.strip_prefix('+') {
        Some(number) => (number, "international"),
        None => (message.phone.as_str(), "unknown"),
    };
    let head = |alphabet| {
        let head = format!(
            "To: {number}\nTo_TOA: {kind}\nAlphabet: {alphabet}\nAutosplit: 3\nReport: yes\n\n"
        );
        head.into_bytes()
    };
    match Alphabet::of(&message.text) {
        Alphabet::Gsm7 => [head("UTF-8"), message.text.clone().into_bytes()].concat(),
        // Of a text in UTF-8 smsd drops all that follows a character outside the basic plane.
        Alphabet::Ucs2 => [head("UCS"), ucs2(&message.text)].concat(),
    }
}

/// UTF-16BE. smsd cuts after each 67 units of a longer text: a space keeps it from cutting a surrogate pair.
fn ucs2(text: &str) -> Vec<u8> {
    const PART: usize = 67;
    let parts = segments::parts(text);
    let mut units: Vec<u16> = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        units.extend(part.encode_utf16());
        if number + 1 < parts.len() {
            units.resize((number + 1) * PART, b' '.into());
        }
    }
    units.into_iter().flat_map(u16::to_be_bytes).collect()
}

/// What tells messages apart that the network has taken.
fn reference(number: &str, id: &str) -> String {
    format!("{}/{id}", number.trim_start_matches('+'))
}

fn parse(bytes: &[u8]) -> Content {
    let (head, body) = split(bytes);
    let Some(from) = header(&head, "From") else { return Content::Other };
    let text = decode(header(&head, "Alphabet").unwrap_or_default(), body);
    if let Some(report) = text.strip_prefix("SMS STATUS REPORT") {
        let fate = header(report, "Status").and_then(fate);
        return match (header(report, "Message_id"), fate) {
            (Some(id), Some(fate)) => {
                Content::Receipt(Receipt { reference: reference(from, id), fate })
            }
            _ => Content::Other,
        };
    }
    let international =
        header(&head, "From_TOA").is_some_and(|kind| kind.contains("international"));
    let plus = if international && !from.starts_with('+') { "+" } else { "" };
    Content::Message { from: format!("{plus}{from}"), text }
}

/// What a status (TP-ST, 3GPP TS 23.040 section 9.2.3.15) such as `0,Ok,...` says; none while the network still tries.
fn fate(status: &str) -> Option<Fate> {
    let code: u8 = status.split(',').next()?.trim().parse().ok()?;
    match code {
        // 1 is forwarded, without knowing whether it has arrived.
        0 | 2 => Some(Fate::Delivered),
        1 | 3..=63 => None,
        64.. => Some(Fate::Failed { why: format!("the network tells {status}") }),
    }
}

/// The header lines and the body of a file. The body may be in another alphabet.
fn split(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let body = bytes.get(end + 2..).unwrap_or_default();
    (String::from_utf8_lossy(&bytes[..end]).into_owned(), body)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
}

/// A body in the alphabet that its header names. smsd's default is a Latin one; what is valid UTF-8 is that.
fn decode(alphabet: &str, body: &[u8]) -> String {
    if alphabet.starts_with("UCS") {
        let pairs = body.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        return String::from_utf16_lossy(&pairs.collect::<Vec<_>>());
    }
    let text = std::str::from_utf8(body).map(str::to_owned);
    text.unwrap_or_else(|_| body.iter().map(|&byte| char::from(byte)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_in_its_alphabet() {
        let reply = |head: &str, body: &[u8]| parse(&[head.as_bytes(), b"\n\n", body].concat());
        let message =
            |from: &str, text: &str| Content::Message { from: from.into(), text: text.into() };
        let latin =
            reply("From: 4917\nFrom_TOA: 91 international, ISDN\nAlphabet: ISO", b"\xfcber\n\n2");
        assert_eq!(latin, message("+4917", "über\n\n2"));
        let chinese =
            reply("From: 10086\nFrom_TOA: A1 national\nAlphabet: UCS2", &[0x78, 0xc1, 0x76, 0xd8]);
        assert_eq!(chinese, message("10086", "磁盘"));
        assert_eq!(reply("Subject: GSM1", b"x"), Content::Other);
        assert_eq!(parse(b""), Content::Other);
    }

    #[test]
    fn a_pair_is_not_cut() {
        let text = ucs2(&format!("警{}", "😀".repeat(40)));
        let units: Vec<u16> =
            text.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        assert_eq!(units.len(), 81);
        assert!(
            String::from_utf16(&units[..67]).is_ok() && String::from_utf16(&units[67..]).is_ok()
        );
        let padded = ucs2(&"😀".repeat(40));
        assert_eq!((padded.len(), &padded[132..134]), (162, b"\0 ".as_slice()));
    }

    #[test]
    fn a_status_report_is_a_receipt_of_the_sent_file() {
        let sent = Spool::known_as(
            b"To: 491721234567\nMessage_id: 116 117 .\nSent: 02-01-21\n\nMessage_id: 3",
        );
        assert_eq!(sent, ["491721234567/116", "491721234567/117"]);
        let report = |status: &str| {
            let text = format!(
                "From: 491721234567\nAlphabet: ISO\n\nSMS STATUS REPORT\nMessage_id: 117\nStatus: {status}\n"
            );
            parse(text.as_bytes())
        };
        let Content::Receipt(receipt) = report("0,Ok,short message received by the SME") else {
            panic!("no receipt")
        };
        assert_eq!(
            (receipt.reference.as_str(), receipt.fate),
            ("491721234567/117", Fate::Delivered)
        );
        assert!(matches!(
            report("70,Permanent error"),
            Content::Receipt(Receipt { fate: Fate::Failed { .. }, .. })
        ));
        for open in ["32,Still trying", "1,Ok,forwarded", "?"] {
            assert_eq!(report(open), Content::Other, "{open}");
        }
    }
}
