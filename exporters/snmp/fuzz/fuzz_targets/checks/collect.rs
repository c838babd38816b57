//! Answers of any name and type become a page that Prometheus can read, under a configuration that has every type,
//! lookup and override there is, and the built-in one.
//!
//! The bytes: one chooses the module. Then answer after answer: one byte chooses a column that the module knows,
//! one says how many numbers follow it, each a byte or 255 and four; one chooses the type of the value, one says
//! how many bytes it has, which follow.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use snmp_exporter::config::{Config, File, Lookup, Module};
use snmp_exporter::varbind::{Oid, Value, Varbind};

use super::page;

/// Makes a page of the answers that the bytes stand for, and counts its samples.
pub(crate) fn check(bytes: &[u8]) -> usize {
    let mut bytes = Input(bytes);
    let modules = modules();
    let Some(choice) = bytes.byte() else { return 0 };
    let (module, columns) = &modules[usize::from(choice) % modules.len()];
    let answers: Vec<Varbind> = std::iter::from_fn(|| answer(&mut bytes, columns)).collect();
    page::check(module, &answers)
}

fn answer(bytes: &mut Input<'_>, columns: &[Oid]) -> Option<Varbind> {
    let mut oid = columns[usize::from(bytes.byte()?) % columns.len()].clone();
    for _ in 0..bytes.byte()? % 130 {
        oid.0.push(match bytes.byte()? {
            255 => u32::from_be_bytes(bytes.number()?),
            number => u32::from(number),
        });
    }
    Some(Varbind { oid, value: value(bytes)? })
}

fn value(bytes: &mut Input<'_>) -> Option<Value> {
    let kind = bytes.byte()?;
    let length = bytes.byte()?;
    let content = bytes.take(usize::from(length))?;
    let mut number = [0; 8];
    let end = content.len().min(8);
    number[..end].copy_from_slice(&content[..end]);
    let wide = u64::from_be_bytes(number);
    let narrow = (wide >> 32) as u32;
    Some(match kind % 16 {
        0 => Value::Integer(narrow as i32),
        1 => Value::ObjectIdentifier(Oid(content.iter().copied().map(u32::from).collect())),
        2 => Value::IpAddress(narrow.to_be_bytes()),
        3 => Value::Counter32(narrow),
        4 => Value::Gauge32(narrow),
        5 => Value::TimeTicks(narrow),
        6 => Value::Counter64(wide),
        7 => Value::Float(f32::from_bits(narrow)),
        8 => Value::Double(f64::from_bits(wide)),
        9 => Value::Opaque(Bytes::copy_from_slice(content)),
        10 => Value::Null,
        11 => Value::NoSuchObject,
        12 => Value::NoSuchInstance,
        13 => Value::EndOfMibView,
        _ => Value::OctetString(Bytes::copy_from_slice(content)),
    })
}

/// Modules, and the columns that each knows of.
fn modules() -> &'static [(Arc<Module>, Vec<Oid>)] {
    static MODULES: OnceLock<Vec<(Arc<Module>, Vec<Oid>)>> = OnceLock::new();
    MODULES.get_or_init(|| {
        let texts = [include_str!("../../every-type.yml"), include_str!("../../../snmp.yml")];
        let files = texts.map(|text| serde_saphyr::from_str::<File>(text).unwrap());
        let config = Config::joined(files, None).unwrap();
        let known = |module: Arc<Module>| (Arc::clone(&module), columns(&module));
        config.modules.into_values().map(known).collect()
    })
}

fn columns(module: &Module) -> Vec<Oid> {
    let mut columns = Vec::new();
    for metric in &module.metrics {
        columns.push(metric.oid.clone());
        for lookup in &metric.lookups {
            if let Lookup::Find { oid, .. } = lookup {
                columns.push(oid.clone());
            }
        }
    }
    // What stands before a column may say what type the column has.
    let before = |oid: &Oid| {
        let (last, parents) = oid.0.split_last()?;
        Some(Oid([parents, &[last.checked_sub(1)?]].concat()))
    };
    columns.extend(columns.iter().filter_map(before).collect::<Vec<_>>());
    columns.sort();
    columns.dedup();
    columns
}

/// Bytes that are taken one after the other.
struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn number(&mut self) -> Option<[u8; 4]> {
        self.take(4)?.try_into().ok()
    }
}
