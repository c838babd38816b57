//! The Nagios event broker module: tells nagios-exporter, over a Unix socket, what Nagios knows and what
//! happens in it. `broker_module=/path/libnagios_neb.so socket=/run/nagios-exporter/neb.sock`
//!
//! Promises: Nagios is never delayed, never crashed and never made to allocate without bound by it, whether
//! or not anybody listens. Refuses to know what the events are for: no metrics, no alerts, no perfdata.
//!
//! The way of an event, and the map of the modules:
//! - On Nagios' main thread: [`abi`] (entry points, all `unsafe`) reads the record, [`module`] follows
//!   Nagios' life, [`report`] numbers the event and writes it into the [`ring`]; at the start of Nagios' loop
//!   [`inventory`] copies all objects, handed over through [`shared`].
//! - On the module's own thread: [`drain`] empties the ring into the [`mirror`] (the newest state of
//!   everything) and the [`queue`] (events not yet acknowledged, the oldest of them in the [`spill`] on disk
//!   when memory is short), and speaks over the [`link`].
//!
//! Deliberately absent: any read of Nagios' memory from the thread, any lock or system call in the callback
//! of an event, any file but the spill's.

#![deny(unsafe_code)]

#[expect(unsafe_code, reason = "Nagios is C")]
mod abi;
mod arguments;
mod drain;
mod inventory;
mod link;
mod mirror;
mod module;
mod queue;
mod report;
mod ring;
mod shared;
mod spill;
mod states;
