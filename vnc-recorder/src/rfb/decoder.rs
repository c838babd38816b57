//! What a server sends, drawn on a [`Screen`]. Bytes come in pieces of any size.
//!
//! Knows the pinned encodings only. A rectangle outside of the screen, a screen or cursor of absurd size, a
//! message or an encoding that was not pinned is an error, after which nothing more is drawn. What it keeps
//! between two pieces is smaller than one row of pixels or one cursor.

mod tile;

use std::borrow::Cow;

use super::encoding;
use super::screen::{self, Cursor, LONGEST_CURSOR, Rect, Screen};

/// Bytes of a server's clipboard at most.
const LONGEST_CUT_TEXT: u32 = 16 << 20;

/// Reads the messages of one session.
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    state: State,
    /// The beginning of a unit whose rest has not come.
    pending: Vec<u8>,
    resized: bool,
    blue_first: bool,
}

/// Why nothing more can be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A message that a server of a pinned session does not send.
    #[error("the server sent a message of type {0}, expected 0, 2 or 3")]
    Message(u8),
    /// An encoding that was not pinned.
    #[error("the server sent the encoding {0}, which was not asked for")]
    Encoding(i32),
    /// A rectangle that is not on the screen.
    #[error("the server drew {0:?} outside of its screen")]
    Outside(Rect),
    /// A screen that cannot be drawn.
    #[error("the server's screen has {0} x {1} pixels, expected 1 to {most}", most = screen::MOST_PIXELS)]
    Size(u16, u16),
    /// A cursor that cannot be kept.
    #[error(
        "the server's cursor has {0} x {1} pixels, expected a side of {LONGEST_CURSOR} at most"
    )]
    Cursor(usize, usize),
    /// A clipboard that nobody can have meant.
    #[error("the server's clipboard has {0} bytes, expected {LONGEST_CUT_TEXT} at most")]
    CutText(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Message,
    /// Bytes that mean nothing to us.
    Skip(usize),
    /// So many rectangles are to come.
    Rects(u16),
    /// `done` rows of `rect` are drawn.
    Raw {
        left: u16,
        rect: Rect,
        done: usize,
    },
    CopyRect {
        left: u16,
        rect: Rect,
    },
    Rre {
        left: u16,
        rect: Rect,
    },
    RreParts {
        left: u16,
        rect: Rect,
        parts: u32,
    },
    Hextile {
        left: u16,
        rect: Rect,
        tile: Rect,
        background: [u8; 4],
        foreground: [u8; 4],
    },
    Cursor {
        left: u16,
        hot: Rect,
    },
}

impl Decoder {
    /// For a stream whose pixels have blue in the lowest byte, as the old product's have.
    #[must_use]
    pub fn blue_first(blue_first: bool) -> Self {
        Decoder { blue_first, ..Decoder::default() }
    }

    /// Draws what `bytes` say.
    ///
    /// # Errors
    /// Why it cannot be drawn; then the decoder is of no more use.
    pub fn feed(&mut self, bytes: &[u8], screen: &mut Screen) -> Result<(), DecodeError> {
        self.run(bytes, screen, false).map(drop)
    }

    /// As [`Decoder::feed`], but stops where a message ends. Answers how many bytes were used; when none of
    /// their messages ended, all.
    ///
    /// # Errors
    /// As there.
    pub fn feed_message(
        &mut self,
        bytes: &[u8],
        screen: &mut Screen,
    ) -> Result<usize, DecodeError> {
        self.run(bytes, screen, true)
    }

    /// Whether it stands between two messages: what it has drawn is a picture that the server meant.
    #[must_use]
    pub fn is_between_messages(&self) -> bool {
        self.state == State::Message && self.pending.is_empty()
    }

    /// Whether the screen's size was changed since this was last asked.
    pub fn take_resized(&mut self) -> bool {
        std::mem::take(&mut self.resized)
    }

    fn run(&mut self, bytes: &[u8], screen: &mut Screen, stop: bool) -> Result<usize, DecodeError> {
        screen.age();
        let before = self.pending.len();
        let mut joined = std::mem::take(&mut self.pending);
        let input = if before == 0 {
            bytes
        } else {
            joined.extend_from_slice(bytes);
            &joined
        };
        let mut used = 0;
        while let Some(step) = self.step(&input[used..], screen)? {
            used += step;
            if stop && self.state == State::Message {
                return Ok(used - before);
            }
        }
        self.pending = input[used..].to_vec();
        Ok(bytes.len())
    }

    /// Takes the next unit: the number of its bytes, `None` when its rest has not come.
    fn step(&mut self, input: &[u8], screen: &mut Screen) -> Result<Option<usize>, DecodeError> {
        match self.state {
            State::Message => self.message(input),
            State::Skip(length) => {
                let used = length.min(input.len());
                self.state =
                    if used == length { State::Message } else { State::Skip(length - used) };
                Ok((used > 0 || length == 0).then_some(used))
            }
            State::Rects(0) => self.then(State::Message, 0),
            State::Rects(left) => self.rectangle(left, input, screen),
            State::Raw { left, rect, done } => {
                let rows = match rect.width {
                    0 => rect.height - done,
                    width => (input.len() / (width * 4)).min(rect.height - done),
                };
                let used = rows * rect.width * 4;
                let area = Rect { y: rect.y + done, height: rect.height - done, ..rect };
                screen.draw(area, &self.pixels(&input[..used]));
                if done + rows == rect.height {
                    return self.then(State::Rects(left), used);
                }
                self.state = State::Raw { left, rect, done: done + rows };
                Ok((rows > 0).then_some(used))
            }
            State::CopyRect { left, rect } => {
                let [a, b, c, d, ..] = *input else { return Ok(None) };
                let (x, y) = (number(a, b), number(c, d));
                let source = Rect { x, y, ..rect };
                if !screen.contains(source) {
                    return Err(DecodeError::Outside(source));
                }
                screen.copy(rect, x, y);
                self.then(State::Rects(left), 4)
            }
            State::Rre { left, rect } => {
                let Some((&[a, b, c, d, ref pixel @ ..], _)) = input.split_first_chunk::<8>()
                else {
                    return Ok(None);
                };
                screen.fill(rect, self.pixel(*pixel));
                self.then(
                    State::RreParts { left, rect, parts: u32::from_be_bytes([a, b, c, d]) },
                    8,
                )
            }
            State::RreParts { left, parts: 0, .. } => self.then(State::Rects(left), 0),
            State::RreParts { left, rect, parts } => {
                let Some((head, _)) = input.split_first_chunk::<12>() else { return Ok(None) };
                let [p, q, r, s, place @ ..] = *head;
                let part = place_in(rect, place)?;
                screen.fill(part, self.pixel([p, q, r, s]));
                self.then(State::RreParts { left, rect, parts: parts - 1 }, 12)
            }
            State::Hextile { .. } => self.tile(input, screen),
            State::Cursor { left, hot } => {
                let (pixels, mask) =
                    (hot.width * hot.height * 4, hot.width.div_ceil(8) * hot.height);
                let Some(picture) = input.get(..pixels + mask) else { return Ok(None) };
                let (pixels, mask) = picture.split_at(pixels);
                screen.set_cursor(Cursor {
                    hot,
                    pixels: self.pixels(pixels).into(),
                    mask: mask.into(),
                });
                self.then(State::Rects(left), picture.len())
            }
        }
    }

    fn then(&mut self, state: State, used: usize) -> Result<Option<usize>, DecodeError> {
        self.state = state;
        Ok(Some(used))
    }

    fn message(&mut self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        match *input {
            [] => Ok(None),
            [0, _, high, low, ..] => self.then(State::Rects(u16::from_be_bytes([high, low])), 4),
            [2, ..] => self.then(State::Message, 1),
            [3, _, _, _, a, b, c, d, ..] => {
                let length = u32::from_be_bytes([a, b, c, d]);
                if length > LONGEST_CUT_TEXT {
                    return Err(DecodeError::CutText(length));
                }
                let next = if length == 0 { State::Message } else { State::Skip(length as usize) };
                self.then(next, 8)
            }
            [0 | 3, ..] => Ok(None),
            [other, ..] => Err(DecodeError::Message(other)),
        }
    }

    fn rectangle(
        &mut self,
        left: u16,
        input: &[u8],
        screen: &mut Screen,
    ) -> Result<Option<usize>, DecodeError> {
        let Some((head, _)) = input.split_first_chunk::<12>() else { return Ok(None) };
        let [a, b, c, d, e, f, g, h, kind @ ..] = *head;
        let rect =
            Rect { x: number(a, b), y: number(c, d), width: number(e, f), height: number(g, h) };
        let left = left - 1;
        let next = match i32::from_be_bytes(kind) {
            encoding::LAST_RECT => State::Message,
            encoding::DESKTOP_SIZE => {
                let (width, height) = (u16::from_be_bytes([e, f]), u16::from_be_bytes([g, h]));
                if !screen::is_size(width, height) {
                    return Err(DecodeError::Size(width, height));
                }
                screen.resize(width, height);
                self.resized = true;
                State::Rects(left)
            }
            encoding::CURSOR => {
                if rect.width.max(rect.height) > LONGEST_CURSOR.into() {
                    return Err(DecodeError::Cursor(rect.width, rect.height));
                }
                State::Cursor { left, hot: rect }
            }
            encoding::RAW => State::Raw { left, rect, done: 0 },
            encoding::COPY_RECT => State::CopyRect { left, rect },
            encoding::RRE => State::Rre { left, rect },
            encoding::HEXTILE if rect.width == 0 || rect.height == 0 => State::Rects(left),
            encoding::HEXTILE => {
                let (background, foreground) = ([0; 4], [0; 4]);
                let tile = tile::first(rect);
                State::Hextile { left, rect, tile, background, foreground }
            }
            other => return Err(DecodeError::Encoding(other)),
        };
        let drawn = matches!(
            next,
            State::Raw { .. } | State::CopyRect { .. } | State::Rre { .. } | State::Hextile { .. }
        );
        if drawn && !screen.contains(rect) {
            return Err(DecodeError::Outside(rect));
        }
        self.then(next, 12)
    }
}

impl Decoder {
    /// A pixel of the stream as one of the screen.
    fn pixel(&self, [first, green, third, rest]: [u8; 4]) -> [u8; 4] {
        match self.blue_first {
            true => [third, green, first, rest],
            false => [first, green, third, rest],
        }
    }

    fn pixels<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if !self.blue_first {
            return Cow::Borrowed(bytes);
        }
        let (pixels, _) = bytes.as_chunks::<4>();
        Cow::Owned(pixels.iter().flat_map(|pixel| self.pixel(*pixel)).collect())
    }
}

fn number(high: u8, low: u8) -> usize {
    u16::from_be_bytes([high, low]).into()
}

fn place_in(rect: Rect, place: [u8; 8]) -> Result<Rect, DecodeError> {
    let [a, b, c, d, e, f, g, h] = place;
    let part = Rect { x: number(a, b), y: number(c, d), width: number(e, f), height: number(g, h) };
    inside(rect, part)
}

/// A part, given from the corner of `rect`, as a part of the screen.
fn inside(rect: Rect, part: Rect) -> Result<Rect, DecodeError> {
    let placed = Rect { x: rect.x + part.x, y: rect.y + part.y, ..part };
    match part.x + part.width <= rect.width && part.y + part.height <= rect.height {
        true => Ok(placed),
        false => Err(DecodeError::Outside(placed)),
    }
}

#[cfg(test)]
mod tests;
