use super::*;
use crate::rfb::hextile;

fn rect(x: u16, y: u16, width: u16, height: u16, encoding: i32, rest: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = [x, y, width, height].iter().flat_map(|n| n.to_be_bytes()).collect();
    bytes.extend(encoding.to_be_bytes());
    bytes.extend(rest);
    bytes
}

fn update(rects: &[Vec<u8>]) -> Vec<u8> {
    [&[0, 0, 0, rects.len() as u8][..], &rects.concat()].concat()
}

fn drawn(bytes: &[u8]) -> Result<Screen, DecodeError> {
    let mut screen = Screen::new(20, 18).unwrap();
    Decoder::default().feed(bytes, &mut screen)?;
    Ok(screen)
}

const RED: [u8; 4] = [255, 0, 0, 0];
const BLUE: [u8; 4] = [0, 0, 255, 0];

/// Every encoding once. The hextile rectangle has tiles of 16 x 16, 2 x 16, 16 x 1 (raw) and 2 x 1.
fn session() -> Vec<u8> {
    let rre = [&[0, 0, 0, 1][..], &BLUE, &RED, &[0, 1, 0, 1, 0, 2, 0, 2]].concat();
    let tiles = [
        &[hextile::BACKGROUND | hextile::FOREGROUND | hextile::SUBRECTS][..],
        &RED,
        &BLUE,
        &[1, 0x12, 0x21],
        &[hextile::SUBRECTS | hextile::COLOURED, 1],
        &[5, 5, 5, 0, 0x00, 0x00],
        &[hextile::RAW],
        &[3; 16 * 4],
        &[0],
    ];
    let last = rect(0, 0, 0, 0, encoding::LAST_RECT, &[]);
    [
        vec![2],
        [&[3, 0, 0, 0, 0, 0, 0, 2][..], b"ab"].concat(),
        update(&[rect(2, 2, 2, 1, encoding::RAW, &[RED, BLUE].concat())]),
        update(&[rect(4, 4, 4, 4, encoding::RRE, &rre)]),
        update(&[rect(0, 0, 18, 17, encoding::HEXTILE, &tiles.concat())]),
        update(&[
            rect(1, 1, 8, 8, encoding::COPY_RECT, &[0, 0, 0, 0]),
            rect(1, 1, 9, 1, encoding::CURSOR, &[1; 9 * 4 + 2]),
        ]),
        [&[0, 0, 255, 255][..], &last].concat(),
    ]
    .concat()
}

#[test]
fn pieces_of_any_size_draw_the_same() {
    let bytes = session();
    let whole = drawn(&bytes).unwrap();
    assert_eq!(whole.row(2, 17, 1), [0, 0, 0, 0]);
    assert_eq!(whole.cursor().map(|cursor| cursor.hot.width), Some(9));
    for size in 1..bytes.len() {
        let (mut decoder, mut screen) = (Decoder::default(), Screen::new(20, 18).unwrap());
        for piece in bytes.chunks(size) {
            decoder.feed(piece, &mut screen).unwrap();
        }
        assert!(decoder.is_between_messages(), "{size}");
        assert_eq!(screen.hash(), whole.hash(), "{size}");
    }
}

#[test]
fn it_stops_where_a_message_ends() {
    let one = update(&[rect(2, 2, 2, 1, encoding::RAW, &[RED, BLUE].concat())]);
    let two = [&one[..], &one[..7]].concat();
    let (mut decoder, mut screen) = (Decoder::default(), Screen::new(20, 18).unwrap());
    assert_eq!(decoder.feed_message(&two[..5], &mut screen), Ok(5));
    assert_eq!(decoder.feed_message(&two[5..], &mut screen), Ok(one.len() - 5));
    assert!(decoder.is_between_messages());
    assert_eq!(decoder.feed_message(&two[one.len()..], &mut screen), Ok(7));
    assert!(!decoder.is_between_messages());
}

#[test]
fn absurd_rectangles_are_refused() {
    let outside = |rect: Vec<u8>| matches!(drawn(&update(&[rect])), Err(DecodeError::Outside(_)));
    assert!(outside(rect(10, 0, 11, 1, encoding::RAW, &[])));
    assert!(outside(rect(0, 18, 1, 1, encoding::HEXTILE, &[])));
    assert!(outside(rect(65535, 65535, 65535, 65535, encoding::RRE, &[])));
    assert!(outside(rect(0, 0, 9, 9, encoding::COPY_RECT, &[0, 12, 0, 0])));
    let part = [&[0, 0, 0, 1][..], &RED, &RED, &[0, 3, 0, 0, 0, 2, 0, 1]].concat();
    assert!(outside(rect(0, 0, 4, 4, encoding::RRE, &part)));
    let part = [hextile::SUBRECTS, 1, 0x10, 0x30];
    assert!(outside(rect(0, 0, 4, 4, encoding::HEXTILE, &part)));
    let size = rect(0, 0, 9000, 9000, encoding::DESKTOP_SIZE, &[]);
    assert!(matches!(drawn(&update(&[size])), Err(DecodeError::Size(9000, 9000))));
    let cursor = rect(0, 0, 9000, 1, encoding::CURSOR, &[]);
    assert!(matches!(drawn(&update(&[cursor])), Err(DecodeError::Cursor(9000, 1))));
}

#[test]
fn what_was_not_asked_for_is_refused() {
    assert!(matches!(drawn(&[1, 0]), Err(DecodeError::Message(1))));
    let zrle = update(&[rect(0, 0, 1, 1, 16, &[])]);
    assert!(matches!(drawn(&zrle), Err(DecodeError::Encoding(16))));
    assert!(matches!(drawn(&[3, 0, 0, 0, 255, 0, 0, 0]), Err(DecodeError::CutText(_))));
}

#[test]
fn another_size_is_told_once() {
    let (mut decoder, mut screen) = (Decoder::default(), Screen::new(20, 18).unwrap());
    let size = update(&[rect(0, 0, 30, 10, encoding::DESKTOP_SIZE, &[])]);
    decoder.feed(&size, &mut screen).unwrap();
    assert_eq!((screen.width(), screen.height()), (30, 10));
    assert!(decoder.take_resized() && !decoder.take_resized());
}
