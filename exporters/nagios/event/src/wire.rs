//! Little-endian integers and length-prefixed bytes, in and out of slices. No panics, no allocation on the
//! way out.

use std::fmt;

/// Why bytes could not be read as a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// The frame ended inside this field.
    Short {
        /// Name of the field.
        field: &'static str,
    },
    /// The field holds a value that no version defines.
    Value {
        /// Name of the field.
        field: &'static str,
        /// What came.
        got: u64,
        /// What would have been right.
        expected: &'static str,
    },
    /// The length field names more than [`crate::MAX_FRAME`] bytes, or none.
    Length {
        /// What it names.
        got: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Short { field } => write!(f, "frame ends inside field {field}"),
            DecodeError::Value { field, got, expected } => {
                write!(f, "field {field} is {got}, expected {expected}")
            }
            DecodeError::Length { got } => {
                write!(f, "frame length is {got}, expected 1 to {} bytes", crate::MAX_FRAME - 4)
            }
        }
    }
}

impl std::error::Error for DecodeError {}

/// A closed set, each of its variants a number in one byte.
pub(crate) trait Code: Copy {
    /// The numbers, in words.
    const EXPECTED: &'static str;

    /// The variant's number.
    fn code(self) -> u8;

    /// The variant of a number.
    fn of_code(code: u8) -> Option<Self>;
}

/// Writes into a slice; once something did not fit, nothing more is written and [`Writer::finish`] is `None`.
pub(crate) struct Writer<'a> {
    buf: &'a mut [u8],
    at: usize,
    full: bool,
    cut: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(buf: &'a mut [u8]) -> Self {
        Writer { buf, at: 0, full: false, cut: false }
    }

    #[inline]
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        match self.buf.get_mut(self.at..self.at + bytes.len()) {
            Some(slot) if !self.full => {
                slot.copy_from_slice(bytes);
                self.at += bytes.len();
            }
            _ => self.full = true,
        }
    }

    #[inline]
    pub(crate) fn u8(&mut self, v: &u8) {
        self.raw(&[*v]);
    }

    #[inline]
    pub(crate) fn u16(&mut self, v: &u16) {
        self.raw(&v.to_le_bytes());
    }

    #[inline]
    pub(crate) fn u32(&mut self, v: &u32) {
        self.raw(&v.to_le_bytes());
    }

    #[inline]
    pub(crate) fn u64(&mut self, v: &u64) {
        self.raw(&v.to_le_bytes());
    }

    #[inline]
    pub(crate) fn i64(&mut self, v: &i64) {
        self.raw(&v.to_le_bytes());
    }

    #[inline]
    pub(crate) fn i32(&mut self, v: &i32) {
        self.raw(&v.to_le_bytes());
    }

    #[inline]
    pub(crate) fn f64(&mut self, v: &f64) {
        self.raw(&v.to_bits().to_le_bytes());
    }

    #[inline]
    pub(crate) fn bool(&mut self, v: &bool) {
        self.u8(&u8::from(*v));
    }

    #[inline]
    pub(crate) fn code(&mut self, v: &impl Code) {
        self.u8(&v.code());
    }

    /// Length and bytes, cut to `limit`.
    #[inline]
    pub(crate) fn bytes(&mut self, v: &[u8], limit: usize) {
        let kept = &v[..v.len().min(limit).min(u16::MAX.into())];
        self.cut |= kept.len() < v.len();
        self.u16(&(kept.len() as u16));
        self.raw(kept);
    }

    /// Number of the items that follow.
    pub(crate) fn count(&mut self, items: usize) {
        match u32::try_from(items) {
            Ok(items) => self.u32(&items),
            Err(_) => self.full = true,
        }
    }

    /// Whether some bytes were cut to their limit.
    #[inline]
    pub(crate) fn has_cut(&self) -> bool {
        self.cut
    }

    /// Sets the frame's length field and returns the frame's size, or `None` when it did not fit.
    pub(crate) fn finish(&mut self) -> Option<usize> {
        let length = u32::try_from(self.at.checked_sub(4)?).ok()?;
        if self.full || self.at > crate::MAX_FRAME {
            return None;
        }
        self.buf.get_mut(..4)?.copy_from_slice(&length.to_le_bytes());
        Some(self.at)
    }
}

/// Reads fields from the front of a slice.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Reader { rest }
    }

    /// What was not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn take(&mut self, n: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(DecodeError::Short { field })?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let (head, rest) =
            self.rest.split_first_chunk::<N>().ok_or(DecodeError::Short { field })?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        Ok(self.array::<1>(field)?[0])
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.array(field).map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self, field: &'static str) -> Result<i64, DecodeError> {
        self.array(field).map(i64::from_le_bytes)
    }

    pub(crate) fn i32(&mut self, field: &'static str) -> Result<i32, DecodeError> {
        self.array(field).map(i32::from_le_bytes)
    }

    pub(crate) fn f64(&mut self, field: &'static str) -> Result<f64, DecodeError> {
        Ok(f64::from_bits(self.u64(field)?))
    }

    pub(crate) fn bool(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            got => Err(DecodeError::Value { field, got: got.into(), expected: "0 or 1" }),
        }
    }

    pub(crate) fn string(&mut self, field: &'static str) -> Result<String, DecodeError> {
        let length = self.u16(field)?;
        Ok(String::from_utf8_lossy(self.take(length.into(), field)?).into_owned())
    }

    pub(crate) fn code<T: Code>(&mut self, field: &'static str) -> Result<T, DecodeError> {
        let code = self.u8(field)?;
        let value = || DecodeError::Value { field, got: code.into(), expected: T::EXPECTED };
        T::of_code(code).ok_or_else(value)
    }

    /// A counted list; the count is not believed before the items are there.
    pub(crate) fn list<T>(
        &mut self,
        field: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        (0..self.u32(field)?).map(|_| item(self)).collect()
    }
}
