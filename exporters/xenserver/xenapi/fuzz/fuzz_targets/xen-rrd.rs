//! Any bytes, cut anywhere, give rows or an error, and the same ones as in one piece.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xenapi::rrd::{Binding, Parser, Totals};

/// Times and the bits of values, or the error.
fn read(parser: &mut Parser, pieces: &[&[u8]]) -> Result<Vec<(i64, Vec<u64>)>, String> {
    parser.begin();
    for piece in pieces {
        parser.push(piece).map_err(|error| error.to_string())?;
    }
    let update = parser.finish().map_err(|error| error.to_string())?;
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect();
    Ok(update.newest_first().map(|row| (row.time, bits(row.values))).collect())
}

fuzz_target!(|input: (u16, &[u8])| {
    let (cut, bytes) = input;
    let (left, right) = bytes.split_at(usize::from(cut) % (bytes.len() + 1));
    let mut parser = Parser::default();
    let whole = read(&mut parser, &[bytes]);
    assert_eq!(whole, read(&mut parser, &[left, right]), "the legend is known already");
    assert_eq!(whole, read(&mut Parser::default(), &[left, right]));
    if whole.is_ok() {
        let (mut totals, mut binding) = (Totals::default(), Binding::default());
        totals.add(&mut binding, parser.finish().expect("as before"), |_| true);
    }
});
