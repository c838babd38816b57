//! Bytes as what a proxy of the old product sends.

#![no_main]

use vnc_recorder::ingest::{Frame, Header, LONGEST_FRAME, Opening};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(header) = bytes.first_chunk() {
        let _ = Header::parse(header);
    }
    let (mut opening, mut rest) = (Opening::default(), bytes);
    while let Some((head, more)) = rest.split_first_chunk() {
        let Ok(frame) = Frame::parse(head) else { return };
        assert!(frame.length <= LONGEST_FRAME);
        let (payload, after) = more.split_at((frame.length as usize).min(more.len()));
        match frame.from_server {
            false => opening.client(payload),
            true => {
                if opening.server(payload).is_err() {
                    return;
                }
            }
        }
        rest = after;
    }
});
