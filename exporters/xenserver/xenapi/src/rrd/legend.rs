//! The legend: what each column of an answer measures.
//!
//! A pool of 5,000 VMs has 200,000 columns in 14 MB of text, and the same ones in nearly every answer. A legend
//! keeps owners and names once each, and [`Matching`] compares a new text with it without reading it again.

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;

/// Whose a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// The host that answers.
    Host(Uuid),
    /// A VM on it.
    Vm(Uuid),
    /// A storage repository.
    Sr(Uuid),
}

/// How samples were made one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consolidation {
    /// Their average.
    Average,
    /// The smallest.
    Min,
    /// The greatest.
    Max,
    /// The last.
    Last,
}

/// The columns of an answer, in their order.
#[derive(Debug, Default)]
pub struct Legend {
    subjects: Vec<Subject>,
    names: Vec<Name>,
    columns: Vec<Slot>,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Whose it is.
    pub owner: Owner,
    /// How samples were made one.
    pub consolidation: Consolidation,
    /// What is measured: `cpu0`, `vbd_xvda_read`.
    pub name: &'a Arc<str>,
}

/// What stands before the name: `AVERAGE:vm:<uuid>:`.
#[derive(Debug)]
struct Subject {
    text: Box<[u8]>,
    owner: Owner,
    consolidation: Consolidation,
}

/// A name, and as it stands in the XML where that differs.
#[derive(Debug)]
struct Name {
    raw: Box<[u8]>,
    text: Arc<str>,
}

/// A column is a subject and a name, or one that we do not understand, which keeps its place.
#[derive(Debug, Clone, Copy)]
struct Slot {
    subject: u32,
    name: u32,
}

/// The subject of a column that we do not understand. Its name is its whole text.
const UNKNOWN: u32 = u32::MAX;

impl Legend {
    /// How many columns there are, those included that we do not understand.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// A column by its place; `None` beyond the last one, and for one that we do not understand.
    #[must_use]
    pub fn column(&self, place: usize) -> Option<Column<'_>> {
        let Slot { subject, name } = *self.columns.get(place)?;
        let Subject { owner, consolidation, .. } = self.subjects.get(subject as usize)?;
        let name = &self.names.get(name as usize)?.text;
        Some(Column { owner: *owner, consolidation: *consolidation, name })
    }

    /// All columns that we understand, with their places.
    pub fn columns(&self) -> impl Iterator<Item = (usize, Column<'_>)> {
        (0..self.len()).filter_map(|place| Some((place, self.column(place)?)))
    }

    /// Whether the column at a place has this text in the XML.
    #[inline]
    fn is_at(&self, place: usize, entry: &[u8]) -> bool {
        let Some(Slot { subject, name }) = self.columns.get(place) else { return false };
        let subject = self.subjects.get(*subject as usize).map_or(&[][..], |subject| &subject.text);
        let Some(name) = self.names.get(*name as usize) else { return false };
        entry.len() == subject.len() + name.raw.len()
            && entry.starts_with(subject)
            && entry.ends_with(&name.raw)
    }
}

/// A legend while it is read: equal to the last one until the first difference.
#[derive(Debug, Default)]
pub(super) struct Matching {
    last: Arc<Legend>,
    equal: usize,
    new: Option<Building>,
}

impl Matching {
    /// The next text is compared with this legend.
    pub(super) fn begin(&mut self, last: Arc<Legend>) {
        *self = Self { last, equal: 0, new: None };
    }

    /// How many entries there have been.
    pub(super) fn len(&self) -> usize {
        self.new.as_ref().map_or(self.equal, |new| new.legend.columns.len())
    }

    /// The next entry, as it stands in the XML.
    #[inline]
    pub(super) fn push(&mut self, entry: &[u8]) {
        if self.new.is_none() && self.last.is_at(self.equal, entry) {
            self.equal += 1;
            return;
        }
        let (last, equal) = (&self.last, self.equal);
        self.new.get_or_insert_with(|| Building::from(last, equal)).push(entry);
    }

    /// The last legend itself when nothing differs.
    pub(super) fn finish(&mut self) -> Arc<Legend> {
        let shorter = self.equal != self.last.len();
        let new = match self.new.take() {
            None if shorter => Some(Building::from(&self.last, self.equal)),
            new => new,
        };
        if let Some(mut new) = new {
            new.legend.subjects.shrink_to_fit();
            new.legend.columns.shrink_to_fit();
            self.last = Arc::new(new.legend);
        }
        self.last.clone()
    }
}

/// A legend that differs from the last one.
#[derive(Debug, Default)]
struct Building {
    legend: Legend,
    names: HashMap<Box<[u8]>, u32>,
    subjects: HashMap<Box<[u8]>, u32>,
}

impl Building {
    /// The first columns of another legend.
    fn from(last: &Legend, columns: usize) -> Self {
        let mut new = Self::default();
        let mut entry = Vec::new();
        for Slot { subject, name } in &last.columns[..columns] {
            entry.clear();
            if let Some(subject) = last.subjects.get(*subject as usize) {
                entry.extend_from_slice(&subject.text);
            }
            entry.extend_from_slice(&last.names[*name as usize].raw);
            new.push(&entry);
        }
        new
    }

    fn push(&mut self, entry: &[u8]) {
        let slot = match split(entry) {
            Some((subject, name)) => match self.subject(subject) {
                Some(subject) => Slot { subject, name: self.name(name) },
                None => Slot { subject: UNKNOWN, name: self.name(entry) },
            },
            None => Slot { subject: UNKNOWN, name: self.name(entry) },
        };
        self.legend.columns.push(slot);
    }

    fn subject(&mut self, text: &[u8]) -> Option<u32> {
        // Columns of one owner stand together, nearly always.
        let subjects = &mut self.legend.subjects;
        if subjects.last().is_some_and(|last| *last.text == *text) {
            return u32::try_from(subjects.len() - 1).ok();
        }
        if let Some(known) = self.subjects.get(text) {
            return Some(*known);
        }
        let (owner, consolidation) = understand(text)?;
        let place = u32::try_from(subjects.len()).ok()?;
        subjects.push(Subject { text: text.into(), owner, consolidation });
        self.subjects.insert(text.into(), place);
        Some(place)
    }

    fn name(&mut self, raw: &[u8]) -> u32 {
        if let Some(known) = self.names.get(raw) {
            return *known;
        }
        let place = u32::try_from(self.legend.names.len()).unwrap_or(UNKNOWN);
        let text = String::from_utf8_lossy(raw);
        let text = quick_xml::escape::unescape(&text).map_or_else(|_| text.clone(), Into::into);
        self.legend.names.push(Name { raw: raw.into(), text: text.as_ref().into() });
        self.names.insert(raw.into(), place);
        place
    }
}

/// `AVERAGE:vm:<uuid>:` and the name, which may hold colons itself.
fn split(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let third = memchr::memchr_iter(b':', entry).nth(2)?;
    Some(entry.split_at(third + 1))
}

fn understand(subject: &[u8]) -> Option<(Owner, Consolidation)> {
    let text = std::str::from_utf8(subject).ok()?;
    let mut parts = text.split(':');
    let consolidation = match parts.next()? {
        "AVERAGE" => Consolidation::Average,
        "MIN" => Consolidation::Min,
        "MAX" => Consolidation::Max,
        "LAST" => Consolidation::Last,
        _ => return None,
    };
    let (kind, uuid) = (parts.next()?, Uuid::try_parse(parts.next()?).ok()?);
    let owner = match kind {
        "host" => Owner::Host(uuid),
        "vm" => Owner::Vm(uuid),
        "sr" => Owner::Sr(uuid),
        _ => return None,
    };
    Some((owner, consolidation))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VM: &str = "54a17e93-a7f6-4c62-b8f9-9e81ad3ade1c";

    fn read(matching: &mut Matching, entries: &[&str]) -> Arc<Legend> {
        let last = matching.last.clone();
        matching.begin(last);
        entries.iter().for_each(|entry| matching.push(entry.as_bytes()));
        assert_eq!(matching.len(), entries.len());
        matching.finish()
    }

    fn names(legend: &Legend) -> Vec<String> {
        legend.columns().map(|(place, column)| format!("{place} {}", column.name)).collect()
    }

    #[test]
    fn the_same_text_gives_the_same_legend_and_another_a_new_one() {
        let entries: Vec<_> = ["cpu0", "cpu1", "a&amp;b"]
            .iter()
            .map(|name| format!("AVERAGE:vm:{VM}:{name}"))
            .collect();
        let entries: Vec<_> = entries.iter().map(String::as_str).collect();
        let mut matching = Matching::default();
        let first = read(&mut matching, &entries);
        assert_eq!(names(&first), ["0 cpu0", "1 cpu1", "2 a&b"]);
        assert!(Arc::ptr_eq(&first, &read(&mut matching, &entries)));
        let shorter = read(&mut matching, &entries[..2]);
        assert_eq!(names(&shorter), ["0 cpu0", "1 cpu1"]);
        let changed = read(&mut matching, &[entries[0], entries[2], entries[1]]);
        assert_eq!(names(&changed), ["0 cpu0", "1 a&b", "2 cpu1"]);
        assert!(read(&mut matching, &[]).is_empty());
    }

    #[test]
    fn an_entry_is_consolidation_owner_and_name() {
        let entries = [
            &format!("MAX:host:{VM}:sr_x:y"),
            &format!("AVERAGE:sr:{VM}:size"),
            "AVERAGE:vm:none:cpu0",
            "cpu0",
            &format!("AVERAGE:gpu:{VM}:x"),
            &format!("OTHER:vm:{VM}:x"),
        ];
        let uuid = Uuid::try_parse(VM).unwrap();
        let mut matching = Matching::default();
        let legend = read(&mut matching, &entries);
        let first = legend.column(0).unwrap();
        assert_eq!((first.owner, first.consolidation), (Owner::Host(uuid), Consolidation::Max));
        assert_eq!(&**first.name, "sr_x:y");
        assert_eq!(legend.column(1).unwrap().owner, Owner::Sr(uuid));
        assert!((2..7).all(|place| legend.column(place).is_none()));
        assert_eq!(legend.len(), 6, "a column that is not understood keeps its place");
        assert!(Arc::ptr_eq(&legend, &read(&mut matching, &entries)));
    }
}
