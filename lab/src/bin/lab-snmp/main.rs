//! SNMP agents that answer from recordings, with faults that can be set.
//!
//! Speaks v1 and v2c over UDP and TCP. Each agent has an address of its own and answers from an `.snmprec` file
//! (the format of snmpsim) or from a made-up switch; many agents of one process share what they answer from. The
//! first lines of output are `agent ADDRESS`, one for each agent, and `control ADDRESS`. What the control interface
//! knows is in `control.rs`.
//!
//! The bytes are made from RFC 1157, RFC 3416 and X.690. Nothing here is shared with the programs under test.

mod agent;
mod answer;
mod ber;
mod control;
mod fault;
mod message;
mod recording;
mod serve;
mod switch;
mod table;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Parser;

use agent::Agent;
use fault::Fault;
use table::Table;

#[derive(Parser)]
#[command(about = "SNMP agents that answer from recordings, with faults that can be set")]
struct Command {
    /// Address of the first agent; port 0 picks a free one
    #[arg(long = "snmp.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:10161")]
    address: SocketAddr,
    /// Number of agents: the next ones listen on the next IPv4 addresses
    #[arg(long = "snmp.agents", value_name = "NUMBER", default_value_t = 1)]
    agents: u32,
    /// Address of the control interface
    #[arg(long = "web.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// Recording to answer from; of several, each agent takes the next. Without one it is a made-up switch
    #[arg(long = "snmp.recording", value_name = "FILE")]
    recordings: Vec<PathBuf>,
    /// Number of interfaces of the made-up switch; 358 make 14,680 varbinds of if_mib
    #[arg(long = "snmp.interfaces", value_name = "NUMBER", default_value_t = 358)]
    interfaces: u32,
    /// The only community to answer; without it any will do
    #[arg(long = "snmp.community", value_name = "NAME")]
    community: Option<String>,
    #[command(flatten)]
    fault: Fault,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Command { address, agents, control, recordings, interfaces, community, fault } =
        Command::parse();
    let tables = if recordings.is_empty() {
        vec![Arc::new(switch::table(interfaces))]
    } else {
        recordings
            .iter()
            .map(|path| recording::read(path).map(Arc::new))
            .collect::<Result<_, _>>()?
    };

    let mut started = Vec::new();
    for (number, table) in (0..agents).zip(tables.iter().cycle()) {
        let agent = Agent::new(Arc::<Table>::clone(table), community.clone(), fault.clone());
        let address = serve::start(&agent, next_address(address, number)?).await?;
        println!("agent {address}");
        started.push((address, agent));
    }

    let listener = tokio::net::TcpListener::bind(control)
        .await
        .with_context(|| format!("cannot listen on {control}"))?;
    println!("control {}", listener.local_addr()?);
    axum::serve(listener, control::server(started)).await.context("cannot serve")
}

/// The address that is `number` after the first one, on the same port.
fn next_address(first: SocketAddr, number: u32) -> anyhow::Result<SocketAddr> {
    match (first.ip(), number) {
        (_, 0) => Ok(first),
        (IpAddr::V4(address), _) => {
            let address =
                address.to_bits().checked_add(number).context("no IPv4 addresses are left")?;
            Ok((Ipv4Addr::from_bits(address), first.port()).into())
        }
        (IpAddr::V6(address), _) => {
            bail!("several agents need an IPv4 address to begin with, not {address}")
        }
    }
}
