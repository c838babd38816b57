//! XenServer pools that are not there, with faults that can be set.
//!
//! Each host has an address of its own, all on one port, because redirections carry none. Pools are made up
//! (`--pools`, `--hosts`, `--vms`) or read from the database file of a real one (`--database`). The first lines of
//! output are `pool NAME`, `host POOL ADDRESS FINGERPRINT` for each of its hosts, the master first, and
//! `control ADDRESS`. What the control interface knows is in `control.rs`, and what can be wrong in `fault.rs`.
//!
//! Nothing here is shared with the programs under test.

mod alarm;
mod call;
mod clock;
mod console;
mod control;
mod database;
mod fault;
mod generate;
mod host;
mod http;
mod lab;
mod life;
mod pool;
mod rpc;
mod rrd;
mod schema;
mod serve;
mod session;
mod start;
mod tls;
mod value;

use clap::Parser as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    start::run(start::Command::parse()).await
}
