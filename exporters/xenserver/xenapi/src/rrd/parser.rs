//! Reads an answer of `rrd_updates` while it comes.
//!
//! A scanner by hand: the documents have eleven elements, no attributes, and half a million tags. What a general
//! reader of XML would do for each of them takes four times as long. Unknown elements, comments and text between
//! elements are passed over, so that a prologue with stray text, as some hosts write it, does no harm.

use std::sync::Arc;

use memchr::{memchr, memmem};

use super::{
    legend::Matching,
    number,
    update::{Limits, RrdError, Update},
};

/// Longest tag or entry, in bytes.
const LONGEST: usize = 64 << 10;

/// Reads one answer after another.
#[derive(Debug, Default)]
pub struct Parser {
    limits: Limits,
    rest: Vec<u8>,
    state: At,
    legend: Matching,
    has_legend: bool,
    update: Update,
    row: RowState,
}

/// Where in the document the parser is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    #[default]
    Prologue,
    Meta,
    Legend,
    Data,
    Row,
    End,
}

/// The row that is being read.
#[derive(Debug, Default)]
struct RowState {
    time: Option<i64>,
    start: usize,
    odd: bool,
}

impl Parser {
    /// A parser with other limits than the usual ones.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Begins an answer. What was read of another is forgotten, but for the legend.
    pub fn begin(&mut self) {
        let legend = self.update.legend.clone();
        self.legend.begin(legend);
        self.has_legend = false;
        self.rest.clear();
        self.state = At::Prologue;
        let Update { step, end, legend: _, skipped_rows, times, values } = &mut self.update;
        (*step, *end, *skipped_rows) = (0, 0, 0);
        times.clear();
        values.clear();
    }

    /// Takes in the next bytes.
    ///
    /// # Errors
    /// Any [`RrdError`] but [`RrdError::Truncated`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), RrdError> {
        if self.rest.is_empty() {
            let read = self.scan(bytes)?;
            self.rest.extend_from_slice(&bytes[read..]);
        } else {
            let mut all = std::mem::take(&mut self.rest);
            all.extend_from_slice(bytes);
            let read = self.scan(&all)?;
            all.drain(..read);
            self.rest = all;
        }
        match self.rest.len() {
            0..LONGEST => Ok(()),
            _ => Err(RrdError::TooMuch { what: "bytes in an element", limit: LONGEST }),
        }
    }

    /// The whole answer.
    ///
    /// # Errors
    /// [`RrdError::Truncated`] when it is not whole.
    pub fn finish(&mut self) -> Result<&Update, RrdError> {
        match self.state {
            At::End => Ok(&self.update),
            At::Prologue => Err(RrdError::Truncated("the prologue")),
            At::Meta => Err(RrdError::Truncated("meta")),
            At::Legend => Err(RrdError::Truncated("legend")),
            At::Data => Err(RrdError::Truncated("data")),
            At::Row => Err(RrdError::Truncated("a row")),
        }
    }

    /// Reads whole elements, and gives how many bytes they took.
    fn scan(&mut self, bytes: &[u8]) -> Result<usize, RrdError> {
        let mut at = 0;
        loop {
            let taken = match self.state {
                At::Prologue => self.prologue(&bytes[at..])?,
                At::Meta => self.meta(&bytes[at..])?,
                At::Legend => self.entries(&bytes[at..])?,
                At::Data => self.data(&bytes[at..])?,
                At::Row => self.values(&bytes[at..])?,
                At::End => return Ok(bytes.len()),
            };
            match taken {
                Some(taken) => at += taken,
                None => return Ok(at),
            }
        }
    }

    fn prologue(&mut self, bytes: &[u8]) -> Result<Option<usize>, RrdError> {
        let Some((tag, end)) = tag(bytes) else { return Ok(None) };
        match tag {
            b"xport" => self.state = At::Meta,
            [b'?' | b'!', ..] => {}
            other => {
                let name = String::from_utf8_lossy(&other[..other.len().min(40)]);
                return Err(RrdError::NotRrd(name.into_owned()));
            }
        }
        Ok(Some(end))
    }

    fn meta(&mut self, bytes: &[u8]) -> Result<Option<usize>, RrdError> {
        let Some((name, end)) = tag(bytes) else { return Ok(None) };
        let field = match name {
            b"step" => "step",
            b"end" => "end",
            b"legend" => {
                self.state = At::Legend;
                return Ok(Some(end));
            }
            b"legend/" => {
                self.end_legend();
                return Ok(Some(end));
            }
            b"data" => {
                self.begin_data()?;
                return Ok(Some(end));
            }
            b"data/" => {
                self.begin_data()?;
                self.state = At::End;
                return Ok(Some(end));
            }
            _ => return Ok(Some(end)),
        };
        let Some(length) = memchr(b'<', &bytes[end..]) else { return Ok(None) };
        let text = &bytes[end..end + length];
        let Some(number) = seconds(text) else {
            let found = String::from_utf8_lossy(&text[..text.len().min(40)]).into_owned();
            return Err(RrdError::Header { field, found });
        };
        match field {
            "step" => self.update.step = u32::try_from(number).unwrap_or(0),
            _ => self.update.end = number,
        }
        Ok(Some(end + length))
    }

    /// All entries of the legend that are there.
    fn entries(&mut self, bytes: &[u8]) -> Result<Option<usize>, RrdError> {
        const OPEN: &[u8] = b"<entry>";
        const CLOSE: &[u8] = b"</entry>";
        let mut at = 0;
        while let Some(text) = memchr(b'<', &bytes[at..]) {
            at += text;
            let here = &bytes[at..];
            if let Some(entry) = here.strip_prefix(OPEN) {
                let Some(length) = memchr(b'<', entry) else { break };
                let after = &entry[length..];
                if after.starts_with(CLOSE) {
                    if self.legend.len() >= self.limits.columns {
                        let limit = self.limits.columns;
                        return Err(RrdError::TooMuch { what: "columns", limit });
                    }
                    self.legend.push(&entry[..length]);
                    at += OPEN.len() + length + CLOSE.len();
                    continue;
                }
                if after.len() < CLOSE.len() {
                    break;
                }
            }
            let Some((name, end)) = tag(here) else { break };
            at += end;
            if name == b"/legend" {
                self.end_legend();
                self.state = At::Meta;
                return Ok(Some(at));
            }
        }
        Ok((at > 0).then_some(at))
    }

    fn end_legend(&mut self) {
        if !self.has_legend {
            self.update.legend = self.legend.finish();
            self.has_legend = true;
        }
    }

    /// The header is whole: nothing can be done without its step and its legend.
    fn begin_data(&mut self) -> Result<(), RrdError> {
        if self.update.step == 0 {
            return Err(RrdError::Header { field: "step", found: "0 or missing".to_owned() });
        }
        if !self.has_legend {
            self.update.legend = Arc::default();
        }
        self.state = At::Data;
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<Option<usize>, RrdError> {
        let Some((name, end)) = tag(bytes) else { return Ok(None) };
        match name {
            b"row" if self.update.rows() >= self.limits.rows => self.state = At::End,
            b"row" => {
                self.row = RowState { time: None, start: self.update.values.len(), odd: false };
                self.state = At::Row;
            }
            b"/data" => self.state = At::End,
            _ => {}
        }
        Ok(Some(end))
    }

    /// All values of the row that are there.
    fn values(&mut self, bytes: &[u8]) -> Result<Option<usize>, RrdError> {
        const OPEN: &[u8] = b"<v>";
        const CLOSE: &[u8] = b"</v>";
        let width = self.update.legend.len();
        let mut at = 0;
        while let Some(text) = memchr(b'<', &bytes[at..]) {
            at += text;
            let here = &bytes[at..];
            if let Some(value) = here.strip_prefix(OPEN) {
                let Some(length) = value.iter().position(|&byte| byte == b'<') else { break };
                let after = &value[length..];
                if after.starts_with(CLOSE) {
                    self.value(&value[..length], width)?;
                    at += OPEN.len() + length + CLOSE.len();
                    continue;
                }
                if after.len() < CLOSE.len() {
                    break;
                }
            }
            let Some((name, end)) = tag(here) else { break };
            match name {
                b"t" => {
                    let Some(length) = memchr(b'<', &here[end..]) else { break };
                    self.row.time = seconds(&here[end..end + length]);
                }
                b"v/" => self.value(b"NaN", width)?,
                b"/row" => {
                    self.end_row(width);
                    self.state = At::Data;
                    return Ok(Some(at + end));
                }
                _ => {}
            }
            at += end;
        }
        Ok((at > 0).then_some(at))
    }

    #[inline]
    fn value(&mut self, text: &[u8], width: usize) -> Result<(), RrdError> {
        if self.update.values.len() - self.row.start >= width {
            self.row.odd = true; // More values than columns.
            return Ok(());
        }
        if self.update.values.len() >= self.limits.values {
            return Err(RrdError::TooMuch { what: "values", limit: self.limits.values });
        }
        self.update.values.push(number::parse(text).unwrap_or(f64::NAN));
        Ok(())
    }

    /// Keeps the row if it fits: a value for each column, a time, and older than the row before it.
    fn end_row(&mut self, width: usize) {
        let RowState { time, start, odd } = self.row;
        let whole = self.update.values.len() - start == width && !odd;
        let newer = self.update.times.last();
        match time {
            Some(time) if whole && newer.is_none_or(|newer| time < *newer) => {
                self.update.times.push(time);
            }
            _ => {
                self.update.values.truncate(start);
                self.update.skipped_rows += 1;
            }
        }
    }
}

/// The next tag without its brackets, and where it ends. Text before it is passed over.
fn tag(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let start = memchr(b'<', bytes)?;
    let inside = &bytes[start + 1..];
    if inside.starts_with(b"!--") {
        let end = memmem::find(inside, b"-->")?;
        return Some((&inside[..end], start + 1 + end + 3));
    }
    let end = memchr(b'>', inside)?;
    Some((&inside[..end], start + 1 + end + 1))
}

/// Whole seconds; some versions write a fraction.
fn seconds(text: &[u8]) -> Option<i64> {
    let number = number::parse(text.trim_ascii())?;
    #[expect(clippy::cast_possible_truncation, reason = "within the range that is checked")]
    (number.abs() < 1e15).then_some(number as i64)
}

#[cfg(test)]
mod tests;
