//! The samples that one value becomes.

use std::sync::Arc;

use super::labels::{before, below};
use super::time::{date_and_time, ntp_timestamp, parsed};
use super::value::{number, text};
use super::{LargeCounters, Table};
use crate::config::{Extract, Metric, Type};
use crate::text::{Flaw, Help, Kind, Labels, Page, Sample};
use crate::varbind::Value;

/// Adds to the page what the value becomes; nothing when it is not what its type says.
pub fn add<'m>(
    metric: &'m Metric,
    index: &[u32],
    value: &Value,
    labels: Arc<Labels<'m>>,
    table: &Table<'_>,
    counters: LargeCounters,
    page: &mut Page<'m>,
) {
    let mut row = Row { metric, labels, page };
    let enumerated = || number(value, counters) as i64;
    match metric.kind {
        Type::Counter => row.number(Kind::Counter, number(value, counters)),
        Type::Gauge | Type::Float | Type::Double => {
            row.number(Kind::Gauge, number(value, counters));
        }
        Type::DateAndTime => row.time(octets(value).and_then(date_and_time)),
        Type::NtpTimeStamp => row.time(octets(value).and_then(ntp_timestamp)),
        Type::ParseDateAndTime => {
            let written = text(value, Some(Type::DisplayString), "");
            row.time(parsed(&written, &metric.datetime_pattern));
        }
        Type::EnumAsInfo => row.info(enumerated()),
        Type::EnumAsStateSet => row.states(enumerated()),
        Type::Bits => row.bits(value),
        kind => {
            let kind = match kind.is_combined() {
                true => meant(kind, metric, index, table, counters),
                false => kind,
            };
            let text = || text(value, Some(kind), &metric.display_hint);
            match metric.regex_extracts.is_empty() {
                true => row.text(text),
                false => row.extracts(&text()),
            }
        }
    }
}

/// What a combined type is; bytes when the column before does not say it, or nothing we know.
fn meant(
    kind: Type,
    metric: &Metric,
    index: &[u32],
    table: &Table<'_>,
    counters: LargeCounters,
) -> Type {
    let said = before(&metric.oid).and_then(|column| table.find(&below(&column, index)));
    said.and_then(|value| kind.combined(number(&value, counters) as i64))
        .unwrap_or(Type::OctetString)
}

fn octets(value: &Value) -> Option<&[u8]> {
    match value {
        Value::OctetString(bytes) => Some(bytes),
        _ => None,
    }
}

/// Where samples of one row of one metric go.
struct Row<'m, 'p> {
    metric: &'m Metric,
    labels: Arc<Labels<'m>>,
    page: &'p mut Page<'m>,
}

impl<'m> Row<'m, '_> {
    fn number(&mut self, kind: Kind, value: f64) {
        let value = self.scaled(value);
        self.add("", "", kind, None, value);
    }

    fn time(&mut self, seconds: Option<i64>) {
        if let Some(seconds) = seconds {
            self.number(Kind::Gauge, seconds as f64);
        }
    }

    /// The text is a label with the metric's name, unless an index has that name already.
    fn text(&mut self, text: impl Fn() -> String) {
        let extra = (!self.labels.has(self.name())).then(text);
        let value = self.scaled(1.0);
        self.add("", "", Kind::Gauge, extra, value);
    }

    /// The first expression of each suffix that matches, and whose result is a number, is the value.
    fn extracts(&mut self, text: &str) {
        for (suffix, extracts) in &self.metric.regex_extracts {
            if let Some(value) = extracts.iter().find_map(|extract| extracted(extract, text)) {
                let value = self.scaled(value);
                self.add(suffix, " (regex extracted)", Kind::Gauge, None, value);
            }
        }
    }

    /// The number's name is a label, unless an index has that name already.
    fn info(&mut self, number: i64) {
        if !self.labels.has(self.name()) {
            let state = self.state(number);
            self.add("_info", " (EnumAsInfo)", Kind::Gauge, Some(state), 1.0);
        }
    }

    fn states(&mut self, number: i64) {
        let state = self.state(number);
        self.state_is(state, " (EnumAsStateSet)", true);
        for (other, name) in &self.metric.enum_values {
            if *other != number {
                self.state_is(name.to_string(), " (EnumAsStateSet)", false);
            }
        }
    }

    /// The first bit is the most significant of the first byte.
    fn bits(&mut self, value: &Value) {
        let Some(bytes) = octets(value) else {
            return self.page.flaw(Flaw::Bits(self.name().to_owned()));
        };
        for (bit, name) in &self.metric.enum_values {
            let byte = usize::try_from(*bit).ok().and_then(|bit| bytes.get(bit / 8));
            let set = byte.is_some_and(|byte| byte & (128 >> (bit % 8)) != 0);
            self.state_is(name.to_string(), " (Bits)", set);
        }
    }

    fn state_is(&mut self, name: String, how: &'static str, is: bool) {
        match self.labels.has(self.name()) {
            true => self.page.flaw(Flaw::Label(self.name().to_owned())),
            false => self.add("", how, Kind::Gauge, Some(name), f64::from(u8::from(is))),
        }
    }

    fn state(&self, number: i64) -> String {
        let name = self.metric.enum_values.get(&number);
        name.map_or_else(|| number.to_string(), ToString::to_string)
    }

    fn name(&self) -> &'m str {
        self.metric.name.as_str()
    }

    fn scaled(&self, value: f64) -> f64 {
        let Metric { scale, offset, .. } = self.metric;
        let scaled = if *scale == 0.0 { value } else { value * scale };
        scaled + offset
    }

    fn add(
        &mut self,
        suffix: &str,
        how: &'static str,
        kind: Kind,
        extra: Option<String>,
        value: f64,
    ) {
        let name = self.name();
        let help: Help<'m> = (&self.metric.help, how);
        let extra = extra.map(|value| Box::new((name, value)));
        let sample = Sample { labels: Arc::clone(&self.labels), extra, value };
        match suffix {
            "" => self.page.add(name.into(), help, kind, sample),
            suffix => self.page.add(format!("{name}{suffix}").into(), help, kind, sample),
        }
    }
}

/// The number that an expression finds in a text.
fn extracted(extract: &Extract, text: &str) -> Option<f64> {
    let groups = extract.regex.regex().captures(text)?;
    let mut number = String::new();
    groups.expand(&extract.value, &mut number);
    let value: f64 = number.parse().ok()?;
    // A number too large is none to Go; infinity has to be said.
    (value.is_finite() || !number.contains(|c: char| c.is_ascii_digit())).then_some(value)
}
