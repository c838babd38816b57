//! Comparison with the peer: its answers for recorded devices, and its own test cases.
//!
//! The data is not ours and not in this repository. It is looked for in the folder that
//! `WISEMONITOR_REFERENCE_DATA` names, or beside the repository in `../shared/data`; without it these tests say
//! so and end.

mod cases;
mod goldens;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use snmp_exporter::config::Config;

/// The folder with the reference data.
fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("WISEMONITOR_REFERENCE_DATA").map_or(beside, PathBuf::from);
    let folder = folder.join("snmp");
    if !folder.exists() {
        println!("skipped: no reference data in {}", folder.display());
        return None;
    }
    Some(folder)
}

/// The text of a gzipped file.
fn gunzip(path: &Path) -> String {
    let mut text = String::new();
    let file =
        std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

/// One of the generated configurations, read as the program reads it.
fn config(data: &Path, name: &str) -> Config {
    crate::device::config(&gunzip(&data.join(name)))
}

#[test]
fn the_generated_configurations_are_read_and_shown() {
    let Some(data) = data() else { return };
    for (name, modules) in [("snmp-0.30.1.yml.gz", 50), ("snmp-head.yml.gz", 50)] {
        let config = config(&data, name);
        assert!(config.modules.len() >= modules, "{name}: {}", config.modules.len());
        let shown = config.shown().unwrap();
        let again = crate::device::config(&shown).shown().unwrap();
        assert!(!shown.contains("community: public"), "{name}");
        assert!(shown == again, "{name}: what is shown is not read as the same");
    }
}
