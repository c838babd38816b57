//! Tables for a person to read.

use crate::control::Part;

/// The suite: one line a part under a line of headings.
pub(crate) fn of(parts: &[Part]) -> String {
    let rows = parts.iter().map(|part| {
        let Part { name, purpose, address, state, pid } = part;
        let state = pid.map_or_else(|| state.clone(), |pid| format!("{state}, pid {pid}"));
        [name.clone(), purpose.clone(), address.clone(), state]
    });
    columns(["COMPONENT", "WHAT IT IS", "ADDRESS", "STATE"], rows)
}

/// Rows under a line of headings, each column as wide as its widest.
pub(crate) fn columns<const COLUMNS: usize>(
    headings: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> String {
    let rows: Vec<_> = std::iter::once(headings.map(String::from)).chain(rows).collect();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// What a device or a pool sends must not move the cursor.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest() {
        let part = |name: &str, state: &str, pid| Part {
            name: name.into(),
            purpose: "web".into(),
            address: "http://x".into(),
            state: state.into(),
            pid,
        };
        let text = of(&[part("longer", "ready", Some(7)), part("b", "broken", None)]);
        let expected = "\
COMPONENT  WHAT IT IS  ADDRESS   STATE
longer     web         http://x  ready, pid 7
b          web         http://x  broken
";
        assert_eq!(text, expected);
    }
}
