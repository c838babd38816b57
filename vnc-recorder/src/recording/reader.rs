//! One recording, read from any moment: the screen as it was, and what comes next.
//!
//! Waits for the disk: not for an async task. Works on finished, interrupted and running recordings.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use super::container::{self, Damage, HEAD, Header, Kind};
use super::index::{Index, Place};
use super::recorder::Live;
use super::stream::{Decompressor, Piece};
use super::{Event, keyframe};
use crate::rfb::decoder::{DecodeError, Decoder};
use crate::rfb::screen::Screen;

/// A recording that is being read.
pub struct Reader {
    file: File,
    /// Of a finished or interrupted one.
    index: Index,
    /// Of a running one.
    live: Option<Arc<Live>>,
    decompressor: Decompressor,
    decoder: Decoder,
    screen: Screen,
    /// Where the next record begins.
    offset: u64,
    pieces: VecDeque<Piece>,
    /// Up to which time, in milliseconds, everything is drawn.
    time: u32,
    replaced: bool,
    /// A gap was passed: the next keyframe is the picture from which it goes on.
    lost: bool,
}

/// Why a recording cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A record is not as it was written.
    #[error("the recording {0}")]
    Damage(#[from] Damage),
    /// Its stream cannot be decompressed.
    #[error("the recording's stream is broken: {0}")]
    Stream(#[from] io::Error),
    /// Its stream cannot be drawn.
    #[error("the recording cannot be shown from here on: {0}")]
    Undrawable(#[from] DecodeError),
    /// A keyframe is none.
    #[error("the keyframe at byte {0} is broken")]
    Keyframe(u64),
    /// Its screen has an absurd size.
    #[error("the recording's screen has {0} x {1} pixels, which cannot be drawn")]
    Size(u16, u16),
}

impl Reader {
    /// Opens a recording; `live` when it is still running.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn open(path: &Path, live: Option<Arc<Live>>) -> Result<Self, ReadError> {
        let file = File::open(path).map_err(Damage::Io)?;
        let mut head = [0; HEAD.len()];
        file.read_exact_at(&mut head, 0).map_err(Damage::Io)?;
        container::check_head(&head)?;
        let index = match &live {
            Some(live) => live.index(),
            None => match Index::read(&file)? {
                Some(index) => index,
                None => Index::scan(&file)?.index,
            },
        };
        let decompressor = Decompressor::new()?;
        let decoder = Decoder::blue_first(index.begin.blue_first);
        let screen = first_screen(&index)?;
        Ok(Reader {
            file,
            index,
            live,
            decompressor,
            decoder,
            screen,
            offset: HEAD.len() as u64,
            pieces: VecDeque::new(),
            time: 0,
            replaced: true,
            lost: false,
        })
    }

    /// Where things are in it, as far as it is recorded.
    #[must_use]
    pub fn index(&self) -> Index {
        self.live.as_ref().map_or_else(|| self.index.clone(), |live| live.index())
    }

    /// Time of the last record so far, in milliseconds.
    #[must_use]
    pub fn duration(&self) -> u32 {
        self.live.as_ref().map_or(self.index.duration_ms, |live| live.duration())
    }

    /// Whether it still grows.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.is_running())
    }

    /// The screen at the moment that was asked for last.
    #[must_use]
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Whether the screen was replaced as a whole since this was last asked; then nothing of what a viewer has
    /// seen counts.
    pub fn take_replaced(&mut self) -> bool {
        std::mem::take(&mut self.replaced)
    }

    /// Goes to a moment, in milliseconds since the start, by way of the last keyframe before it.
    ///
    /// # Errors
    /// When what is needed for it is damaged.
    pub fn seek(&mut self, time: u32) -> Result<(), ReadError> {
        let index = self.index();
        let keyframe = index.keyframes.iter().rfind(|place| place.time_ms <= time).copied();
        let nearer = keyframe.is_none_or(|place| place.time_ms <= self.time);
        if time < self.time || !nearer {
            self.begin_at(keyframe)?;
        }
        self.advance(time)
    }

    /// Draws everything up to a moment that is not before the last one.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn advance(&mut self, time: u32) -> Result<(), ReadError> {
        while self.next_time()?.is_some_and(|next| next <= time) {
            if let Some(piece) = self.pieces.pop_front().filter(|_| !self.lost) {
                self.decoder.feed(&piece.bytes, &mut self.screen)?;
            }
        }
        self.time = self.time.max(time);
        Ok(())
    }

    /// When something comes next; none at the end of what is recorded.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn next_time(&mut self) -> Result<Option<u32>, ReadError> {
        while self.pieces.is_empty() {
            if !self.read_record()? {
                return Ok(None);
            }
        }
        Ok(self.pieces.front().map(|piece| piece.time))
    }

    /// The next piece as it was recorded, with its time, drawn or not.
    pub(crate) fn next_piece(&mut self) -> Result<Option<(u32, bytes::Bytes)>, ReadError> {
        self.next_time()?;
        Ok(self.pieces.pop_front().map(|piece| (piece.time, piece.bytes)))
    }

    fn begin_at(&mut self, keyframe: Option<Place>) -> Result<(), ReadError> {
        self.offset = HEAD.len() as u64;
        self.screen = first_screen(&self.index)?;
        self.time = 0;
        if let Some(place) = keyframe {
            self.offset = place.offset;
            let header = self.header()?.filter(|header| header.kind == Kind::Keyframe);
            let header = header.ok_or(ReadError::Keyframe(place.offset))?;
            self.show(header)?;
            self.offset += header.record_length();
            self.time = place.time_ms;
        }
        self.decoder = Decoder::blue_first(self.index.begin.blue_first);
        self.decompressor = Decompressor::new()?;
        self.pieces.clear();
        (self.replaced, self.lost) = (true, false);
        Ok(())
    }

    /// Takes in the next record; whether there was one.
    fn read_record(&mut self) -> Result<bool, ReadError> {
        let Some(header) = self.header()? else { return Ok(false) };
        match header.kind {
            Kind::Stream => {
                let record = container::read_record(&self.file, self.offset, header)?;
                self.pieces.extend(self.decompressor.pieces(&record.payload)?);
            }
            Kind::Keyframe => {
                self.decompressor = Decompressor::new()?;
                if std::mem::take(&mut self.lost) {
                    self.show(header)?;
                    self.decoder = Decoder::blue_first(self.index.begin.blue_first);
                    self.replaced = true;
                }
            }
            Kind::Event => {
                let record = container::read_record(&self.file, self.offset, header)?;
                if let Ok(Event::Gap { .. }) = serde_json::from_slice(&record.payload) {
                    self.decompressor = Decompressor::new()?;
                    self.lost = true;
                }
            }
            Kind::Begin | Kind::Input | Kind::End | Kind::Index => {}
        }
        self.offset += header.record_length();
        Ok(true)
    }

    fn header(&self) -> Result<Option<Header>, ReadError> {
        let end = match &self.live {
            Some(live) => *live.length().borrow(),
            None => self.file.metadata().map_err(Damage::Io)?.len(),
        };
        match container::read_header(&self.file, self.offset, end) {
            Ok(header) => Ok(header),
            // The end of a recording that was cut off.
            Err(Damage::Torn { .. }) if self.index.end.is_none() => Ok(None),
            Err(damage) => Err(damage.into()),
        }
    }

    /// Replaces the screen by the keyframe at the offset.
    fn show(&mut self, header: Header) -> Result<(), ReadError> {
        let record = container::read_record(&self.file, self.offset, header)?;
        let screen = keyframe::read(&record.payload);
        self.screen = screen.ok_or(ReadError::Keyframe(self.offset))?;
        Ok(())
    }
}

fn first_screen(index: &Index) -> Result<Screen, ReadError> {
    let (width, height) = (index.begin.width, index.begin.height);
    Screen::new(width.max(1), height.max(1)).ok_or(ReadError::Size(width, height))
}
