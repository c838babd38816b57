//! What an agent answers from: varbinds in order, encoded once.

use crate::message::varbind;

/// Varbinds in the order of their names.
pub(crate) struct Table(Vec<Entry>);

/// One varbind.
pub(crate) struct Entry {
    pub(crate) name: Box<[u32]>,
    /// The tag of its value.
    pub(crate) tag: u8,
    /// The whole varbind, encoded.
    pub(crate) bytes: Box<[u8]>,
}

impl Table {
    /// Puts names, tags and contents in order. Of two with the same name the first counts.
    pub(crate) fn new(values: impl IntoIterator<Item = (Vec<u32>, u8, Vec<u8>)>) -> Self {
        let mut entries: Vec<Entry> = values
            .into_iter()
            .map(|(name, tag, content)| Entry {
                bytes: varbind(&name, tag, &content).into_boxed_slice(),
                name: name.into_boxed_slice(),
                tag,
            })
            .collect();
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        entries.dedup_by(|later, first| later.name == first.name);
        Self(entries)
    }

    /// The varbind of this name.
    pub(crate) fn at(&self, name: &[u32]) -> Option<&Entry> {
        let place = self.0.binary_search_by(|entry| entry.name[..].cmp(name)).ok()?;
        self.0.get(place)
    }

    /// Those after this name, in order.
    pub(crate) fn after(&self, name: &[u32]) -> &[Entry] {
        &self.0[self.0.partition_point(|entry| entry.name[..] <= *name)..]
    }
}
