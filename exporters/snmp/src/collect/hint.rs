//! RFC 2579's DISPLAY-HINT (section 3.1) for octet strings.

use std::fmt::Write as _;

use crate::text::valid;

/// One format specification of a hint.
struct Format {
    /// The first byte says how often it is applied.
    counted: bool,
    /// Bytes it takes each time.
    take: usize,
    base: Base,
    separator: Option<u8>,
    terminator: Option<u8>,
}

/// How bytes are shown.
#[derive(Clone, Copy)]
enum Base {
    Decimal,
    Hexadecimal,
    Octal,
    Text,
}

/// The bytes as the hint wants them; `None` when there is no hint or no byte, or when the hint is wrong.
///
/// The last specification is used again until no byte is left. A separator at the end is left out.
#[must_use]
pub fn displayed(hint: &str, bytes: &[u8]) -> Option<String> {
    if hint.is_empty() || bytes.is_empty() {
        return None;
    }
    let mut shown = Vec::with_capacity(bytes.len() * 4);
    let (mut hint, mut rest) = (hint.as_bytes(), bytes);
    let mut last = None;
    while !rest.is_empty() {
        let format = match hint {
            [] => last.take().filter(Format::consumes)?,
            _ => Format::read(&mut hint)?,
        };
        format.apply(&mut rest, &mut shown)?;
        last = Some(format);
    }
    Some(valid(&shown))
}

impl Format {
    /// Reads one specification off the hint.
    fn read(hint: &mut &[u8]) -> Option<Format> {
        let counted = next_if(hint, |byte| byte == b'*').is_some();
        let mut take = usize::from(next_if(hint, |byte| byte.is_ascii_digit())? - b'0');
        while let Some(digit) = next_if(hint, |byte| byte.is_ascii_digit()) {
            take = take.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
        }
        let base = match next_if(hint, |_| true)? {
            b'd' => Base::Decimal,
            b'x' => Base::Hexadecimal,
            b'o' => Base::Octal,
            b'a' | b't' => Base::Text,
            _ => return None,
        };
        let mark = |byte: u8| !byte.is_ascii_digit() && byte != b'*';
        let separator = next_if(hint, mark);
        let terminator = if counted { next_if(hint, mark) } else { None };
        Some(Format { counted, take, base, separator, terminator })
    }

    /// Whether applying it leaves fewer bytes.
    fn consumes(&self) -> bool {
        self.take > 0 || self.counted
    }

    fn apply(&self, rest: &mut &[u8], shown: &mut Vec<u8>) -> Option<()> {
        let times = match self.counted {
            true => next_if(rest, |_| true).unwrap_or_default(),
            false => 1,
        };
        for time in 0..times {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at(self.take.min(rest.len()));
            *rest = after;
            self.base.show(chunk, shown)?;
            let last_before_terminator = self.terminator.is_some() && time == times - 1;
            if !rest.is_empty() && !last_before_terminator {
                shown.extend(self.separator);
            }
        }
        if !rest.is_empty() {
            shown.extend(self.terminator);
        }
        Some(())
    }
}

impl Base {
    /// Appends the bytes; `None` for a number of more than 64 bits.
    fn show(self, chunk: &[u8], shown: &mut Vec<u8>) -> Option<()> {
        let number = || {
            let fits = chunk.len() <= 8;
            fits.then(|| chunk.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
        };
        let mut text = String::new();
        let written = match self {
            Base::Decimal => write!(text, "{}", number()?),
            Base::Octal => write!(text, "{:o}", number()?),
            Base::Hexadecimal => chunk.iter().try_for_each(|byte| write!(text, "{byte:02X}")),
            Base::Text => {
                shown.extend(chunk);
                Ok(())
            }
        };
        shown.extend(text.into_bytes());
        written.ok()
    }
}

fn next_if(bytes: &mut &[u8], wanted: impl Fn(u8) -> bool) -> Option<u8> {
    let (first, after) = bytes.split_first()?;
    if !wanted(*first) {
        return None;
    }
    *bytes = after;
    Some(*first)
}
