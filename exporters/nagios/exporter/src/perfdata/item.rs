//! A text cut into items: label and fields, not yet understood.

use super::reading::{Prefix, Spaces};

/// What stands before and behind the `=`.
#[derive(Debug, PartialEq)]
pub(super) struct Item<'a> {
    /// Without quotes, never empty.
    pub(super) label: String,
    /// Value, unit and bounds, separated by semicolons.
    pub(super) fields: &'a str,
}

/// The items of a text; `None` for a piece that is none.
pub(super) struct Items<'a> {
    rest: &'a str,
    spaces: Spaces,
}

/// The checks that labels without a prefix belong to.
pub(super) struct Prefixes {
    prefix: Prefix,
    current: String,
}

impl<'a> Items<'a> {
    pub(super) fn new(text: &'a str, spaces: Spaces) -> Self {
        Items { rest: text, spaces }
    }

    /// Takes the label and its `=` off the front. `Err` holds what is behind a piece that has none.
    fn label(&self, text: &'a str) -> Result<(String, &'a str), &'a str> {
        if let Some(quoted) = text.strip_prefix('\'') {
            return quoted_label(quoted).ok_or("");
        }
        let (label, behind) = text.split_once('=').ok_or("")?;
        match self.spaces {
            // It reaches to the equals sign, but never over a quoted one.
            Spaces::InLabel => match label.find(" '") {
                Some(at) => Err(&text[at..]),
                None => Ok((label.trim_end().to_owned(), behind)),
            },
            Spaces::BetweenItems => match label.find(char::is_whitespace) {
                Some(at) => Err(&text[at..]),
                None => Ok((label.to_owned(), behind)),
            },
        }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Option<Item<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest.trim_start();
        if text.is_empty() {
            return None;
        }
        let (label, behind) = match self.label(text) {
            Ok(found) => found,
            Err(behind) => {
                self.rest = behind;
                return Some(None);
            }
        };
        let end = behind.find(char::is_whitespace).unwrap_or(behind.len());
        let (fields, behind) = behind.split_at(end);
        self.rest = behind;
        Some((!label.is_empty()).then_some(Item { label, fields }))
    }
}

impl Prefixes {
    pub(super) fn new(prefix: Prefix) -> Self {
        Prefixes { prefix, current: String::new() }
    }

    /// The whole label.
    pub(super) fn complete(&mut self, label: String) -> String {
        match (self.prefix, label.rfind("::")) {
            (Prefix::Own, _) => label,
            (Prefix::Carried, Some(at)) if at > 0 => {
                label[..at + 2].clone_into(&mut self.current);
                label
            }
            (Prefix::Carried, _) => format!("{}{label}", self.current),
        }
    }
}

/// The label up to the closing quote and what stands behind `'=`; two quotes stand for one.
fn quoted_label(text: &str) -> Option<(String, &str)> {
    let mut label = String::new();
    let mut rest = text;
    loop {
        let (part, behind) = rest.split_once('\'')?;
        label.push_str(part);
        match behind.strip_prefix('\'') {
            Some(behind) => {
                label.push('\'');
                rest = behind;
            }
            None => return Some((label, behind.trim_start().strip_prefix('=')?)),
        }
    }
}
