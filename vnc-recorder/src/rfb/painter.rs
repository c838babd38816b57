//! What changed on a screen, as a server sends it: for watchers and for replay.
//!
//! Each viewer has a [`Painter`] of its own and is sent the newest picture whenever it can take one. A slow viewer
//! misses steps between, never the end, and nothing is queued for it.

use super::screen::{Cursor, Rect, Screen, TILE};
use super::{encoding, hextile};

/// How much one viewer has seen.
#[derive(Debug, Clone, Default)]
pub struct Painter {
    /// The screen's generation then; 0: nothing.
    seen: u64,
}

impl Painter {
    /// One `FramebufferUpdate` that brings the viewer from what it has seen to the screen as it is; none when
    /// nothing changed.
    pub fn paint(&mut self, screen: &Screen) -> Option<Vec<u8>> {
        if self.seen == screen.generation() {
            return None;
        }
        let mut update = Update { bytes: vec![0; 4], rects: 0 };
        if screen.resized_after(self.seen) {
            let size = Rect { x: 0, y: 0, width: screen.width(), height: screen.height() };
            update.rect(size, encoding::DESKTOP_SIZE);
        }
        if let Some(Cursor { hot, pixels, mask }) = screen.cursor_after(self.seen) {
            update.rect(*hot, encoding::CURSOR);
            update.bytes.extend(pixels);
            update.bytes.extend(mask);
        }
        for (row, changed) in screen.tile_rows().enumerate() {
            let mut column = 0;
            while let Some(first) = newer(changed, column, self.seen) {
                let length = changed[first..].iter().take_while(|at| **at > self.seen).count();
                update.tiles(screen, row, first, length);
                column = first + length;
            }
        }
        self.seen = screen.generation();
        let Update { mut bytes, rects } = update;
        bytes[2..4].copy_from_slice(&rects.to_be_bytes());
        (rects > 0).then_some(bytes)
    }
}

fn newer(changed: &[u64], from: usize, seen: u64) -> Option<usize> {
    changed[from..].iter().position(|at| *at > seen).map(|at| from + at)
}

struct Update {
    bytes: Vec<u8>,
    /// A screen has at most 2^16 tiles and no two runs of them touch, so this is enough.
    rects: u16,
}

impl Update {
    fn rect(&mut self, rect: Rect, encoding: i32) {
        let Rect { x, y, width, height } = rect;
        for number in [x, y, width, height] {
            self.bytes.extend((number as u16).to_be_bytes());
        }
        self.bytes.extend(encoding.to_be_bytes());
        self.rects += 1;
    }

    /// A run of tiles in one row of them, as one hextile rectangle.
    fn tiles(&mut self, screen: &Screen, row: usize, first: usize, length: usize) {
        let (x, y) = (first * TILE, row * TILE);
        let right = ((first + length) * TILE).min(screen.width());
        let height = TILE.min(screen.height() - y);
        self.rect(Rect { x, y, width: right - x, height }, encoding::HEXTILE);
        for x in (x..right).step_by(TILE) {
            self.tile(screen, Rect { x, y, width: TILE.min(right - x), height });
        }
    }

    /// One colour in five bytes, two colours as runs, more as they are.
    fn tile(&mut self, screen: &Screen, tile: Rect) {
        let mut pixels = [[0; 4]; TILE * TILE];
        let mut count = 0;
        for y in tile.y..tile.y + tile.height {
            let (row, _) = screen.row(tile.x, y, tile.width).as_chunks::<4>();
            pixels[count..][..row.len()].copy_from_slice(row);
            count += row.len();
        }
        let pixels = &pixels[..count];
        let background = pixels[0];
        let Some(&foreground) = pixels.iter().find(|pixel| **pixel != background) else {
            self.bytes.push(hextile::BACKGROUND);
            self.bytes.extend(background);
            return;
        };
        let start = self.bytes.len();
        if pixels.iter().all(|pixel| *pixel == background || *pixel == foreground) {
            let kind = hextile::BACKGROUND | hextile::FOREGROUND | hextile::SUBRECTS;
            self.bytes.push(kind);
            self.bytes.extend(background);
            self.bytes.extend(foreground);
            let counted = self.bytes.len();
            self.bytes.push(0);
            if let Some(runs) = self.runs(pixels, tile.width, foreground) {
                self.bytes[counted] = runs;
                return;
            }
            self.bytes.truncate(start);
        }
        self.bytes.push(hextile::RAW);
        self.bytes.extend(pixels.as_flattened());
    }

    /// Each run of the foreground in a row, as a part one pixel high; none when the pixels themselves are shorter.
    fn runs(&mut self, pixels: &[[u8; 4]], width: usize, foreground: [u8; 4]) -> Option<u8> {
        let mut runs = 0_u8;
        for (y, row) in pixels.chunks_exact(width).enumerate() {
            let mut x = 0;
            while x < width {
                let length = row[x..].iter().take_while(|pixel| **pixel == foreground).count();
                if length > 0 {
                    runs = runs.checked_add(1)?;
                    self.bytes.extend([(x << 4 | y) as u8, ((length - 1) << 4) as u8]);
                }
                x += length.max(1);
            }
        }
        Some(runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfb::decoder::Decoder;

    /// Whether a viewer that gets the updates sees the same.
    fn assert_same(screen: &Screen, painter: &mut Painter, viewer: &mut Screen) {
        let update = painter.paint(screen).expect("something changed");
        let mut decoder = Decoder::default();
        decoder.feed(&update, viewer).unwrap();
        assert!(decoder.is_between_messages());
        assert_eq!(screen.hash(), viewer.hash());
        assert_eq!(screen.cursor(), viewer.cursor());
        assert_eq!(painter.paint(screen), None, "nothing changed since");
    }

    #[test]
    fn a_viewer_follows_the_screen() {
        let mut screen = Screen::new(100, 50).unwrap();
        let (mut painter, mut viewer) = (Painter::default(), Screen::new(1, 1).unwrap());
        assert_same(&screen, &mut painter, &mut viewer);
        screen.age();
        screen.fill(Rect { x: 3, y: 5, width: 40, height: 1 }, [1, 2, 3, 0]);
        screen.fill(Rect { x: 90, y: 45, width: 10, height: 5 }, [9, 9, 9, 0]);
        let noise: Vec<u8> = (0..30 * 20 * 4).map(|at| (at * 7 % 251) as u8).collect();
        screen.draw(Rect { x: 41, y: 10, width: 30, height: 20 }, &noise);
        assert_same(&screen, &mut painter, &mut viewer);
        screen.age();
        screen.copy(Rect { x: 0, y: 0, width: 30, height: 20 }, 41, 10);
        assert_same(&screen, &mut painter, &mut viewer);
        screen.age();
        screen.resize(33, 17);
        assert_same(&screen, &mut painter, &mut viewer);
        screen.age();
        let hot = Rect { x: 1, y: 2, width: 9, height: 2 };
        screen.set_cursor(Cursor { hot, pixels: vec![7; 72], mask: vec![255; 4] });
        assert_same(&screen, &mut painter, &mut viewer);
    }

    #[test]
    fn plain_tiles_are_small() {
        let screen = Screen::new(1024, 768).unwrap();
        let update = Painter::default().paint(&screen).unwrap();
        assert!(update.len() < 64 * 48 * 5 + 48 * 12 + 100, "{}", update.len());
    }
}
