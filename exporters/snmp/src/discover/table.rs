//! A device as tables for a person to read.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Discovery, Interface};

const HEADINGS: [&str; 8] = ["INDEX", "NAME", "ALIAS", "ADMIN", "OPER", "SPEED", "IN", "OUT"];

/// The interfaces, a line each, and a line of the modules that fit.
pub(super) fn of(discovery: &Discovery) -> String {
    let Discovery { target, auth, interfaces, modules } = discovery;
    let rows: Vec<_> =
        std::iter::once(HEADINGS.map(String::from)).chain(interfaces.iter().map(row)).collect();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..HEADINGS.len()).map(width).collect();
    let mut text = format!("{target}, asked with {auth}\n\n");
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    let modules = if modules.is_empty() { "none".to_owned() } else { modules.join(", ") };
    let _ = writeln!(text, "\nModules that fit: {modules}");
    text
}

fn row(interface: &Interface) -> [String; 8] {
    let Interface { index, name, description, alias, .. } = interface;
    let name = if name.is_empty() { description } else { name };
    [
        index.to_string(),
        printable(name),
        printable(alias),
        state(interface.admin_status),
        state(interface.oper_status),
        rate(interface.speed_bits_per_second.map(|speed| speed as f64)),
        rate(interface.in_bits_per_second),
        rate(interface.out_bits_per_second),
    ]
}

/// What a device sends must not move the cursor.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The state by its name in the RFC, as JSON has it.
fn state(state: Option<impl Serialize>) -> String {
    match state.map(serde_json::to_value) {
        Some(Ok(serde_json::Value::String(name))) => name,
        _ => "-".to_owned(),
    }
}

/// Bits per second with a prefix, such as `2.5 Gbit/s`.
fn rate(bits_per_second: Option<f64>) -> String {
    let Some(mut number) = bits_per_second else { return "-".to_owned() };
    let mut prefixes = ["", "k", "M", "G", "T"].iter();
    let mut prefix = prefixes.next();
    while number >= 999.95
        && let Some(next) = prefixes.next()
    {
        number /= 1000.0;
        prefix = Some(next);
    }
    let number = format!("{number:.1}");
    format!("{} {}bit/s", number.strip_suffix(".0").unwrap_or(&number), prefix.unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use super::super::{AdminStatus, OperStatus};
    use super::*;

    #[test]
    fn a_device_is_a_table_and_a_line() {
        let interface = Interface {
            index: 7,
            name: "Gi1/7".into(),
            description: "GigabitEthernet1/7".into(),
            alias: "up\x1b[2Jlink".into(),
            admin_status: Some(AdminStatus::Up),
            oper_status: Some(OperStatus::LowerLayerDown),
            speed_bits_per_second: Some(2_500_000_000),
            in_bits_per_second: Some(1234.0),
            out_bits_per_second: None,
        };
        let bare =
            Interface { index: 8, name: String::new(), alias: String::new(), ..interface.clone() };
        let discovery = Discovery {
            target: "switch".into(),
            auth: "public_v2".into(),
            interfaces: vec![interface, bare],
            modules: vec!["if_mib".into(), "system".into()],
        };
        let expected = "\
switch, asked with public_v2

INDEX  NAME                ALIAS       ADMIN  OPER            SPEED       IN          OUT
7      Gi1/7               up\u{fffd}[2Jlink  up     lowerLayerDown  2.5 Gbit/s  1.2 kbit/s  -
8      GigabitEthernet1/7              up     lowerLayerDown  2.5 Gbit/s  1.2 kbit/s  -

Modules that fit: if_mib, system
";
        assert_eq!(of(&discovery), expected);
    }

    #[test]
    fn a_rate_has_three_digits_or_so() {
        for (bits_per_second, expected) in
            [(0.0, "0 bit/s"), (999.96, "1 kbit/s"), (1e9, "1 Gbit/s"), (1e17, "100000 Tbit/s")]
        {
            assert_eq!(rate(Some(bits_per_second)), expected);
        }
    }
}
