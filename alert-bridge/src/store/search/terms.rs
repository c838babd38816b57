//! The terms of a text: every two characters that stand side by side, every three of ASCII, and each character
//! beyond ASCII. A text that contains a word has all terms of the word. Columns with few values, such as the
//! severity, are terms too.
//!
//! The terms of many texts are kept as a Bloom filter of eight bits a term: at most 3 % of the terms that it
//! claims to have it has not. Hashes are our own, since they are on disk.

use std::collections::HashSet;

/// Bits that each term sets.
const PROBES: u64 = 3;

/// Bits of a filter for each term.
const BITS: usize = 8;

/// Terms as they are found.
#[derive(Debug, Default)]
pub(crate) struct Gathered(HashSet<u64>);

/// A filter; its length is a power of two.
#[derive(Debug)]
pub(crate) struct Terms(Vec<u8>);

/// What is looked for: of each list at least one.
#[derive(Debug, Default)]
pub(crate) struct Needs(Vec<Vec<u64>>);

impl Gathered {
    /// Takes in a text in lower case.
    pub(crate) fn text(&mut self, text: &str) {
        each(text, |term| {
            self.0.insert(term);
        });
    }

    /// Takes in the value of a column.
    pub(crate) fn facet(&mut self, column: &str, value: &str) {
        self.0.insert(facet(column, value));
    }

    pub(crate) fn finish(self) -> Terms {
        let bits = (self.0.len() * BITS).next_power_of_two().max(512);
        let mut bytes = vec![0; bits / 8];
        for (byte, bit) in self.0.into_iter().flat_map(|term| places(term, bits)) {
            bytes[byte] |= bit;
        }
        Terms(bytes)
    }
}

impl Terms {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Needs {
    /// The word, in lower case, must be in the text.
    pub(crate) fn word(&mut self, word: &str) {
        each(word, |term| self.0.push(vec![term]));
    }

    /// The column must have one of these values; none of them asks for nothing.
    pub(crate) fn facet<'a>(&mut self, column: &str, values: impl IntoIterator<Item = &'a str>) {
        let any: Vec<u64> = values.into_iter().map(|value| facet(column, value)).collect();
        if !any.is_empty() {
            self.0.push(any);
        }
    }

    /// Whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the filter of a block does not rule it out.
    pub(crate) fn may_be_in(&self, filter: &[u8]) -> bool {
        let bits = filter.len() * 8;
        // What is no filter rules nothing out.
        !bits.is_power_of_two()
            || self.0.iter().all(|any| {
                any.iter()
                    .any(|&term| places(term, bits).all(|(byte, bit)| filter[byte] & bit != 0))
            })
    }
}

/// Where a term stands in a filter of so many bits: byte and bit.
fn places(term: u64, bits: usize) -> impl Iterator<Item = (usize, u8)> {
    let (start, step) = (term as u32 as u64, term >> 32 | 1);
    (0..PROBES).map(move |probe| {
        let place = start.wrapping_add(probe.wrapping_mul(step)) as usize & (bits - 1);
        (place / 8, 1 << (place % 8))
    })
}

fn each(text: &str, mut tell: impl FnMut(u64)) {
    let (mut before, mut last) = (None, None);
    for next in text.chars() {
        if next.is_whitespace() {
            (before, last) = (None, None);
            continue;
        }
        if !next.is_ascii() {
            tell(hash([next]));
        }
        if let Some(last) = last {
            tell(hash([last, next]));
            if let Some(before) = before
                && [before, last, next].iter().all(char::is_ascii)
            {
                tell(hash([before, last, next]));
            }
        }
        (before, last) = (last, Some(next));
    }
}

fn facet(column: &str, value: &str) -> u64 {
    // No text has a NUL beside a letter: JSON strings may, and then a block is looked through for nothing.
    hash(column.chars().chain(['\0']).chain(value.chars()))
}

/// FNV-1a over the characters' numbers, mixed so that all bits depend on all.
fn hash(characters: impl IntoIterator<Item = char>) -> u64 {
    let bytes = characters.into_iter().flat_map(|character| u32::from(character).to_le_bytes());
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ hash >> 33
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_text_is_in_its_filter() {
        let text = "web-1 http 磁盘空间不足 90% (/var/ünï)";
        let mut gathered = Gathered::default();
        gathered.text(text);
        let filter = gathered.finish();
        for word in text.split_whitespace() {
            let ends = || word.char_indices().map(|(at, _)| at).chain([word.len()]);
            for (from, to) in ends().flat_map(|from| ends().map(move |to| (from, to))) {
                let Some(part) = word.get(from..to) else { continue };
                let mut needs = Needs::default();
                needs.word(part);
                assert!(needs.may_be_in(filter.bytes()), "{part}");
            }
        }
    }

    #[test]
    fn what_is_not_there_is_seldom_claimed() {
        let mut gathered = Gathered::default();
        (0..256).for_each(|number| gathered.text(&format!("host-{number} 磁盘 {number:x}")));
        gathered.facet("severity", "warning");
        let filter = gathered.finish();
        let claimed = (0..1000).filter(|number| {
            let mut needs = Needs::default();
            // Two characters side by side that no text above has.
            let first = char::from_u32(0x5000 + number).unwrap();
            needs.word(&String::from_iter([first, '盘']));
            needs.may_be_in(filter.bytes())
        });
        assert!(claimed.count() < 30);
        let severity = |names: &[&str]| {
            let mut needs = Needs::default();
            needs.facet("severity", names.iter().copied());
            needs.may_be_in(filter.bytes())
        };
        assert!(severity(&["critical", "warning"]) && !severity(&["critical"]) && severity(&[]));
    }

    #[test]
    fn hashes_are_those_on_disk() {
        assert_eq!(hash(['磁', '盘']), hash("磁盘".chars()));
        assert_eq!(format!("{:016x}", hash(['a', 'b'])), "f6ddc0b6572dbda4");
    }
}
