//! How a text becomes short messages: which alphabet it needs, how many parts, and where to cut it.
//!
//! GSM 03.38 (3GPP TS 23.038): the 7-bit alphabet carries 160 characters in one part and 153 in each of
//! several; a dozen characters cost two. Any other text is UCS2: 70 units in one part and 67 in each of
//! several, where a character outside the basic plane is a pair of units that stays together.

/// The alphabet of a text and the capacity that follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    Gsm7,
    Ucs2,
}

impl Alphabet {
    /// The cheapest alphabet that can carry all of a text.
    pub(crate) fn of(text: &str) -> Self {
        if text.chars().all(|c| gsm7_units(c).is_some()) { Alphabet::Gsm7 } else { Alphabet::Ucs2 }
    }

    /// Units that a message of one part, and each part of a longer one, can carry.
    fn capacity(self) -> (usize, usize) {
        match self {
            Alphabet::Gsm7 => (160, 153),
            Alphabet::Ucs2 => (70, 67),
        }
    }

    fn units(self, character: char) -> usize {
        match self {
            Alphabet::Gsm7 => gsm7_units(character).unwrap_or(1),
            Alphabet::Ucs2 => character.len_utf16(),
        }
    }
}

/// How many parts a text takes.
pub(crate) fn count(text: &str) -> usize {
    parts(text).len()
}

/// The parts of a text, at least one. A character of two units is never split over two of them.
pub(crate) fn parts(text: &str) -> Vec<&str> {
    let alphabet = Alphabet::of(text);
    let (single, part) = alphabet.capacity();
    if text.chars().map(|c| alphabet.units(c)).sum::<usize>() <= single {
        return vec![text];
    }
    let mut parts = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (at, character) in text.char_indices() {
        let units = alphabet.units(character);
        if used + units > part {
            parts.push(&text[start..at]);
            (start, used) = (at, 0);
        }
        used += units;
    }
    parts.push(&text[start..]);
    parts
}

/// The text in at most `most` parts: cut behind a whole character and ended by an ellipsis if it is longer.
pub(crate) fn cap(text: &str, most: usize) -> String {
    if count(text) <= most {
        return text.to_owned();
    }
    let ellipsis = match Alphabet::of(text) {
        Alphabet::Gsm7 => "...",
        Alphabet::Ucs2 => "…",
    };
    // The count grows with the length, so the longest text that fits is found by halving.
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let fitting =
        ends.partition_point(|&end| count(&format!("{}{ellipsis}", &text[..end])) <= most);
    let end = ends.get(fitting.saturating_sub(1)).copied().unwrap_or(0);
    format!("{}{ellipsis}", &text[..end])
}

/// A text of the 7-bit alphabet, one code a byte. What is not in there is left out.
pub(crate) fn gsm7(text: &str) -> Vec<u8> {
    let mut codes = Vec::with_capacity(text.len());
    for (escape, code) in text.chars().filter_map(gsm7_code) {
        codes.extend(escape.then_some(ESCAPE));
        codes.push(code);
    }
    codes
}

/// What precedes a code of the extension table.
const ESCAPE: u8 = 0x1b;

/// Units of a character in the 7-bit alphabet; none when it is not in there.
fn gsm7_units(character: char) -> Option<usize> {
    gsm7_code(character).map(|(escape, _)| if escape { 2 } else { 1 })
}

/// A character's code, and whether that is one of the extension table.
fn gsm7_code(character: char) -> Option<(bool, u8)> {
    // In the order of their codes; the escape has its own place.
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    const EXTENDED: [(char, u8); 10] = [
        ('\u{c}', 0x0a),
        ('^', 0x14),
        ('{', 0x28),
        ('}', 0x29),
        ('\\', 0x2f),
        ('[', 0x3c),
        ('~', 0x3d),
        (']', 0x3e),
        ('|', 0x40),
        ('€', 0x65),
    ];
    if let Some((_, code)) = EXTENDED.iter().find(|(known, _)| *known == character) {
        return Some((true, *code));
    }
    let at = BASIC.chars().position(|known| known == character)?;
    u8::try_from(at).ok().filter(|&code| code != ESCAPE).map(|code| (false, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_text_takes_160_then_153_a_part() {
        for (length, parts) in [(0, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)]
        {
            assert_eq!(count(&"a".repeat(length)), parts, "{length}");
        }
    }

    #[test]
    fn brackets_cost_two() {
        assert_eq!(count(&"[".repeat(80)), 1);
        assert_eq!(count(&"[".repeat(81)), 2);
        // 153 is odd: each part holds 76 brackets only.
        assert_eq!(count(&"[".repeat(152)), 2);
        assert_eq!(count(&"[".repeat(153)), 3);
    }

    #[test]
    fn chinese_text_takes_70_then_67_a_part() {
        for (length, parts) in [(70, 1), (71, 2), (134, 2), (135, 3), (200, 3)] {
            assert_eq!(count(&"警".repeat(length)), parts, "{length}");
        }
        let mixed = format!("{}警", "a".repeat(100));
        assert_eq!((Alphabet::of(&mixed), count(&mixed)), (Alphabet::Ucs2, 2));
    }

    #[test]
    fn a_surrogate_pair_stays_together() {
        assert_eq!(count(&"😀".repeat(35)), 1);
        assert_eq!(count(&"😀".repeat(66)), 2); // 33 pairs a part, one unit unused
        assert_eq!(count(&"😀".repeat(67)), 3);
    }

    #[test]
    fn a_cut_fills_the_parts_and_says_that_it_cut() {
        let chinese = cap(&"警".repeat(500), 4);
        assert_eq!((chinese.chars().count(), count(&chinese)), (4 * 67, 4));
        assert!(chinese.ends_with("警…"));
        let latin = cap(&"a".repeat(2000), 2);
        assert_eq!((latin.len(), count(&latin)), (2 * 153, 2));
        assert!(latin.ends_with("a..."));
        let emoji = cap(&"😀".repeat(100), 1);
        assert_eq!(emoji.encode_utf16().count(), 69);
        assert_eq!(cap("short", 1), "short");
    }
}
