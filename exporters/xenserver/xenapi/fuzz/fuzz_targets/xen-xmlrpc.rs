//! Any bytes give records, a refusal or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xenapi::Dialect;

fuzz_target!(|bytes: &[u8]| {
    for class in ["VM", "PBD", "message"] {
        drop(Dialect::Xml.read_records(class, bytes));
        drop(Dialect::Json.read_records(class, bytes));
    }
});
