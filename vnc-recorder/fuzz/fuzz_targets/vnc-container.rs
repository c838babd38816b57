//! Bytes as a recording: verified, scanned, and played from several moments.
//!
//! Checksums and hashes of what is thrown are made right first, or nothing would get behind them: the input is a
//! list of payloads with their kinds and times.

#![no_main]

use std::io::Write as _;

use vnc_recorder::recording::container::{Chain, HEAD, Kind};
use vnc_recorder::recording::index::Index;
use vnc_recorder::recording::reader::Reader;
use vnc_recorder::recording::verify::verify;

const BEGIN: &[u8] = br#"{"id":"00000000-0000-0000-0000-000000000000","started":"2024-01-01T00:00:00Z","target":"static/x","name":"x","user":"","client":"","width":40,"height":30,"desktop":"","origin":"console"}"#;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((raw, mut rest)) = bytes.split_first() else { return };
    let (mut chain, mut file) = (Chain::start(), HEAD.to_vec());
    chain.seal(&mut file, Kind::Begin, 0, BEGIN);
    let mut time = 0;
    if *raw == 0 {
        file.extend(rest);
    } else {
        while let [kind, pause, length, more @ ..] = rest {
            let kind = match kind % 6 {
                0 => Kind::Stream,
                1 => Kind::Keyframe,
                2 => Kind::Event,
                3 => Kind::Input,
                4 => Kind::End,
                _ => Kind::Index,
            };
            time += u32::from(*pause) * 100;
            let (payload, after) = more.split_at(usize::from(*length).min(more.len()));
            chain.seal(&mut file, kind, time, payload);
            rest = after;
        }
    }
    let mut path = tempfile::NamedTempFile::new_in("/dev/shm").expect("a file");
    path.write_all(&file).expect("written");
    let _ = verify(path.path());
    let _ = Index::read(path.as_file());
    let _ = Index::scan(path.as_file());
    let Ok(mut reader) = Reader::open(path.path(), None) else { return };
    for moment in [time, 0, time / 2] {
        let _ = reader.seek(moment);
    }
});
