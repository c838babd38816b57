//! Bytes as a VNC server's messages: whole and in pieces they draw the same, and a painter's update shows it.

#![no_main]

use vnc_recorder::rfb::decoder::Decoder;
use vnc_recorder::rfb::painter::Painter;
use vnc_recorder::rfb::screen::Screen;

fn screen() -> Screen {
    Screen::new(40, 30).expect("a size")
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((size, bytes)) = bytes.split_first() else { return };
    let mut whole = screen();
    let outcome = Decoder::default().feed(bytes, &mut whole);
    let (mut decoder, mut pieces) = (Decoder::default(), screen());
    let mut parts = bytes.chunks(usize::from(*size).max(1));
    let in_parts = parts.try_for_each(|part| decoder.feed(part, &mut pieces));
    assert_eq!(outcome, in_parts);
    assert_eq!(whole.hash(), pieces.hash());
    let mut viewer = screen();
    if let Some(update) = Painter::default().paint(&whole) {
        Decoder::default().feed(&update, &mut viewer).expect("our own update");
        assert_eq!(whole.hash(), viewer.hash());
    }
});
