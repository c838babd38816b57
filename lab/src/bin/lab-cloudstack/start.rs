//! The flags, and what is made of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Parser;
use tokio::net::TcpListener;

use crate::cloud::Size;
use crate::control;
use crate::fault::{Fault, Target};
use crate::generate;
use crate::lab::Lab;
use crate::life;
use crate::role;
use crate::serve;
use crate::throttle::Throttle;

#[derive(Parser)]
#[command(about = "A CloudStack that is not there, with faults that can be set")]
pub(crate) struct Command {
    /// Address of the API; port 0 picks a free one
    #[arg(long = "api.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:10280")]
    address: SocketAddr,
    /// Address of the control interface
    #[arg(long = "web.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// Number of zones
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    zones: usize,
    /// Number of hosts
    #[arg(long, value_name = "NUMBER", default_value_t = 12)]
    hosts: usize,
    /// Number of VMs
    #[arg(long, value_name = "NUMBER", default_value_t = 120)]
    vms: usize,
    /// Number of volumes
    #[arg(long, value_name = "NUMBER", default_value_t = 300)]
    volumes: usize,
    /// Where the dice begin
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Seconds between two things that happen: VMs start and stop, storage fills. 0 lets nothing happen
    #[arg(long = "life.every", value_name = "SECONDS", default_value_t = 0.0)]
    life: f64,
    /// Version that the server says it is
    #[arg(long = "api.version", value_name = "VERSION", default_value = "4.18.2.0")]
    version: String,
    /// Largest page, and the only one of who does not ask for pages
    #[arg(long = "api.page-size", value_name = "NUMBER", default_value_t = 500)]
    page_size: usize,
    /// How many calls a key has in an interval; 0 is without limit
    #[arg(long = "api.throttle-calls", value_name = "NUMBER", default_value_t = 0)]
    throttle_calls: u32,
    /// That interval, seconds
    #[arg(long = "api.throttle-interval", value_name = "SECONDS", default_value_t = 1.0)]
    throttle_interval: f64,
    /// Fault that is there from the start, any number of times
    #[arg(long = "fault", value_name = "NAME", value_parser = fault)]
    faults: Vec<Fault>,
}

/// Starts everything, says where it is, and serves for as long as the process lives.
pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    let Command { zones, hosts, vms, volumes, seed, page_size, .. } = command;
    ensure!(zones > 0 && hosts >= zones, "--hosts: {hosts}, expected one for each zone or more");
    ensure!(vms > 0 || volumes == 0, "--volumes: {volumes} of no VMs");
    ensure!(page_size > 0, "--api.page-size: expected 1 or more");
    let cloud = generate::cloud(Size { zones, hosts, vms, volumes }, seed, &command.version);
    let throttle = Throttle::new(command.throttle_calls, seconds(command.throttle_interval)?);
    let lab = Arc::new(Lab::new(cloud, role::users(), throttle, page_size, command.version));
    for fault in command.faults {
        lab.with(|cloud| lab.faults.begin(cloud, fault, Target::default()))
            .map_err(anyhow::Error::msg)?;
    }
    let (api, control) = (listen(command.address).await?, listen(command.control).await?);
    println!("cloud http://{}/client/api", api.local_addr()?);
    for user in &lab.users {
        println!("user {} {} {} {}", user.account, user.role, user.key, user.secret);
    }
    println!("control {}", control.local_addr()?);
    if command.life > 0.0 {
        let (lab, every) = (Arc::clone(&lab), seconds(command.life)?);
        tokio::spawn(async move { life::live(&lab, every).await });
    }
    tokio::try_join!(async { axum::serve(api, serve::server(Arc::clone(&lab))).await }, async {
        axum::serve(control, control::server(Arc::clone(&lab))).await
    },)
    .context("cannot serve")?;
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

fn seconds(number: f64) -> anyhow::Result<Duration> {
    Duration::try_from_secs_f64(number).with_context(|| format!("{number} seconds"))
}

fn fault(text: &str) -> Result<Fault, String> {
    serde_json::from_value(text.into()).map_err(|_| {
        let names: Vec<_> = Fault::ALL.iter().map(Fault::to_string).collect();
        format!("expected one of {}", names.join(", "))
    })
}
