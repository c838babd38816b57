//! Bytes as what an agent answered.

#![no_main]

#[path = "checks/collect.rs"]
mod collect;
#[path = "checks/page.rs"]
mod page;

libfuzzer_sys::fuzz_target!(|answers: &[u8]| {
    collect::check(answers);
});
