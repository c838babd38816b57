//! Bytes as UTF-8, with one replacement character for each run of bytes that is not, as Go does it.

/// The text that the bytes are.
#[must_use]
pub fn valid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut broken = false;
    for chunk in bytes.utf8_chunks() {
        if !chunk.valid().is_empty() {
            broken = false;
            text.push_str(chunk.valid());
        }
        if !chunk.invalid().is_empty() && !broken {
            broken = true;
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_invalid_bytes_becomes_one_replacement() {
        for (bytes, expected) in [
            (&b"plain"[..], "plain"),
            (b"", ""),
            (b"a\xff\xfe\xfdb", "a\u{fffd}b"),
            (b"\xff", "\u{fffd}"),
            (b"a\xc3", "a\u{fffd}"),
            (b"\xff\xc3\xa4\xff\xff", "\u{fffd}ä\u{fffd}"),
            (b"\xf0\x9f\x98x", "\u{fffd}x"),
        ] {
            assert_eq!(valid(bytes), expected);
        }
    }
}
