//! A CloudStack that is not there, with faults that can be set.
//!
//! It answers the calls that `schema.txt` has as a management server does: it checks signatures and rights, gives
//! out pages, limits calls, and runs jobs. The cloud is made up from a seed, in any size, and lives if it is told
//! to. The first lines of output are `cloud URL`, `user ACCOUNT ROLE KEY SECRET` for each of its users, and
//! `control ADDRESS`. What the control interface knows is in `control.rs`, and what can be wrong in `fault.rs`.
//!
//! Nothing here is shared with the programs under test.

mod answer;
mod clock;
mod cloud;
mod control;
mod fault;
mod generate;
mod lab;
mod life;
mod record;
mod role;
mod schema;
mod serve;
mod signature;
mod start;
mod throttle;

use clap::Parser as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    start::run(start::Command::parse()).await
}
