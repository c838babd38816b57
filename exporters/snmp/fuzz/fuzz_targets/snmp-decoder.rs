//! Bytes as an agent's message.

#![no_main]

#[path = "checks/decoder.rs"]
mod decoder;
#[path = "checks/page.rs"]
mod page;

libfuzzer_sys::fuzz_target!(|message: &[u8]| {
    decoder::check(message);
});
