//! The GSM alphabet of 7 bits, packed (3GPP TS 23.038 section 6).

/// The characters in the order of their codes. 27 is the escape to the extension table.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// What follows the escape.
const EXTENSION: [(u8, char); 10] = [
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// The text of `count` septets, after the first `skipped` of the bytes.
pub(crate) fn unpack(bytes: &[u8], skipped: usize, count: usize) -> String {
    let septet = |index: usize| {
        let bit = index * 7;
        let pair =
            [bytes.get(bit / 8), bytes.get(bit / 8 + 1)].map(|byte| byte.copied().unwrap_or(0));
        (u16::from_le_bytes(pair) >> (bit % 8) & 0x7f) as u8
    };
    let mut escaped = false;
    let mut text = String::new();
    for code in (skipped..skipped + count).map(septet) {
        if code == 0x1b && !escaped {
            escaped = true;
            continue;
        }
        let extended = EXTENSION.iter().find(|(known, _)| escaped && *known == code);
        let plain = || BASIC.chars().nth(code.into()).unwrap_or('?');
        text.push(extended.map_or_else(plain, |(_, character)| *character));
        escaped = false;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn septets_are_unpacked() {
        assert_eq!(BASIC.chars().count(), 128);
        // The usual example of the books.
        let hello = [0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37];
        assert_eq!(unpack(&hello, 0, 10), "hellohello");
        assert_eq!(unpack(&hello, 5, 5), "hello");
        assert_eq!(unpack(&[0x1b, 0x1e], 0, 2), "[");
    }
}
