//! Many varbinds in little room: all of them in one run of bytes, about a fifth of what they take as values of
//! their own. A walk of a large switch brings 15,000, and many walks may go on at once.

use std::fmt;

use bytes::Bytes;

use super::{Oid, Value, Varbind};

/// Varbinds, in the order in which they were put in. They are unpacked as they are read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// One after the other: the name, the value's kind, the value.
    bytes: Vec<u8>,
    /// Where each of them begins.
    starts: Vec<u32>,
}

impl Answers {
    /// None, with room for all of these.
    #[must_use]
    pub fn with_room_for<'a>(others: impl Iterator<Item = &'a Answers> + Clone) -> Self {
        Answers {
            bytes: Vec::with_capacity(others.clone().map(|other| other.bytes.len()).sum()),
            starts: Vec::with_capacity(others.map(Answers::len).sum()),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Puts one at the end. Beyond 4 gibibytes nothing is taken.
    pub fn push(&mut self, Varbind { oid, value }: &Varbind) {
        let Ok(start) = u32::try_from(self.bytes.len()) else { return };
        self.starts.push(start);
        push_name(&mut self.bytes, oid);
        push_value(&mut self.bytes, value);
    }

    /// Puts others at the end.
    pub fn append(&mut self, other: &Answers) {
        for (place, start) in other.starts.iter().enumerate() {
            let end = other.starts.get(place + 1).map_or(other.bytes.len(), |end| *end as usize);
            let Ok(new) = u32::try_from(self.bytes.len()) else { return };
            self.starts.push(new);
            self.bytes.extend_from_slice(&other.bytes[*start as usize..end]);
        }
    }

    /// The one at this place.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<Varbind> {
        let mut reader = self.reader(place)?;
        Some(Varbind { oid: reader.name(), value: reader.value() })
    }

    /// The name of the one at this place.
    #[must_use]
    pub fn name(&self, place: usize) -> Option<Oid> {
        Some(self.reader(place)?.name())
    }

    /// The value of the one at this place.
    #[must_use]
    pub fn value(&self, place: usize) -> Option<Value> {
        let mut reader = self.reader(place)?;
        for _ in 0..reader.number() {
            reader.number();
        }
        Some(reader.value())
    }

    /// How the name at this place compares with another.
    pub(crate) fn compare(&self, place: usize, name: &[u32]) -> Option<std::cmp::Ordering> {
        let mut reader = self.reader(place)?;
        let count = reader.number();
        Some((0..count).map(|_| reader.number() as u32).cmp(name.iter().copied()))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Varbind> + ExactSizeIterator + '_ {
        (0..self.len()).map(|place| {
            let mut reader = Reader(&self.bytes[self.starts[place] as usize..]);
            Varbind { oid: reader.name(), value: reader.value() }
        })
    }

    fn reader(&self, place: usize) -> Option<Reader<'_>> {
        Some(Reader(&self.bytes[*self.starts.get(place)? as usize..]))
    }
}

impl Extend<Varbind> for Answers {
    fn extend<I: IntoIterator<Item = Varbind>>(&mut self, varbinds: I) {
        varbinds.into_iter().for_each(|varbind| self.push(&varbind));
    }
}

impl FromIterator<Varbind> for Answers {
    fn from_iter<I: IntoIterator<Item = Varbind>>(varbinds: I) -> Self {
        let mut answers = Answers::default();
        answers.extend(varbinds);
        answers
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What a value is: the tags of RFC 3416, and those inside an Opaque.
mod tag {
    pub(super) const INTEGER: u8 = 0x02;
    pub(super) const OCTET_STRING: u8 = 0x04;
    pub(super) const NULL: u8 = 0x05;
    pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(super) const IP_ADDRESS: u8 = 0x40;
    pub(super) const COUNTER32: u8 = 0x41;
    pub(super) const GAUGE32: u8 = 0x42;
    pub(super) const TIME_TICKS: u8 = 0x43;
    pub(super) const OPAQUE: u8 = 0x44;
    pub(super) const COUNTER64: u8 = 0x46;
    pub(super) const FLOAT: u8 = 0x78;
    pub(super) const DOUBLE: u8 = 0x79;
    pub(super) const NO_SUCH_OBJECT: u8 = 0x80;
    pub(super) const NO_SUCH_INSTANCE: u8 = 0x81;
    pub(super) const END_OF_MIB_VIEW: u8 = 0x82;
}

fn push_value(to: &mut Vec<u8>, value: &Value) {
    let mut put = |tag: u8, content: &[u8]| {
        to.push(tag);
        to.extend_from_slice(content);
    };
    match value {
        Value::Integer(number) => put(tag::INTEGER, &number.to_le_bytes()),
        Value::IpAddress(address) => put(tag::IP_ADDRESS, address),
        Value::Counter32(number) => put(tag::COUNTER32, &number.to_le_bytes()),
        Value::Gauge32(number) => put(tag::GAUGE32, &number.to_le_bytes()),
        Value::TimeTicks(number) => put(tag::TIME_TICKS, &number.to_le_bytes()),
        Value::Counter64(number) => put(tag::COUNTER64, &number.to_le_bytes()),
        Value::Float(number) => put(tag::FLOAT, &number.to_le_bytes()),
        Value::Double(number) => put(tag::DOUBLE, &number.to_le_bytes()),
        Value::Null => put(tag::NULL, &[]),
        Value::NoSuchObject => put(tag::NO_SUCH_OBJECT, &[]),
        Value::NoSuchInstance => put(tag::NO_SUCH_INSTANCE, &[]),
        Value::EndOfMibView => put(tag::END_OF_MIB_VIEW, &[]),
        Value::OctetString(bytes) => push_bytes(to, tag::OCTET_STRING, bytes),
        Value::Opaque(bytes) => push_bytes(to, tag::OPAQUE, bytes),
        Value::ObjectIdentifier(oid) => {
            to.push(tag::OBJECT_IDENTIFIER);
            push_name(to, oid);
        }
    }
}

fn push_bytes(to: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    to.push(tag);
    push_number(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

fn push_name(to: &mut Vec<u8>, Oid(numbers): &Oid) {
    push_number(to, numbers.len() as u64);
    numbers.iter().for_each(|number| push_number(to, u64::from(*number)));
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn push_number(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Reads what was put in, which is always whole.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn name(&mut self) -> Oid {
        let count = self.number();
        Oid((0..count).map(|_| self.number() as u32).collect())
    }

    fn value(&mut self) -> Value {
        let [tag] = self.take();
        match tag {
            tag::INTEGER => Value::Integer(i32::from_le_bytes(self.take())),
            tag::OCTET_STRING => Value::OctetString(self.bytes()),
            tag::OBJECT_IDENTIFIER => Value::ObjectIdentifier(self.name()),
            tag::IP_ADDRESS => Value::IpAddress(self.take()),
            tag::COUNTER32 => Value::Counter32(u32::from_le_bytes(self.take())),
            tag::GAUGE32 => Value::Gauge32(u32::from_le_bytes(self.take())),
            tag::TIME_TICKS => Value::TimeTicks(u32::from_le_bytes(self.take())),
            tag::COUNTER64 => Value::Counter64(u64::from_le_bytes(self.take())),
            tag::FLOAT => Value::Float(f32::from_le_bytes(self.take())),
            tag::DOUBLE => Value::Double(f64::from_le_bytes(self.take())),
            tag::OPAQUE => Value::Opaque(self.bytes()),
            tag::NO_SUCH_OBJECT => Value::NoSuchObject,
            tag::NO_SUCH_INSTANCE => Value::NoSuchInstance,
            tag::END_OF_MIB_VIEW => Value::EndOfMibView,
            _ => Value::Null,
        }
    }

    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let [byte] = self.take();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return number;
            }
        }
    }

    fn bytes(&mut self) -> Bytes {
        let length = self.number() as usize;
        let (content, rest) = self.0.split_at(length);
        self.0 = rest;
        Bytes::copy_from_slice(content)
    }

    fn take<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        let mut taken = [0; LENGTH];
        let (content, rest) = self.0.split_at(LENGTH);
        taken.copy_from_slice(content);
        self.0 = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_kind() -> Vec<Varbind> {
        let long = Bytes::from(vec![0xff; 300]);
        let values = [
            Value::Integer(i32::MIN),
            Value::OctetString(long.clone()),
            Value::OctetString(Bytes::new()),
            Value::ObjectIdentifier(Oid(vec![1, 3, u32::MAX])),
            Value::IpAddress([10, 0, 0, 1]),
            Value::Counter32(u32::MAX),
            Value::Gauge32(1),
            Value::TimeTicks(2),
            Value::Counter64(u64::MAX),
            Value::Float(1.5),
            Value::Double(-0.1),
            Value::Opaque(long),
            Value::Null,
            Value::NoSuchObject,
            Value::NoSuchInstance,
            Value::EndOfMibView,
        ];
        let name = |place: usize| Oid((0..place as u32).map(|arc| arc * 300_000_000).collect());
        let varbinds = values.into_iter().enumerate();
        varbinds.map(|(place, value)| Varbind { oid: name(place), value }).collect()
    }

    #[test]
    fn what_is_put_in_is_read_back() {
        let varbinds = every_kind();
        let answers: Answers = varbinds.iter().cloned().collect();
        assert_eq!(answers.iter().collect::<Vec<_>>(), varbinds);
        for (place, Varbind { oid, value }) in varbinds.iter().enumerate() {
            assert_eq!(answers.name(place).as_ref(), Some(oid));
            assert_eq!(answers.value(place).as_ref(), Some(value));
        }
        assert_eq!((answers.len(), answers.at(answers.len())), (varbinds.len(), None));
    }

    #[test]
    fn others_are_put_at_the_end() {
        let varbinds = every_kind();
        let (first, rest) = varbinds.split_at(3);
        let mut answers: Answers = first.iter().cloned().collect();
        let rest: Answers = rest.iter().cloned().collect();
        answers.append(&rest);
        assert_eq!(answers, varbinds.into_iter().collect());
        assert_eq!(Answers::default().at(0), None);
    }

    #[test]
    fn names_are_compared_as_they_are() {
        let answers: Answers =
            [Varbind { oid: Oid(vec![1, 3, 200]), value: Value::Null }].into_iter().collect();
        for other in [&[1, 3, 199][..], &[1, 3, 200], &[1, 3, 200, 0], &[1, 4], &[1, 3]] {
            assert_eq!(answers.compare(0, other), Some([1, 3, 200][..].cmp(other)), "{other:?}");
        }
    }
}
