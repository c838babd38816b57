//! A made-up switch: the system group, ifTable and ifXTable (RFC 2863) with every column.

use crate::ber::{integer, object_identifier, unsigned};
use crate::table::Table;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const COUNTER32: u8 = 0x41;
const GAUGE32: u8 = 0x42;
const TIME_TICKS: u8 = 0x43;
const COUNTER64: u8 = 0x46;

/// The switch, with so many interfaces of 1 gigabit per second.
pub(crate) fn table(interfaces: u32) -> Table {
    let rows = (1..=interfaces).flat_map(|index| {
        row(index).map(move |(table, column, tag, content)| {
            let entry: &[u32] = match table {
                Columns::IfTable => &[1, 3, 6, 1, 2, 1, 2, 2, 1],
                Columns::IfXTable => &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1],
            };
            ([entry, &[column, index]].concat(), tag, content)
        })
    });
    Table::new(system(interfaces).into_iter().chain(rows))
}

fn system(interfaces: u32) -> Vec<(Vec<u32>, u8, Vec<u8>)> {
    let scalar = |group: u32, number: u32| vec![1, 3, 6, 1, 2, 1, group, number, 0];
    vec![
        (scalar(1, 1), OCTET_STRING, b"A switch of the laboratory".to_vec()),
        (scalar(1, 2), OBJECT_IDENTIFIER, object_identifier(&[1, 3, 6, 1, 4, 1, 8072, 3, 2, 255])),
        (scalar(1, 3), TIME_TICKS, unsigned(123_456_789)),
        (scalar(1, 4), OCTET_STRING, b"operators".to_vec()),
        (scalar(1, 5), OCTET_STRING, b"lab-switch".to_vec()),
        (scalar(1, 6), OCTET_STRING, b"rack 1".to_vec()),
        (scalar(1, 7), INTEGER, integer(2)),
        (scalar(2, 1), INTEGER, integer(i64::from(interfaces))),
    ]
}

enum Columns {
    IfTable,
    IfXTable,
}

/// The 22 columns of ifTable and the 19 of ifXTable. Numbers differ between interfaces, so that a mix-up shows.
fn row(index: u32) -> [(Columns, u32, u8, Vec<u8>); 41] {
    use Columns::{IfTable, IfXTable};
    let name = |prefix: &str| format!("{prefix}{}/{}", index / 48 + 1, index % 48 + 1).into_bytes();
    let [.., third, fourth] = index.to_be_bytes();
    let count =
        |seed: u32| unsigned(u64::from(index.wrapping_mul(2_654_435_761).rotate_left(seed)));
    let long = |seed: u64| unsigned(u64::from(index) * 1_000_003 * seed);
    let whole = |value: u32| unsigned(u64::from(value));
    [
        (IfTable, 1, INTEGER, whole(index)),
        (IfTable, 2, OCTET_STRING, name("GigabitEthernet")),
        (IfTable, 3, INTEGER, whole(6)),
        (IfTable, 4, INTEGER, whole(1500)),
        (IfTable, 5, GAUGE32, whole(1_000_000_000)),
        (IfTable, 6, OCTET_STRING, vec![0x02, 0, 0, 0, third, fourth]),
        (IfTable, 7, INTEGER, whole(1)),
        (IfTable, 8, INTEGER, whole(1 + index % 2)),
        (IfTable, 9, TIME_TICKS, whole(index * 100)),
        (IfTable, 10, COUNTER32, count(1)),
        (IfTable, 11, COUNTER32, count(2)),
        (IfTable, 12, COUNTER32, count(3)),
        (IfTable, 13, COUNTER32, whole(index % 7)),
        (IfTable, 14, COUNTER32, whole(index % 5)),
        (IfTable, 15, COUNTER32, whole(0)),
        (IfTable, 16, COUNTER32, count(4)),
        (IfTable, 17, COUNTER32, count(5)),
        (IfTable, 18, COUNTER32, count(6)),
        (IfTable, 19, COUNTER32, whole(index % 3)),
        (IfTable, 20, COUNTER32, whole(0)),
        (IfTable, 21, GAUGE32, whole(0)),
        (IfTable, 22, OBJECT_IDENTIFIER, object_identifier(&[0, 0])),
        (IfXTable, 1, OCTET_STRING, name("Gi")),
        (IfXTable, 2, COUNTER32, count(7)),
        (IfXTable, 3, COUNTER32, count(8)),
        (IfXTable, 4, COUNTER32, count(9)),
        (IfXTable, 5, COUNTER32, count(10)),
        (IfXTable, 6, COUNTER64, long(1_000_033)),
        (IfXTable, 7, COUNTER64, long(101)),
        (IfXTable, 8, COUNTER64, long(103)),
        (IfXTable, 9, COUNTER64, long(107)),
        (IfXTable, 10, COUNTER64, long(1_000_037)),
        (IfXTable, 11, COUNTER64, long(109)),
        (IfXTable, 12, COUNTER64, long(113)),
        (IfXTable, 13, COUNTER64, long(127)),
        (IfXTable, 14, INTEGER, whole(1)),
        (IfXTable, 15, GAUGE32, whole(1000)),
        (IfXTable, 16, INTEGER, whole(2)),
        (IfXTable, 17, INTEGER, whole(1)),
        (IfXTable, 18, OCTET_STRING, format!("socket {index}").into_bytes()),
        (IfXTable, 19, TIME_TICKS, whole(0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_every_column_of_every_interface() {
        let switch = table(358);
        let under = |prefix: &[u32]| {
            switch.after(prefix).iter().take_while(|entry| entry.name.starts_with(prefix)).count()
        };
        assert_eq!(under(&[1, 3, 6, 1, 2, 1, 2]), 358 * 22 + 1);
        assert_eq!(under(&[1, 3, 6, 1, 2, 1, 31, 1, 1]), 358 * 19);
    }
}
