//! The objects of a pool, and what has changed of them since any moment.
//!
//! Every change takes the next generation. What was deleted is remembered for the last [`REMEMBERED`] deletions;
//! who asks from before that has lost events.

pub(crate) mod import;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::schema;
use crate::value::{Fields, Value};

/// How many deletions are remembered.
const REMEMBERED: usize = 10_000;

/// The reference of an object.
pub(crate) type Ref = Arc<str>;

/// All objects of a pool.
#[derive(Default)]
pub(crate) struct Database {
    tables: BTreeMap<&'static str, BTreeMap<Ref, Row>>,
    generation: u64,
    /// The last change of each object.
    changes: BTreeMap<u64, (&'static str, Ref)>,
    deletions: VecDeque<(u64, &'static str, Ref)>,
    /// Of what happened up to here, not everything is known any more.
    forgotten: u64,
}

struct Row {
    fields: Arc<Fields>,
    created: u64,
    changed: u64,
}

/// One thing that has happened.
pub(crate) struct Change<'a> {
    pub(crate) generation: u64,
    pub(crate) class: &'static str,
    pub(crate) reference: &'a Ref,
    pub(crate) what: What<'a>,
}

/// What has happened to an object.
pub(crate) enum What<'a> {
    Added(&'a Arc<Fields>),
    Modified(&'a Arc<Fields>),
    Deleted,
}

impl Database {
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn get(&self, class: &str, reference: &str) -> Option<&Arc<Fields>> {
        self.tables.get(class)?.get(reference).map(|row| &row.fields)
    }

    /// All objects of a class, in the order of their references.
    pub(crate) fn all(&self, class: &str) -> impl Iterator<Item = (&Ref, &Arc<Fields>)> {
        self.tables
            .get(class)
            .into_iter()
            .flatten()
            .map(|(reference, row)| (reference, &row.fields))
    }

    pub(crate) fn count(&self, class: &str) -> usize {
        self.tables.get(class).map_or(0, BTreeMap::len)
    }

    pub(crate) fn insert(&mut self, class: &'static str, reference: Ref, fields: Fields) {
        let generation = self.next();
        let row = Row { fields: Arc::new(fields), created: generation, changed: generation };
        if let Some(old) = self.tables.entry(class).or_default().insert(Ref::clone(&reference), row)
        {
            self.changes.remove(&old.changed);
        }
        self.changes.insert(generation, (class, reference));
    }

    /// Changes an object; false when there is none.
    pub(crate) fn modify(
        &mut self,
        class: &'static str,
        reference: &str,
        change: impl FnOnce(&mut Fields),
    ) -> bool {
        let generation = self.generation + 1;
        let row = self.tables.get_mut(class).and_then(|table| table.get_mut(reference));
        let Some(row) = row else { return false };
        change(Arc::make_mut(&mut row.fields));
        self.changes.remove(&row.changed);
        row.changed = generation;
        self.generation = generation;
        self.changes.insert(generation, (class, reference.into()));
        true
    }

    /// Sets a field of an object; false when there is none.
    pub(crate) fn set(
        &mut self,
        class: &'static str,
        reference: &str,
        field: &str,
        value: Value,
    ) -> bool {
        self.modify(class, reference, |fields| fields.set(field, value))
    }

    /// Removes an object; false when there is none.
    pub(crate) fn remove(&mut self, class: &'static str, reference: &str) -> bool {
        let row = self.tables.get_mut(class).and_then(|table| table.remove(reference));
        let Some(row) = row else { return false };
        self.changes.remove(&row.changed);
        let generation = self.next();
        self.deletions.push_back((generation, class, reference.into()));
        if self.deletions.len() > REMEMBERED
            && let Some((generation, ..)) = self.deletions.pop_front()
        {
            self.forgotten = generation;
        }
        true
    }

    /// Lets everybody lose the events up to now.
    pub(crate) fn forget(&mut self) {
        self.forgotten = self.next();
        self.deletions.clear();
    }

    /// What has changed after a generation, oldest first; `None` when that is no longer known. Generation 0 is
    /// before everything and always known.
    pub(crate) fn since(&self, generation: u64) -> Option<Vec<Change<'_>>> {
        if generation > 0 && generation < self.forgotten {
            return None;
        }
        let mut changes = Vec::new();
        for (&changed, (class, reference)) in self.changes.range(generation + 1..) {
            let Some(row) = self.tables.get(class).and_then(|table| table.get(reference)) else {
                continue;
            };
            let what = if row.created > generation {
                What::Added(&row.fields)
            } else {
                What::Modified(&row.fields)
            };
            changes.push(Change { generation: changed, class, reference, what });
        }
        let first = self.deletions.partition_point(|(deleted, ..)| *deleted <= generation);
        let deletions = if generation == 0 { self.deletions.len() } else { first };
        for (generation, class, reference) in self.deletions.range(deletions..) {
            let (generation, what) = (*generation, What::Deleted);
            changes.push(Change { generation, class, reference, what });
        }
        changes.sort_by_key(|change| change.generation);
        Some(changes)
    }

    /// How many objects each class has, by its name in small letters.
    pub(crate) fn counts(&self) -> Value {
        Value::Map(Arc::new(
            schema::classes()
                .map(|class| {
                    (class.to_ascii_lowercase().into(), Value::Int(self.count(class) as i64))
                })
                .collect(),
        ))
    }

    fn next(&mut self) -> u64 {
        self.generation += 1;
        self.generation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What has happened since, as letters and references.
    fn since(database: &Database, generation: u64) -> Option<Vec<String>> {
        let changes = database.since(generation)?;
        let letter = |what: &What<'_>| match what {
            What::Added(_) => '+',
            What::Modified(_) => '~',
            What::Deleted => '-',
        };
        Some(changes.iter().map(|c| format!("{}{}", letter(&c.what), c.reference)).collect())
    }

    #[test]
    fn changes_are_told_once_and_in_order() {
        let mut database = Database::default();
        database.insert("VM", "a".into(), schema::blank("VM"));
        database.insert("VM", "b".into(), schema::blank("VM"));
        let then = database.generation();
        assert_eq!(since(&database, 0).unwrap(), ["+a", "+b"]);
        database.set("VM", "a", "name_label", Value::text("x"));
        database.insert("VM", "c".into(), schema::blank("VM"));
        database.remove("VM", "b");
        database.set("VM", "a", "name_label", Value::text("y"));
        assert_eq!(since(&database, then).unwrap(), ["+c", "-b", "~a"]);
        assert_eq!(since(&database, 0).unwrap(), ["+c", "+a"]);
        assert_eq!(since(&database, database.generation()).unwrap(), [""; 0]);
        assert!(!database.set("VM", "b", "name_label", Value::text("z")));
    }

    #[test]
    fn what_is_forgotten_is_said() {
        let mut database = Database::default();
        database.insert("VM", "a".into(), schema::blank("VM"));
        let then = database.generation();
        database.forget();
        assert!(since(&database, then).is_none());
        assert!(since(&database, database.generation()).is_some());
        assert!(since(&database, 0).is_some());
    }
}
