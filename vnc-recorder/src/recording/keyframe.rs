//! A whole screen in one record: size, cursor and pixels, compressed.

use crate::rfb::screen::{Cursor, LONGEST_CURSOR, MOST_PIXELS, Rect, Screen};

/// Bytes that a keyframe may become.
const MOST_BYTES: usize =
    MOST_PIXELS * 4 + LONGEST_CURSOR as usize * LONGEST_CURSOR as usize * 5 + 32;

/// zstd's level: more takes longer than it saves.
const LEVEL: i32 = 1;

/// The screen as a payload.
pub(super) fn write(screen: &Screen) -> std::io::Result<Vec<u8>> {
    let none = Cursor::default();
    let Cursor { hot, pixels, mask } = screen.cursor().unwrap_or(&none);
    let mut bytes = Vec::with_capacity(12 + pixels.len() + mask.len() + screen.pixels().len());
    for number in [screen.width(), screen.height(), hot.x, hot.y, hot.width, hot.height] {
        bytes.extend((number as u16).to_le_bytes());
    }
    bytes.extend(pixels);
    bytes.extend(mask);
    bytes.extend(screen.pixels());
    zstd::bulk::compress(&bytes, LEVEL)
}

/// The screen of a payload; none when it is not one's.
pub(super) fn read(payload: &[u8]) -> Option<Screen> {
    let bytes = zstd::bulk::decompress(payload, MOST_BYTES).ok()?;
    let (numbers, rest) = bytes.split_first_chunk::<12>()?;
    let numbers = numbers.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
    let [width, height, x, y, cursor_width, cursor_height] = *numbers.collect::<Vec<_>>() else {
        return None;
    };
    let mut screen = Screen::new(width, height)?;
    if cursor_width.max(cursor_height) > LONGEST_CURSOR {
        return None;
    }
    let hot =
        Rect { x: x.into(), y: y.into(), width: cursor_width.into(), height: cursor_height.into() };
    let (pixels, rest) = rest.split_at_checked(hot.width * hot.height * 4)?;
    let (mask, rest) = rest.split_at_checked(hot.width.div_ceil(8) * hot.height)?;
    if rest.len() != screen.pixels().len() {
        return None;
    }
    if !pixels.is_empty() {
        screen.set_cursor(Cursor { hot, pixels: pixels.into(), mask: mask.into() });
    }
    let all = Rect { x: 0, y: 0, width: screen.width(), height: screen.height() };
    screen.draw(all, rest);
    Some(screen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_comes_back_as_it_was() {
        let mut screen = Screen::new(33, 7).unwrap();
        screen.fill(Rect { x: 3, y: 2, width: 9, height: 5 }, [1, 2, 3, 0]);
        assert_eq!(read(&write(&screen).unwrap()).unwrap().hash(), screen.hash());
        let hot = Rect { x: 1, y: 2, width: 9, height: 2 };
        screen.set_cursor(Cursor { hot, pixels: vec![7; 72], mask: vec![255; 4] });
        let again = read(&write(&screen).unwrap()).unwrap();
        assert_eq!((again.hash(), again.cursor()), (screen.hash(), screen.cursor()));
    }

    #[test]
    fn anything_else_is_none() {
        let payload = |bytes: &[u8]| zstd::bulk::compress(bytes, LEVEL).unwrap();
        assert!(read(b"no zstd").is_none());
        assert!(read(&payload(&[0; 12])).is_none(), "a size of nothing");
        assert!(read(&payload(&[255; 12])).is_none(), "an absurd size");
        let short = [&1_u16.to_le_bytes()[..], &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[0; 3]].concat();
        assert!(read(&payload(&short)).is_none(), "a pixel too short");
    }
}
