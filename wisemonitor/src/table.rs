//! The suite as one table for a person to read.

use std::fmt::Write as _;

use crate::control::Part;

/// One line a part under a line of headings, in columns.
pub(crate) fn of(parts: &[Part]) -> String {
    let headings = ["COMPONENT", "WHAT IT IS", "ADDRESS", "STATE"].map(String::from);
    let rows: Vec<[String; 4]> = std::iter::once(headings)
        .chain(parts.iter().map(|part| {
            let Part { name, purpose, address, state, pid } = part;
            let state = pid.map_or_else(|| state.clone(), |pid| format!("{state}, pid {pid}"));
            [name.clone(), purpose.clone(), address.clone(), state]
        }))
        .collect();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    rows.iter().fold(String::new(), |mut text, [name, purpose, address, state]| {
        let [first, second, third] = widths;
        let _ = writeln!(text, "{name:first$}  {purpose:second$}  {address:third$}  {state}");
        text
    })
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
