//! Interfaces: the rows of ifTable and ifXTable (RFC 2863).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use super::Device;
use crate::text::valid;
use crate::varbind::{Oid, Value, Varbind};

const IF_TABLE: [u32; 9] = [1, 3, 6, 1, 2, 1, 2, 2, 1];
const IF_X_TABLE: [u32; 10] = [1, 3, 6, 1, 2, 1, 31, 1, 1, 1];

/// An interface of a device.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interface {
    /// ifIndex.
    pub index: u32,
    /// ifName; empty where the device has none.
    pub name: String,
    /// ifDescr.
    pub description: String,
    /// ifAlias: what the operator calls it.
    pub alias: String,
    /// ifAdminStatus: what it is told to be.
    pub admin_status: Option<AdminStatus>,
    /// ifOperStatus: what it is.
    pub oper_status: Option<OperStatus>,
    /// From ifHighSpeed where it says something, else from ifSpeed; none where neither does.
    pub speed_bits_per_second: Option<u64>,
    /// Traffic that comes in; none where it is not counted, or the count began anew.
    pub in_bits_per_second: Option<f64>,
    /// Traffic that goes out, likewise.
    pub out_bits_per_second: Option<f64>,
}

/// ifAdminStatus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of RFC 2863")]
pub enum AdminStatus {
    Up,
    Down,
    Testing,
}

/// ifOperStatus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of RFC 2863")]
pub enum OperStatus {
    Up,
    Down,
    Testing,
    Unknown,
    Dormant,
    NotPresent,
    LowerLayerDown,
}

/// The columns that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Descr,
    Speed,
    AdminStatus,
    OperStatus,
    InOctets,
    OutOctets,
    Name,
    HcInOctets,
    HcOutOctets,
    HighSpeed,
    Alias,
}

const DESCRIBING: [Column; 7] = [
    Column::Descr,
    Column::Speed,
    Column::AdminStatus,
    Column::OperStatus,
    Column::Name,
    Column::HighSpeed,
    Column::Alias,
];
const COUNTING: [Column; 4] =
    [Column::InOctets, Column::OutOctets, Column::HcInOctets, Column::HcOutOctets];

/// The interfaces of a device, by number, and their traffic between two reads that lie `interval` apart.
///
/// # Errors
/// When the device does not answer.
pub(super) async fn read(device: &Device, interval: Duration) -> anyhow::Result<Vec<Interface>> {
    let rows = Rows::read(device, &DESCRIBING).await?;
    let start = Instant::now();
    let before = Rows::read(device, &COUNTING).await?;
    // A walk of many interfaces may take longer than the interval: then the next one begins at once.
    sleep_until(start + interval).await;
    let elapsed = start.elapsed();
    let after = Rows::read(device, &COUNTING).await?;
    let rate = |index, columns: [Column; 2]| {
        let rate =
            |column| between(before.value(index, column)?, after.value(index, column)?, elapsed);
        columns.into_iter().find_map(rate)
    };
    Ok(rows
        .0
        .keys()
        .map(|&index| Interface {
            in_bits_per_second: rate(index, [Column::HcInOctets, Column::InOctets]),
            out_bits_per_second: rate(index, [Column::HcOutOctets, Column::OutOctets]),
            ..rows.interface(index)
        })
        .collect())
}

/// Values by number of the interface and column.
struct Rows(BTreeMap<u32, BTreeMap<Column, Value>>);

impl Rows {
    async fn read(device: &Device, columns: &[Column]) -> anyhow::Result<Self> {
        let roots: Vec<Oid> = columns.iter().map(|column| column.oid()).collect();
        Ok(Rows::of(columns, device.walk(&roots).await?))
    }

    fn of(columns: &[Column], varbinds: Vec<Varbind>) -> Self {
        let mut rows: BTreeMap<u32, BTreeMap<Column, Value>> = BTreeMap::new();
        for Varbind { oid, value } in varbinds {
            // A column's name and the number of the row.
            let Some((&index, name)) = oid.0.split_last() else { continue };
            if let Some(column) = columns.iter().find(|column| column.oid().0 == name) {
                rows.entry(index).or_default().insert(*column, value);
            }
        }
        Rows(rows)
    }

    fn value(&self, index: u32, column: Column) -> Option<&Value> {
        self.0.get(&index)?.get(&column)
    }

    /// All but the traffic.
    fn interface(&self, index: u32) -> Interface {
        let text = |column| match self.value(index, column) {
            Some(Value::OctetString(bytes)) => valid(bytes),
            _ => String::new(),
        };
        let number =
            |column| self.value(index, column).and_then(whole).filter(|number| *number > 0);
        let high = number(Column::HighSpeed).map(|megabits| megabits * 1_000_000);
        Interface {
            index,
            name: text(Column::Name),
            description: text(Column::Descr),
            alias: text(Column::Alias),
            admin_status: number(Column::AdminStatus).and_then(AdminStatus::of),
            oper_status: number(Column::OperStatus).and_then(OperStatus::of),
            speed_bits_per_second: high.or_else(|| number(Column::Speed)),
            in_bits_per_second: None,
            out_bits_per_second: None,
        }
    }
}

impl Column {
    fn oid(self) -> Oid {
        let (table, column): (&[u32], u32) = match self {
            Column::Descr => (&IF_TABLE, 2),
            Column::Speed => (&IF_TABLE, 5),
            Column::AdminStatus => (&IF_TABLE, 7),
            Column::OperStatus => (&IF_TABLE, 8),
            Column::InOctets => (&IF_TABLE, 10),
            Column::OutOctets => (&IF_TABLE, 16),
            Column::Name => (&IF_X_TABLE, 1),
            Column::HcInOctets => (&IF_X_TABLE, 6),
            Column::HcOutOctets => (&IF_X_TABLE, 10),
            Column::HighSpeed => (&IF_X_TABLE, 15),
            Column::Alias => (&IF_X_TABLE, 18),
        };
        Oid([table, &[column]].concat())
    }
}

impl AdminStatus {
    fn of(number: u64) -> Option<Self> {
        [Self::Up, Self::Down, Self::Testing]
            .get(usize::try_from(number).ok()?.checked_sub(1)?)
            .copied()
    }
}

impl OperStatus {
    fn of(number: u64) -> Option<Self> {
        let all = [
            Self::Up,
            Self::Down,
            Self::Testing,
            Self::Unknown,
            Self::Dormant,
            Self::NotPresent,
            Self::LowerLayerDown,
        ];
        all.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }
}

/// Bits per second between two counts of octets. A 32-bit counter begins again at 2^32; a 64-bit one that goes
/// back was set back.
fn between(before: &Value, after: &Value, elapsed: Duration) -> Option<f64> {
    let octets = match (before, after) {
        (Value::Counter32(before), Value::Counter32(after)) => {
            u64::from(after.wrapping_sub(*before))
        }
        (Value::Counter64(before), Value::Counter64(after)) => after.checked_sub(*before)?,
        _ => return None,
    };
    Some(octets as f64 * 8.0 / elapsed.as_secs_f64())
}

fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        Value::Gauge32(number) => Some(u64::from(*number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn cell(column: Column, index: u32, value: Value) -> Varbind {
        Varbind { oid: Oid([&column.oid().0[..], &[index]].concat()), value }
    }

    #[test]
    fn the_high_speed_stands_where_it_says_something() {
        let cells = vec![
            cell(Column::Speed, 1, Value::Gauge32(u32::MAX)),
            cell(Column::HighSpeed, 1, Value::Gauge32(10_000)),
            cell(Column::Speed, 2, Value::Gauge32(64_000)),
            cell(Column::HighSpeed, 2, Value::Gauge32(0)),
            cell(Column::Speed, 3, Value::Gauge32(0)),
        ];
        let rows = Rows::of(&DESCRIBING, cells);
        let speeds: Vec<_> =
            (1..=3).map(|index| rows.interface(index).speed_bits_per_second).collect();
        assert_eq!(speeds, [Some(10_000_000_000), Some(64_000), None]);
    }

    #[test]
    fn states_are_those_of_the_rfc_and_nothing_else() {
        let cells = vec![
            cell(Column::AdminStatus, 7, Value::Integer(1)),
            cell(Column::OperStatus, 7, Value::Integer(7)),
            cell(Column::Name, 7, Value::OctetString(Bytes::from_static(b"Gi1/7"))),
            cell(Column::AdminStatus, 8, Value::Integer(4)),
            cell(Column::OperStatus, 8, Value::Integer(-1)),
        ];
        let rows = Rows::of(&DESCRIBING, cells);
        let row = rows.interface(7);
        assert_eq!(
            (row.admin_status, row.oper_status),
            (Some(AdminStatus::Up), Some(OperStatus::LowerLayerDown))
        );
        assert_eq!(row.name, "Gi1/7");
        let row = rows.interface(8);
        assert_eq!((row.admin_status, row.oper_status, row.name.as_str()), (None, None, ""));
        assert_eq!(
            serde_json::to_string(&OperStatus::LowerLayerDown).unwrap(),
            "\"lowerLayerDown\""
        );
    }

    #[test]
    fn traffic_is_the_difference_by_the_time() {
        let two = Duration::from_secs(2);
        let rate = |before, after| between(&before, &after, two);
        assert_eq!(rate(Value::Counter64(1000), Value::Counter64(2000)), Some(4000.0));
        assert_eq!(rate(Value::Counter32(u32::MAX), Value::Counter32(249)), Some(1000.0));
        assert_eq!(rate(Value::Counter64(1000), Value::Counter64(0)), None, "was set back");
        assert_eq!(rate(Value::Counter32(0), Value::Counter64(0)), None);
    }
}
