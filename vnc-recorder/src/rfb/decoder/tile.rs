//! The tiles of a hextile rectangle (RFC 6143, 7.7.4).

use super::{DecodeError, Decoder, State, inside};
use crate::rfb::hextile;
use crate::rfb::screen::{Rect, Screen, TILE};

pub(super) fn first(rect: Rect) -> Rect {
    Rect { width: rect.width.min(TILE), height: rect.height.min(TILE), ..rect }
}

impl Decoder {
    /// One tile of a hextile rectangle (RFC 6143, 7.7.4).
    pub(super) fn tile(
        &mut self,
        input: &[u8],
        screen: &mut Screen,
    ) -> Result<Option<usize>, DecodeError> {
        let State::Hextile { left, rect, tile, mut background, mut foreground } = self.state else {
            return Ok(None);
        };
        let mut bytes = Bytes(input);
        let Some([kind]) = bytes.take() else { return Ok(None) };
        if kind & hextile::RAW != 0 {
            let Some(pixels) = bytes.0.get(..tile.width * tile.height * 4) else { return Ok(None) };
            screen.draw(tile, &self.pixels(pixels));
            bytes.0 = &bytes.0[pixels.len()..];
        } else {
            if kind & hextile::BACKGROUND != 0 {
                let Some(pixel) = bytes.take() else { return Ok(None) };
                background = pixel;
            }
            if kind & hextile::FOREGROUND != 0 {
                let Some(pixel) = bytes.take() else { return Ok(None) };
                foreground = pixel;
            }
            let mut parts = 0;
            if kind & hextile::SUBRECTS != 0 {
                let Some([count]) = bytes.take() else { return Ok(None) };
                parts = usize::from(count);
            }
            let coloured = kind & hextile::COLOURED != 0;
            if bytes.0.len() < parts * if coloured { 6 } else { 2 } {
                return Ok(None);
            }
            screen.fill(tile, self.pixel(background));
            for _ in 0..parts {
                if coloured {
                    foreground = bytes.take().unwrap_or_default(); // there: its length was looked at
                }
                let [place, size] = bytes.take().unwrap_or_default();
                let part = Rect {
                    x: usize::from(place >> 4),
                    y: usize::from(place & 15),
                    width: usize::from(size >> 4) + 1,
                    height: usize::from(size & 15) + 1,
                };
                screen.fill(inside(tile, part)?, self.pixel(foreground));
            }
        }
        let used = input.len() - bytes.0.len();
        match next(rect, tile) {
            None => self.then(State::Rects(left), used),
            Some(tile) => {
                self.then(State::Hextile { left, rect, tile, background, foreground }, used)
            }
        }
    }
}

fn next(rect: Rect, tile: Rect) -> Option<Rect> {
    let (right, bottom) = (rect.x + rect.width, rect.y + rect.height);
    let (x, y) = match tile.x + TILE < right {
        true => (tile.x + TILE, tile.y),
        false => (rect.x, tile.y + TILE),
    };
    (y < bottom).then(|| Rect { x, y, width: TILE.min(right - x), height: TILE.min(bottom - y) })
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }
}
