//! What fuzzing begins with, and what it has found: each must pass its check.

#[path = "../../fuzz/fuzz_targets/checks/collect.rs"]
mod collect;
#[path = "../../fuzz/fuzz_targets/checks/decoder.rs"]
mod decoder;
#[path = "../../fuzz/fuzz_targets/checks/page.rs"]
mod page;

use std::path::Path;

/// Gives every seed of a part to its check; the samples that they become together.
fn replay(part: &str, check: fn(&[u8]) -> usize) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(part);
    let seeds = std::fs::read_dir(folder).unwrap().map(|seed| seed.unwrap().path());
    seeds.map(|seed| check(&std::fs::read(seed).unwrap())).sum()
}

#[test]
fn messages() {
    let samples = replay("snmp-decoder", decoder::check);
    assert!(samples > 10, "the seeds are messages: {samples}");
}

#[test]
fn answers() {
    let samples = replay("snmp-collect", collect::check);
    assert!(samples > 50, "the seeds are answers: {samples}");
}

#[test]
fn the_page_is_read_strictly() {
    let good = "# HELP a b\n# TYPE a gauge\na{x=\"\\\"\\\\\\n\",y=\"\"} NaN\na 1\n";
    assert_eq!(page::read(good), 2);
    for wrong in [
        "a 1\n",
        "# HELP a b\n# TYPE a gauge\na 1",
        "# HELP a b\n# TYPE a gauge\na 1\na 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"1\"y=\"2\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"\\t\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"\",x=\"\"} 1\n",
        "# HELP a b\n# TYPE b gauge\nb 1\n",
    ] {
        assert!(std::panic::catch_unwind(|| page::read(wrong)).is_err(), "{wrong}");
    }
}
