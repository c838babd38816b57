//! How long it takes to read the RRDs of 5,000 VMs, in one answer of 200,000 columns.
//!
//! Prints the best of several runs, `name value`: `xen_rrd_parse_ms` with a legend that is new, and
//! `xen_rrd_parse_unchanged_ms` with the same legend as last time, as nearly all answers have it. The answer
//! comes in pieces of 16 KiB, as TLS brings it.

use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

use xenapi::{Uuid, rrd::Parser};

const VMS: u128 = 5_000;
const COLUMNS: usize = 40;
const RUNS: usize = 15;
const PIECE: usize = 16 << 10;

fn main() {
    let answer = answer();
    let read = |parser: &mut Parser| {
        let began = Instant::now();
        parser.begin();
        for piece in answer.as_bytes().chunks(PIECE) {
            parser.push(piece).expect("an answer");
        }
        let update = parser.finish().expect("a whole answer");
        assert_eq!((update.rows(), update.legend.len()), (1, COLUMNS * 5_000));
        black_box(update);
        began.elapsed()
    };
    let new = best(|| read(&mut Parser::default()));
    let mut parser = Parser::default();
    read(&mut parser);
    let unchanged = best(|| read(&mut parser));
    println!("xen_rrd_answer_mb {:.1}", answer.len() as f64 / 1e6);
    println!("xen_rrd_parse_ms {:.1}", new.as_secs_f64() * 1e3);
    println!("xen_rrd_parse_unchanged_ms {:.1}", unchanged.as_secs_f64() * 1e3);
}

fn best(mut run: impl FnMut() -> Duration) -> Duration {
    (0..RUNS).map(|_| run()).min().unwrap_or_default()
}

/// What a host with 5,000 VMs would answer: names as XAPI has them, and one row.
fn answer() -> String {
    let names: Vec<String> = (0..COLUMNS)
        .map(|column| match column % 8 {
            0 => format!("cpu{}", column / 8),
            1 => format!("vbd_xvd{}_read", char::from(b'a' + (column / 8) as u8)),
            2 => format!("vbd_xvd{}_write_latency", char::from(b'a' + (column / 8) as u8)),
            3 => format!("vif_{}_rx", column / 8),
            4 => format!("vif_{}_tx", column / 8),
            5 => format!("memory_internal_free_{}", column / 8),
            6 => format!("vbd_xvd{}_iops_read", char::from(b'a' + (column / 8) as u8)),
            _ => format!("io_throughput_total_xvd{}", char::from(b'a' + (column / 8) as u8)),
        })
        .collect();
    let mut legend = String::new();
    let mut values = String::new();
    for vm in 0..VMS {
        // A spread of the bits, so that no two UUIDs begin alike.
        let uuid = Uuid::from_u128(vm.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        for (column, name) in names.iter().enumerate() {
            let _ = write!(legend, "<entry>AVERAGE:vm:{uuid}:{name}</entry>");
            let value = (vm as f64 * 7919.0 + column as f64 * 104_729.0) % 1e7;
            let _ = match column % 4 {
                0 => write!(values, "<v>{:.4}</v>", value / 1e7),
                1 => write!(values, "<v>0.0</v>"),
                2 => write!(values, "<v>{value:.4}</v>"),
                _ => write!(values, "<v>{:.4}</v>", value * 1e3),
            };
        }
    }
    format!(
        "<?xml version=\"1.0\"?><xport><meta><start>1700000000</start><step>5</step>\
         <end>1700000000</end><rows>1</rows><columns>200000</columns><legend>{legend}</legend></meta>\
         <data><row><t>1700000000</t>{values}</row></data></xport>"
    )
}
