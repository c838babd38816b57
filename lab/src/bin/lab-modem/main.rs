//! A GSM modem with a SIM and a network behind it, over TCP, with faults that can be set.
//!
//! Speaks the AT commands of 3GPP TS 27.005 in PDU mode, as smsd of smstools uses them, to one program at a time. The
//! lines of output are `modem ADDRESS` and `control ADDRESS`. What the control interface knows is in `control.rs`.
//!
//! The bytes are made from 3GPP TS 23.040 and 23.038. Nothing here is shared with the programs under test.

mod alphabet;
mod control;
mod modem;
mod pdu;
mod serve;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use tokio::net::TcpListener;

use modem::Modem;

#[derive(Parser)]
#[command(about = "A GSM modem over TCP, with faults that can be set")]
struct Command {
    /// Address of the modem; port 0 picks a free one
    #[arg(long = "modem.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    address: SocketAddr,
    /// Address of the control interface
    #[arg(long = "web.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    control: SocketAddr,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Command { address, control } = Command::parse();
    let listen = async |address| {
        let listener = TcpListener::bind(address).await;
        listener.with_context(|| format!("cannot listen on {address}"))
    };
    let modem = Arc::new(Modem::default());
    let line = listen(address).await?;
    println!("modem {}", line.local_addr()?);
    tokio::spawn(serve::serve(Arc::clone(&modem), line));
    let listener = listen(control).await?;
    println!("control {}", listener.local_addr()?);
    axum::serve(listener, control::server(modem)).await.context("cannot serve")
}
