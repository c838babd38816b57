//! A page of samples, written as text 0.0.4 exactly as Go's client library writes it.
//!
//! Promises: families by name, samples by their labels' values in the order of the labels' names. Two samples
//! with one name and one set of labels, or a family with two types or help texts, are a [`Flaw`]; whether that
//! fails the page or drops the later sample is for the caller to say.

mod number;
mod unicode;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use number::write as write_number;
pub use unicode::valid;

/// Samples on their way to a page. What it borrows is the configuration's.
#[derive(Debug, Default)]
pub struct Page<'m> {
    families: Vec<Family<'m>>,
    by_name: HashMap<Cow<'m, str>, usize>,
    flaws: Vec<Flaw>,
}

/// Samples of one name.
#[derive(Debug)]
struct Family<'m> {
    name: Cow<'m, str>,
    help: Help<'m>,
    kind: Kind,
    samples: Vec<Sample<'m>>,
}

/// A help text in two parts: the configured one, and what is said about how it was read.
pub type Help<'m> = (&'m str, &'static str);

/// What Prometheus is told a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only goes up.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// One value and its labels.
#[derive(Debug, Clone)]
pub struct Sample<'m> {
    /// Labels that it may share with others.
    pub labels: Arc<Labels<'m>>,
    /// One more label; few samples have one.
    pub extra: Option<Box<(&'m str, String)>>,
    /// The value.
    pub value: f64,
}

/// Labels by name, and their text.
#[derive(Debug, Default)]
pub struct Labels<'m> {
    pairs: Vec<(&'m str, String)>,
    text: String,
}

/// What is wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A sample came a second time.
    #[error("{0} came more than once, expected each name and labels once")]
    Duplicate(String),
    /// A name has two help texts.
    #[error("{0} has two help texts, expected one: two metrics of the configuration have its name")]
    Help(String),
    /// A name has two types.
    #[error(
        "{0} is counter and gauge, expected one of them: two metrics of the configuration have its name"
    )]
    Kind(String),
    /// A label has the metric's name, which the value needs.
    #[error("{0} has a label {0} already, expected none: its states or bits need it")]
    Label(String),
    /// Bits did not come as bytes.
    #[error("{0} is not an OCTET STRING, expected one: its type is Bits")]
    Bits(String),
    /// It could not be written.
    #[error("{0} could not be written")]
    Unwritten(String),
}

/// What happens to a sample that comes a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// It fails the page.
    Fail,
    /// It is dropped and counted.
    Drop,
}

/// A page that was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// How many duplicates were dropped.
    pub dropped: usize,
}

impl<'m> Labels<'m> {
    /// Labels in any order, each name once.
    #[must_use]
    pub fn new(mut pairs: Vec<(&'m str, String)>) -> Self {
        pairs.sort_unstable_by_key(|pair| pair.0);
        let mut text = String::new();
        for (index, (name, value)) in pairs.iter().enumerate() {
            write_label(&mut text, index == 0, name, value);
        }
        Labels { pairs, text }
    }

    /// Whether there is a label of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|pair| pair.0 == name)
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(plain)
    }
}

impl Sample<'_> {
    /// Names and values, by name.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let extra = self.extra.as_deref().map(plain);
        let at =
            extra.map_or(0, |(name, _)| self.labels.pairs.partition_point(|pair| pair.0 < name));
        let (before, after) = self.labels.pairs.split_at(at);
        before.iter().map(plain).chain(extra).chain(after.iter().map(plain))
    }
}

impl<'m> Page<'m> {
    /// Adds a sample to the family of its name.
    pub fn add(&mut self, name: Cow<'m, str>, help: Help<'m>, kind: Kind, sample: Sample<'m>) {
        let at = match self.by_name.get(&name) {
            Some(at) => *at,
            None => {
                self.families.push(Family { name: name.clone(), help, kind, samples: Vec::new() });
                self.by_name.insert(name, self.families.len() - 1);
                self.families.len() - 1
            }
        };
        let family = &mut self.families[at];
        if family.help != help {
            self.flaws.push(Flaw::Help(family.name.to_string()));
        } else if family.kind != kind {
            self.flaws.push(Flaw::Kind(family.name.to_string()));
        } else {
            family.samples.push(sample);
        }
    }

    /// Notes that something cannot be shown.
    pub fn flaw(&mut self, flaw: Flaw) {
        self.flaws.push(flaw);
    }

    /// Samples with their family's name, help and kind, as they were added.
    pub fn samples(&self) -> impl Iterator<Item = (&str, Help<'m>, Kind, &Sample<'m>)> {
        self.families.iter().flat_map(|family| {
            let of = move |sample| (&*family.name, family.help, family.kind, sample);
            family.samples.iter().map(of)
        })
    }

    /// How many samples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.families.iter().map(|family| family.samples.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.families.iter().all(|family| family.samples.is_empty())
    }

    /// Writes the page.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn write(self, duplicates: Duplicates) -> Result<Written, Vec<Flaw>> {
        let mut text = String::new();
        let dropped = self.write_to(duplicates, &mut text)?;
        Ok(Written { text, dropped })
    }

    /// Writes the page piece by piece, and tells how many duplicates were dropped.
    ///
    /// # Errors
    /// All that is wrong with it; what was written until then is of no use.
    pub fn write_to(
        mut self,
        duplicates: Duplicates,
        to: &mut impl fmt::Write,
    ) -> Result<usize, Vec<Flaw>> {
        let mut dropped = 0;
        self.families.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        for mut family in self.families {
            family.samples.sort_by(order);
            let name = &family.name;
            family.samples.dedup_by(|later, earlier| {
                let same = order(later, earlier).is_eq();
                if same && duplicates == Duplicates::Fail {
                    self.flaws.push(Flaw::Duplicate(series(name, later)));
                }
                dropped += usize::from(same);
                same
            });
            if self.flaws.is_empty() && family.write(to).is_err() {
                self.flaws.push(Flaw::Unwritten(family.name.into_owned()));
            }
        }
        match self.flaws.is_empty() {
            true => Ok(dropped),
            false => Err(self.flaws),
        }
    }
}

impl Family<'_> {
    fn write(&self, to: &mut impl fmt::Write) -> fmt::Result {
        let Family { name, help: (help, how), kind, samples } = self;
        if samples.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        text.extend(["# HELP ", name, " "]);
        escape(&mut text, help, false);
        text.extend([how, "\n# TYPE ", name]);
        text.push_str(match kind {
            Kind::Counter => " counter\n",
            Kind::Gauge => " gauge\n",
        });
        for sample in samples {
            write_series(&mut text, name, sample);
            text.push(' ');
            number::write(&mut text, sample.value);
            text.push('\n');
            to.write_str(&text)?;
            text.clear();
        }
        Ok(())
    }
}

fn plain<'a>((name, value): &'a (&'a str, String)) -> (&'a str, &'a str) {
    (name, value)
}

/// By the values of labels in the order of their names, fewer labels first.
fn order(a: &Sample<'_>, b: &Sample<'_>) -> Ordering {
    let count =
        |sample: &Sample<'_>| sample.labels.pairs.len() + usize::from(sample.extra.is_some());
    let values = || a.labels().map(|(_, value)| value).cmp(b.labels().map(|(_, value)| value));
    let names = || a.labels().map(|(name, _)| name).cmp(b.labels().map(|(name, _)| name));
    count(a).cmp(&count(b)).then_with(values).then_with(names)
}

fn series(name: &str, sample: &Sample<'_>) -> String {
    let mut text = String::new();
    write_series(&mut text, name, sample);
    text
}

fn write_series(text: &mut String, name: &str, sample: &Sample<'_>) {
    text.push_str(name);
    if sample.extra.is_none() && sample.labels.text.is_empty() {
        return;
    }
    text.push('{');
    match &sample.extra {
        None => text.push_str(&sample.labels.text),
        Some(_) => {
            for (index, (name, value)) in sample.labels().enumerate() {
                write_label(text, index == 0, name, value);
            }
        }
    }
    text.push('}');
}

fn write_label(text: &mut String, first: bool, name: &str, value: &str) {
    if !first {
        text.push(',');
    }
    text.extend([name, "=\""]);
    escape(text, value, true);
    text.push('"');
}

fn escape(text: &mut String, value: &str, quotes: bool) {
    let mut rest = value;
    while let Some(at) = rest.find(['\\', '\n', '"']) {
        let (plain, special) = rest.split_at(at);
        text.push_str(plain);
        text.push_str(match special.as_bytes()[0] {
            b'\\' => "\\\\",
            b'\n' => "\\n",
            _ if quotes => "\\\"",
            _ => "\"",
        });
        rest = &special[1..];
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests;
