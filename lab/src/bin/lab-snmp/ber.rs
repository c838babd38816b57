//! Basic Encoding Rules (X.690), as much of them as SNMP uses: definite lengths and tags of one byte.
//!
//! Reading bytes of a peer never panics; what is malformed is `None`.

/// Reads one element after the other.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element: its tag and what is in it.
    pub(crate) fn element(&mut self) -> Option<(u8, &'a [u8])> {
        let (start, length) = extent(self.0)?;
        let content = self.0.get(start..start.checked_add(length)?)?;
        let tag = self.0[0];
        self.0 = &self.0[start + length..];
        Some((tag, content))
    }

    /// What is in the next element, which must have this tag.
    pub(crate) fn tagged(&mut self, expected: u8) -> Option<&'a [u8]> {
        self.element().and_then(|(tag, content)| (tag == expected).then_some(content))
    }

    /// An INTEGER of up to 32 bits.
    pub(crate) fn integer(&mut self) -> Option<i32> {
        let content = self.tagged(0x02).filter(|content| (1..=4).contains(&content.len()))?;
        let sign = if content[0] & 0x80 == 0 { 0 } else { -1 };
        Some(content.iter().fold(sign, |value, &byte| value << 8 | i32::from(byte)))
    }

    /// An OBJECT IDENTIFIER, its numbers.
    pub(crate) fn object_identifier(&mut self) -> Option<Vec<u32>> {
        let content = self.tagged(0x06)?;
        let mut numbers = Vec::with_capacity(content.len() + 1);
        let mut number: u32 = 0;
        for &byte in content {
            number = number.checked_mul(128)?.checked_add(u32::from(byte & 0x7f))?;
            if byte & 0x80 == 0 {
                if numbers.is_empty() {
                    let first = (number / 40).min(2);
                    numbers.push(first);
                    number -= first * 40;
                }
                numbers.push(number);
                number = 0;
            }
        }
        content.last().is_none_or(|byte| byte & 0x80 == 0).then_some(numbers)
    }
}

/// Where the content of the first element begins, and its length; `None` while the header is not whole.
pub(crate) fn extent(bytes: &[u8]) -> Option<(usize, usize)> {
    let &first = bytes.get(1)?;
    if first & 0x80 == 0 {
        return Some((2, usize::from(first)));
    }
    let count = usize::from(first & 0x7f);
    let length = bytes.get(2..2 + count).filter(|length| (1..=4).contains(&length.len()))?;
    Some((2 + count, length.iter().fold(0, |value, &byte| value << 8 | usize::from(byte))))
}

/// Appends an element.
pub(crate) fn push(to: &mut Vec<u8>, tag: u8, content: &[u8]) {
    to.push(tag);
    let length = content.len();
    match length {
        0..=0x7f => to.push(length as u8),
        0x80..=0xff => to.extend([0x81, length as u8]),
        0x100..=0xffff => to.extend([0x82, (length >> 8) as u8, length as u8]),
        _ => to.extend([0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
    }
    to.extend_from_slice(content);
}

/// One element.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len() + 5);
    push(&mut bytes, tag, content);
    bytes
}

/// The content of an INTEGER: two's complement in the fewest bytes.
pub(crate) fn integer(value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let mut start = 0;
    while start < 7
        && (bytes[start] == 0 && bytes[start + 1] & 0x80 == 0
            || bytes[start] == 0xff && bytes[start + 1] & 0x80 != 0)
    {
        start += 1;
    }
    bytes[start..].to_vec()
}

/// The content of an unsigned number, as Counter64 has it: never seen as negative.
pub(crate) fn unsigned(value: u64) -> Vec<u8> {
    match i64::try_from(value) {
        Ok(value) => integer(value),
        Err(_) => [&[0], &value.to_be_bytes()[..]].concat(),
    }
}

/// The content of an OBJECT IDENTIFIER.
pub(crate) fn object_identifier(numbers: &[u32]) -> Vec<u8> {
    let first = numbers.first().copied().unwrap_or(0).min(2);
    let second = numbers.get(1).copied().unwrap_or(0);
    let mut content = Vec::with_capacity(numbers.len() + 4);
    for number in std::iter::once(u64::from(first) * 40 + u64::from(second))
        .chain(numbers.iter().skip(2).map(|&number| u64::from(number)))
    {
        let groups = (64 - (number | 1).leading_zeros()).div_ceil(7);
        for group in (0..groups).rev() {
            let more = if group == 0 { 0 } else { 0x80 };
            content.push((number >> (7 * group)) as u8 & 0x7f | more);
        }
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_take_the_fewest_bytes() {
        for (value, bytes) in [
            (0, &[0x00][..]),
            (127, &[0x7f]),
            (128, &[0x00, 0x80]),
            (-128, &[0x80]),
            (-129, &[0xff, 0x7f]),
            (2_147_483_647, &[0x7f, 0xff, 0xff, 0xff]),
        ] {
            assert_eq!(integer(value), bytes);
            assert_eq!(Reader::new(&element(0x02, bytes)).integer(), Some(value as i32));
        }
        assert_eq!(unsigned(u64::MAX), [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn object_identifiers_are_read_as_written() {
        for (numbers, bytes) in [
            (&[1, 3, 6, 1, 2, 1][..], &[0x2b, 6, 1, 2, 1][..]),
            (&[2, 999, 3], &[0x88, 0x37, 3]),
            (&[1, 3, 4_294_967_295], &[0x2b, 0x8f, 0xff, 0xff, 0xff, 0x7f]),
        ] {
            assert_eq!(object_identifier(numbers), bytes);
            assert_eq!(
                Reader::new(&element(0x06, bytes)).object_identifier().as_deref(),
                Some(numbers)
            );
        }
    }

    #[test]
    fn long_contents_have_long_lengths() {
        assert_eq!(element(0x04, &[7; 200])[..4], [0x04, 0x81, 200, 7]);
        assert_eq!(element(0x04, &[7; 300])[..5], [0x04, 0x82, 1, 44, 7]);
        assert_eq!(Reader::new(&element(0x04, &[7; 300])).element(), Some((0x04, &[7; 300][..])));
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let whole = element(0x30, &element(0x06, &[0x2b, 0x86, 0x8d, 0x1f]));
        for end in 0..whole.len() {
            assert_eq!(Reader::new(&whole[..end]).element(), None, "{end} bytes");
        }
        assert_eq!(Reader::new(&[0x06, 1, 0x86]).object_identifier(), None);
        assert_eq!(Reader::new(&[0x02, 0]).integer(), None);
        assert_eq!(Reader::new(&[0x04, 0x80, 0, 0]).element(), None, "an indefinite length");
    }
}
