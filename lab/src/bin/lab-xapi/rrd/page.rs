//! An answer in XML, or in one of the three dialects of JSON that XAPI has spoken.

use std::fmt::Write as _;

use clap::ValueEnum;

use super::Rows;
use super::chart::{Chart, Part};
use crate::host::Span;

/// How XAPI has written JSON over the years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dialect {
    /// Keys without quotes and a bare NaN: no JSON at all
    A,
    /// The rows are inside of `meta`
    B,
    /// The rows are beside `meta`, and values are strings
    C,
}

/// Writes XML.
pub(super) fn xml(chart: &Chart, rows: Rows, gaps: &[Span], consolidation: Option<&str>) -> String {
    let legend: usize = chart.parts.iter().map(|part| part.legend.len()).sum();
    let columns = columns(chart);
    let size = legend + columns * rows.count() as usize * 20 + 512;
    let mut xml = String::with_capacity(size);
    let Rows { first, last, step } = rows;
    let _ = write!(
        xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xport><meta><start>{first}</start><step>{step}</step>\
         <end>{last}</end><rows>{}</rows><columns>{columns}</columns><legend>",
        rows.count()
    );
    for Part { legend, .. } in &chart.parts {
        match consolidation.filter(|name| *name != "AVERAGE") {
            None => xml.push_str(legend),
            Some(name) => xml.push_str(&legend.replace("AVERAGE:", &format!("{name}:"))),
        }
    }
    xml.push_str("</legend></meta><data>");
    for time in rows.times() {
        let _ = write!(xml, "<row><t>{time}</t>");
        for value in values(chart, time, gaps) {
            xml.push_str("<v>");
            write_number(&mut xml, value);
            xml.push_str("</v>");
        }
        xml.push_str("</row>");
    }
    xml.push_str("</data></xport>");
    xml
}

/// Writes JSON.
pub(super) fn json(
    chart: &Chart,
    rows: Rows,
    gaps: &[Span],
    consolidation: Option<&str>,
    dialect: Dialect,
) -> String {
    let quote = if dialect == Dialect::A { "" } else { "\"" };
    let key = |name: &str| format!("{quote}{name}{quote}:");
    let Rows { first, last, step } = rows;
    let mut json = format!("{{{}{{", key("meta"));
    for (name, number) in [
        ("start", first),
        ("step", step),
        ("end", last),
        ("rows", rows.count()),
        ("columns", columns(chart) as i64),
    ] {
        let _ = write!(json, "{}{number},", key(name));
    }
    let _ = write!(json, "{}[", key("legend"));
    let name = consolidation.unwrap_or("AVERAGE");
    let entries = chart.parts.iter().flat_map(|Part { subject, .. }| {
        let columns = subject.columns.iter();
        columns.map(|column| format!("\"{name}:{}{}\"", subject.prefix, column.name))
    });
    json.push_str(&entries.collect::<Vec<_>>().join(","));
    json.push_str(if dialect == Dialect::B { "]," } else { "]}," });
    let _ = write!(json, "{}[", key("data"));
    for (number, time) in rows.times().enumerate() {
        let _ = write!(json, "{}{{{}{time},{}[", comma(number), key("t"), key("values"));
        for (number, value) in values(chart, time, gaps).enumerate() {
            json.push_str(comma(number));
            match dialect {
                Dialect::A => write_number(&mut json, value),
                Dialect::B if value.is_nan() => json.push_str("\"NaN\""),
                Dialect::B => write_number(&mut json, value),
                Dialect::C => {
                    json.push('"');
                    write_number(&mut json, value);
                    json.push('"');
                }
            }
        }
        json.push_str("]}");
    }
    json.push_str(if dialect == Dialect::B { "]}}" } else { "]}" });
    json
}

fn comma(number: usize) -> &'static str {
    if number > 0 { "," } else { "" }
}

fn columns(chart: &Chart) -> usize {
    chart.parts.iter().map(|part| part.subject.columns.len()).sum()
}

fn values(chart: &Chart, time: i64, gaps: &[Span]) -> impl Iterator<Item = f64> {
    let time = time as f64;
    let gap = gaps.iter().any(|gap| gap.holds(time));
    chart.parts.iter().flat_map(move |Part { subject, busy, .. }| {
        let busy = busy.iter().any(|span| span.holds(time));
        let columns = subject.columns.iter();
        columns.map(move |column| if gap { f64::NAN } else { subject.value(column, time, busy) })
    })
}

/// Writes a number that is not below zero with four decimals, as XAPI does; zero has only one.
fn write_number(text: &mut String, number: f64) {
    if number.is_nan() {
        return text.push_str("NaN");
    }
    let mut rest = (number * 10_000.0).round() as u64;
    if rest == 0 {
        return text.push_str("0.0");
    }
    let mut digits = [b'0'; 26];
    let mut at = digits.len();
    while rest > 0 || at > digits.len() - 6 {
        at -= 1;
        if at == digits.len() - 5 {
            digits[at] = b'.';
        } else {
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }
    text.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_decimals() {
        let written = |number| {
            let mut text = String::new();
            write_number(&mut text, number);
            text
        };
        assert_eq!(written(0.0), "0.0");
        assert_eq!(written(0.00012), "0.0001");
        assert_eq!(written(0.97), "0.9700");
        assert_eq!(written(57.0), "57.0000");
        assert_eq!(written(1_191_182_336.0), "1191182336.0000");
        assert_eq!(written(12_345.678_94), "12345.6789");
        assert_eq!(written(f64::NAN), "NaN");
    }
}
