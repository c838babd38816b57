//! RRDs: what a host measures every five seconds of itself and of the VMs that run on it.
//!
//! `GET /rrd_updates` answers XML with a legend of columns and rows of values, the newest row first. [`Parser`]
//! reads it while it comes; [`Feed`] asks a host again and again for what is new; [`Totals`] adds rates up to
//! counters, so that a scrape at any interval finds right ones.
//!
//! Of XAPI's dialects only this one is read: that of JSON exists in three forms, one of them not JSON.
//! Reading never trusts a length that an answer states, and refuses rows that do not fit the legend.

mod feed;
mod legend;
mod number;
mod parser;
mod totals;
mod update;

pub use feed::Feed;
pub use legend::{Column, Consolidation, Legend, Owner};
pub use parser::Parser;
pub use totals::{Binding, Total, Totals};
pub use update::{Limits, Row, RrdError, Update};
