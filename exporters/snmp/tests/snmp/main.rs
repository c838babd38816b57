//! snmp-exporter from outside.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod conformance;
mod context_engine;
mod dashboard;
mod device;
mod discover;
mod examples;
mod faults;
mod lab;
mod lookups;
mod program;
mod scrape;
mod seeds;
mod snmpd;
mod walks;
