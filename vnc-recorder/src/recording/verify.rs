//! Whether a recording is as it was written.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use serde::Serialize;

use super::container::{self, Chain, Damage, HEAD, Kind, TRAILER_LENGTH};
use super::{Begin, End};

/// A recording that is as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many records it has.
    pub records: u32,
    /// The hash of the last one, in hexadecimal: to be compared with the audit log's, because whoever makes a
    /// whole recording anew can make its hashes anew as well.
    pub hash: String,
    /// What it is of.
    pub begin: Option<Begin>,
    /// How it ended; none: it was cut off, and whether its end is missing cannot be told.
    pub end: Option<End>,
}

/// Reads a whole recording.
///
/// # Errors
/// The first record that is changed, missing, or in another's place.
pub fn verify(path: &Path) -> Result<Verified, Damage> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut head = vec![0; HEAD.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
    file.read_exact_at(&mut head, 0)?;
    container::check_head(&head)?;
    let (mut chain, mut offset) = (Chain::start(), HEAD.len() as u64);
    let mut verified = Verified { records: 0, hash: String::new(), begin: None, end: None };
    let mut last = None;
    loop {
        let header = container::read_header(&file, offset, length).map_err(|damage| {
            // A header that cannot be read has no number of its own.
            match damage {
                Damage::Torn { offset, .. } => Damage::Torn { number: chain.next(), offset },
                Damage::Changed { offset, what, .. } => {
                    Damage::Changed { number: chain.next(), offset, what }
                }
                other => other,
            }
        })?;
        let Some(header) = header else { break };
        let record =
            container::read_record(&file, offset, header).map_err(|damage| match damage {
                // Its number may be what was changed.
                Damage::Changed { offset, what, .. } => {
                    Damage::Changed { number: chain.next(), offset, what }
                }
                other => other,
            })?;
        chain.check(offset, &record.header, &record.payload, &record.hash)?;
        match header.kind {
            Kind::Begin => verified.begin = serde_json::from_slice(&record.payload).ok(),
            Kind::End => verified.end = serde_json::from_slice(&record.payload).ok(),
            _ => {}
        }
        last = Some((header.kind, offset));
        offset += header.record_length();
    }
    let trailer = container::read_trailer(&file, length)?;
    match (last, trailer) {
        // The trailer is outside of the chain, and says only what is known already.
        (Some((Kind::Index, at)), Some(found))
            if at == found && offset + TRAILER_LENGTH == length => {}
        (Some((Kind::Index, _)), _) => {
            return Err(Damage::Changed { number: chain.next(), offset, what: "trailer" });
        }
        // What must follow is gone.
        (_, Some(_)) | (Some((Kind::End, _)) | None, None) => {
            return Err(Damage::Torn { number: chain.next(), offset });
        }
        (Some(_), None) => {}
    }
    verified.records = chain.next();
    verified.hash = chain.hash().to_hex().to_string();
    Ok(verified)
}
