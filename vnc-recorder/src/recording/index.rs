//! Where in a recording its keyframes, events and activity are. Written at its end; found by a scan before that.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use serde::{Deserialize, Serialize};

use super::container::{self, Chain, Damage, HEAD, Header, Kind, TRAILER_LENGTH};
use super::{Begin, End, Event, stream};

/// Bytes that an index may become.
const MOST_BYTES: usize = 64 << 20;

/// Most seconds of activity that are kept, two days; what comes after is counted to the last.
const MOST_SECONDS: usize = 2 * 24 * 60 * 60;

/// What is known of a recording's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Its first record.
    pub begin: Begin,
    /// Time of its last record, in milliseconds since the start.
    pub duration_ms: u32,
    /// Bytes of the server in it.
    pub stream_bytes: u64,
    /// Bytes of the server in each second.
    pub activity: Vec<u32>,
    /// Its keyframes, in their order.
    pub keyframes: Vec<Place>,
    /// What happened, in its order.
    pub events: Vec<Happened>,
    /// How it ended; none when it has not, or was cut off.
    pub end: Option<End>,
}

/// Where a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// When, in milliseconds since the start.
    pub time_ms: u32,
    /// Where it begins in the file.
    pub offset: u64,
}

/// An event and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// When, in milliseconds since the start.
    pub time_ms: u32,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// A recording without an index, as far as it is whole.
#[derive(Debug)]
pub struct Scan {
    /// What was found.
    pub index: Index,
    /// Bytes up to the end of the last whole record.
    pub length: u64,
    /// To go on behind the last whole record.
    pub(crate) chain: Chain,
}

impl Index {
    /// Of a recording that begins.
    #[must_use]
    pub fn new(begin: Begin) -> Self {
        Index {
            begin,
            duration_ms: 0,
            stream_bytes: 0,
            activity: Vec::new(),
            keyframes: Vec::new(),
            events: Vec::new(),
            end: None,
        }
    }

    /// Whether any moment can be shown.
    #[must_use]
    pub fn is_seekable(&self) -> bool {
        !self.events.iter().any(|happened| matches!(happened.event, Event::Undrawable { .. }))
    }

    /// Takes in a record.
    pub(crate) fn note(&mut self, kind: Kind, time_ms: u32, offset: u64, payload: &[u8]) {
        self.duration_ms = self.duration_ms.max(time_ms);
        match kind {
            Kind::Stream => {
                let bytes = stream::bytes_in(payload);
                let second = (time_ms as usize / 1000).min(MOST_SECONDS);
                if self.activity.len() <= second {
                    self.activity.resize(second + 1, 0);
                }
                self.activity[second] = self.activity[second].saturating_add(bytes);
                self.stream_bytes += u64::from(bytes);
            }
            Kind::Keyframe => self.keyframes.push(Place { time_ms, offset }),
            Kind::Event => {
                if let Ok(event) = serde_json::from_slice(payload) {
                    self.events.push(Happened { time_ms, event });
                }
            }
            Kind::End => self.end = serde_json::from_slice(payload).ok(),
            Kind::Begin | Kind::Input | Kind::Index => {}
        }
    }

    pub(crate) fn payload(&self) -> std::io::Result<Vec<u8>> {
        zstd::bulk::compress(&serde_json::to_vec(self)?, 3)
    }

    /// Reads the index at a recording's end. None when there is none that fits.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(file: &File) -> Result<Option<Self>, Damage> {
        let end = file.metadata()?.len();
        let Some(offset) = container::read_trailer(file, end)? else { return Ok(None) };
        let Ok(Some(header)) = container::read_header(file, offset, end) else { return Ok(None) };
        let fits =
            header.kind == Kind::Index && offset + header.record_length() + TRAILER_LENGTH == end;
        let Ok(record) = container::read_record(file, offset, header) else { return Ok(None) };
        let json = zstd::bulk::decompress(&record.payload, MOST_BYTES);
        Ok(json.ok().filter(|_| fits).and_then(|json| serde_json::from_slice(&json).ok()))
    }

    /// Finds everything by reading the recording's records, up to the first that is not whole.
    ///
    /// # Errors
    /// When the file cannot be read, or not even its first record is whole.
    pub fn scan(file: &File) -> Result<Scan, Damage> {
        let end = file.metadata()?.len();
        let mut head = [0; HEAD.len()];
        let torn = |_| Damage::Torn { number: 0, offset: 0 };
        file.read_exact_at(&mut head, 0).map_err(torn)?;
        container::check_head(&head)?;
        let mut offset = HEAD.len() as u64;
        let mut found: Option<Scan> = None;
        while let Ok(Some(header)) = container::read_header(file, offset, end) {
            let next = found.as_ref().map_or(0, |scan| scan.chain.next());
            if header.number != next || header.kind == Kind::Index {
                break;
            }
            let Ok(record) = container::read_record(file, offset, header) else { break };
            let Header { kind, time, .. } = header;
            match &mut found {
                Some(scan) => scan.index.note(kind, time, offset, &record.payload),
                None => {
                    let begin = serde_json::from_slice(&record.payload).ok();
                    let Some(begin) = begin.filter(|_| kind == Kind::Begin) else { break };
                    let (index, chain) = (Index::new(begin), Chain::start());
                    found = Some(Scan { index, length: 0, chain });
                }
            }
            offset += header.record_length();
            if let Some(scan) = &mut found {
                scan.length = offset;
                scan.chain = Chain::behind(&record.hash, header.number);
            }
        }
        found.ok_or(Damage::Torn { number: 0, offset: HEAD.len() as u64 })
    }
}
