//! The settings of perfmon: XML, as `other_config:perfmon` holds it. Pure.
//!
//! Promises: a change touches the text of its own variable alone, down to the byte; what else stands there, also
//! what nobody here knows, stays.

use std::ops::Range;
use std::time::Duration;

use roxmltree::{Document, Node};

use super::measure::{Measure, Threshold};

/// What perfmon takes where no period is set.
const USUAL_PERIOD: Duration = Duration::from_secs(60);
/// What perfmon takes where no pause after an alarm is set.
const USUAL_REPEAT: Duration = Duration::from_secs(3600);
/// What perfmon takes where no priority is set: 1 is the most urgent, 5 is information.
const USUAL_PRIORITY: &str = "3";

/// Settings that cannot be read.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("other_config:perfmon is no XML: {0}")]
pub(super) struct Malformed(#[from] roxmltree::Error);

/// A variable that is watched.
#[derive(Debug, PartialEq)]
pub(super) struct Variable {
    /// Its name.
    pub(super) name: String,
    /// From where on it is an alarm; none where perfmon has one of its own.
    pub(super) level: Option<f64>,
    /// Which side of the level is the bad one.
    pub(super) sense: Sense,
    /// How long the level must be passed.
    pub(super) period: Duration,
    /// How long no other alarm follows one.
    pub(super) repeat: Duration,
}

/// Which side of a level is the bad one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// Above.
    High,
    /// Below.
    Low,
}

/// The variables of these settings, as they stand there.
///
/// # Errors
/// They are no XML.
pub(super) fn variables(settings: &str) -> Result<Vec<Variable>, Malformed> {
    if settings.trim().is_empty() {
        return Ok(Vec::new());
    }
    let document = Document::parse(settings)?;
    let read = |variable: Node<'_, '_>| {
        let seconds = |tag| text(variable, tag)?.trim().parse().ok().map(Duration::from_secs);
        Variable {
            name: text(variable, "name").unwrap_or_default().to_owned(),
            level: text(variable, "alarm_trigger_level").and_then(|text| text.trim().parse().ok()),
            sense: match text(variable, "alarm_trigger_sense") {
                None | Some("high") => Sense::High,
                Some(_) => Sense::Low,
            },
            period: seconds("alarm_trigger_period").unwrap_or(USUAL_PERIOD),
            repeat: seconds("alarm_auto_inhibit_period").unwrap_or(USUAL_REPEAT),
        }
    };
    Ok(all(&document).map(read).collect())
}

/// The settings with an alarm above this threshold; `repeat` none leaves the pause after an alarm as it is.
///
/// # Errors
/// They are no XML.
pub(super) fn set(
    settings: &str,
    measure: Measure,
    threshold: Threshold,
    repeat: Option<Duration>,
) -> Result<String, Malformed> {
    let settings = if settings.trim().is_empty() { "<config/>" } else { settings };
    let document = Document::parse(settings)?;
    let (level, period) = (threshold.level.to_string(), threshold.period.as_secs().to_string());
    let pause = repeat.unwrap_or(USUAL_REPEAT).as_secs().to_string();
    // What is only added where it is missing may be somebody's choice.
    let wanted = [
        ("alarm_trigger_level", &*level, true),
        ("alarm_trigger_sense", "high", true),
        ("alarm_trigger_period", &period, true),
        ("alarm_auto_inhibit_period", &pause, repeat.is_some()),
        ("alarm_priority", USUAL_PRIORITY, false),
        ("consolidation_fn", measure.consolidation(), false),
        ("rrd_regex", measure.sources(), false),
    ];
    let mut edits = Vec::new();
    for variable in named(&document, measure) {
        let mut missing = String::new();
        for (tag, value, is_ours) in wanted {
            match child(variable, tag) {
                None => missing.push_str(&element(tag, value)),
                Some(known) if is_ours => edits.push(replace(known, tag, value)),
                Some(_) => {}
            }
        }
        edits.push(append(settings, variable, &missing));
    }
    if edits.is_empty() {
        let all = wanted.map(|(tag, value, _)| element(tag, value)).concat();
        let name = element("name", measure.variable());
        let variable = format!("<variable>{name}{all}</variable>");
        edits.push(append(settings, document.root_element(), &variable));
    }
    Ok(edited(settings, edits))
}

/// The settings without an alarm of this measure; empty when nothing is left of them.
///
/// # Errors
/// They are no XML.
pub(super) fn clear(settings: &str, measure: Measure) -> Result<String, Malformed> {
    if settings.trim().is_empty() {
        return Ok(String::new());
    }
    let document = Document::parse(settings)?;
    let edits = named(&document, measure).map(|node| (node.range(), String::new())).collect();
    let left = edited(settings, edits);
    let is_blank = |node: Node<'_, '_>| node.text().is_some_and(|text| text.trim().is_empty());
    let is_empty = Document::parse(&left)?
        .root_element()
        .children()
        .all(|node| node.is_text() && is_blank(node));
    Ok(if is_empty { String::new() } else { left })
}

/// Perfmon looks for variables at any depth, and so does this.
fn all<'a, 'input>(document: &'a Document<'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    document.descendants().filter(|node| node.has_tag_name("variable"))
}

fn named<'a, 'input>(
    document: &'a Document<'input>,
    measure: Measure,
) -> impl Iterator<Item = Node<'a, 'input>> {
    all(document).filter(move |variable| text(*variable, "name") == Some(measure.variable()))
}

fn child<'a, 'input>(variable: Node<'a, 'input>, tag: &str) -> Option<Node<'a, 'input>> {
    variable.descendants().find(|node| node.has_tag_name(tag))
}

fn text<'a>(variable: Node<'a, '_>, tag: &str) -> Option<&'a str> {
    child(variable, tag)?.attribute("value")
}

/// No value here has a character that XML would want otherwise.
fn element(tag: &str, value: &str) -> String {
    format!("<{tag} value=\"{value}\"/>")
}

/// A range of the text, and what comes in its place.
type Edit = (Range<usize>, String);

fn replace(node: Node<'_, '_>, tag: &str, value: &str) -> Edit {
    match node.attribute_node("value") {
        Some(attribute) => (attribute.range_value(), value.to_owned()),
        None => (node.range(), element(tag, value)),
    }
}

/// Puts something at the end of an element.
fn append(settings: &str, node: Node<'_, '_>, content: &str) -> Edit {
    let range = node.range();
    let written = &settings[range.clone()];
    match written.strip_suffix("/>") {
        Some(begin) => {
            let name = begin[1..].split_whitespace().next().unwrap_or_default();
            (range.end - 2..range.end, format!(">{content}</{name}>"))
        }
        None => {
            let end = range.start + written.rfind("</").unwrap_or(written.len());
            (end..end, content.to_owned())
        }
    }
}

/// The edits must not overlap.
fn edited(settings: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut text = settings.to_owned();
    for (range, content) in edits.into_iter().rev() {
        text.replace_range(range, &content);
    }
    text
}

#[cfg(test)]
mod tests;
