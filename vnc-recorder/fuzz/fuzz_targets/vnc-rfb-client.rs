//! Bytes as a viewer's: its handshake, then its messages.

#![no_main]

use vnc_recorder::rfb::client_message::{self, Read};
use vnc_recorder::rfb::viewer::Greeting;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (mut greeting, mut rest) = (Greeting::Version, bytes);
    while greeting != Greeting::Done {
        match greeting.advance(rest, (640, 480, "desk")) {
            Ok((0, _)) | Err(_) => return,
            Ok((used, _)) => rest = &rest[used..],
        }
    }
    while let Ok(Read::Whole(_, length)) = client_message::read(rest) {
        assert!((1..=rest.len()).contains(&length));
        rest = &rest[length..];
    }
});
