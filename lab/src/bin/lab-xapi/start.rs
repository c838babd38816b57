//! The flags, and what is made of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use tokio::net::TcpListener;

use crate::control;
use crate::database::{Ref, import};
use crate::fault::Fault;
use crate::fault::apply::{self, Target};
use crate::generate;
use crate::host::Host;
use crate::lab::Lab;
use crate::life;
use crate::pool::{Pool, Settings, State};
use crate::rrd::Dialect;
use crate::serve;
use crate::tls::{Authority, Certificate, Validity};
use lab::dice::Dice;

/// How often a port that the system chose is tried on all addresses.
const TRIES: usize = 100;

#[derive(Parser)]
#[command(about = "XenServer pools that are not there, with faults that can be set")]
pub(crate) struct Command {
    /// Address of the first host; port 0 picks a free one. The next hosts have the next IPv4 addresses
    #[arg(
        long = "xapi.listen-address",
        value_name = "ADDRESS",
        default_value = "127.64.0.1:10443"
    )]
    address: SocketAddr,
    /// Address of the control interface
    #[arg(long = "web.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// Number of pools to make up: lab-pool-1, lab-pool-2..; 1 if there is no database
    #[arg(long, value_name = "NUMBER")]
    pools: Option<usize>,
    /// Number of hosts of each such pool
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    hosts: usize,
    /// Number of VMs of each such pool
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    vms: usize,
    /// Where the dice of the pools begin
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Database file of a real pool to serve, any number of times; its name is that of the file
    #[arg(long = "database", value_name = "FILE")]
    databases: Vec<PathBuf>,
    /// Seconds between two things that happen to VMs: starts, stops, moves, crashes. 0 lets nothing happen
    #[arg(long = "life.every", value_name = "SECONDS", default_value_t = 0.0)]
    life: f64,
    /// Directory for ca.pem, its key, and the certificate of each host; without one they are nowhere but on the wire
    #[arg(long = "tls.directory", value_name = "DIRECTORY")]
    certificates: Option<PathBuf>,
    /// User that may log in
    #[arg(long = "xapi.user", value_name = "NAME", default_value = "root")]
    user: String,
    /// Password of that user
    #[arg(long = "xapi.password", value_name = "PASSWORD", default_value = "lab")]
    password: String,
    /// Seconds that a wrong password takes
    #[arg(long = "xapi.wrong-password-delay", value_name = "SECONDS", default_value_t = 5.0)]
    wrong_password_delay: f64,
    /// How measurements are written in JSON
    #[arg(long = "rrd.json", value_name = "DIALECT", default_value = "c")]
    rrd_json: Dialect,
    /// VNC server behind the consoles of all VMs, or of the one that is named; any number of times
    #[arg(long = "console.vnc", value_name = "[VM=]ADDRESS", value_parser = vnc)]
    vnc: Vec<(Option<String>, SocketAddr)>,
    /// How many consoles a host opens at a time
    #[arg(long = "console.limit", value_name = "NUMBER", default_value_t = 64)]
    console_limit: usize,
    /// Fault that is there from the start, any number of times
    #[arg(long = "fault", value_name = "NAME", value_parser = fault)]
    faults: Vec<Fault>,
}

/// Starts everything, says where it is, and serves for as long as the process lives.
pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    let states = states(&command)?;
    let settings = Arc::new(Settings {
        user: command.user,
        password: command.password,
        wrong_password_delay: seconds(command.wrong_password_delay)?,
        rrd_json: command.rrd_json,
        vnc: command.vnc,
        console_limit: command.console_limit,
    });
    let number = states.iter().map(|(_, state)| state.database.count("host")).sum();
    let mut listeners = listen(command.address, number).await?.into_iter();
    let authority = Authority::of(command.certificates.as_deref())?;
    let mut pools = Vec::new();
    for (name, state) in states {
        let mut hosts = Vec::new();
        for (reference, listener) in in_order(&state).into_iter().zip(&mut listeners) {
            let host = host(&authority, reference, &listener, command.certificates.as_deref())?;
            hosts.push((host, listener));
        }
        let all = hosts.iter().map(|(host, _)| Arc::clone(host)).collect();
        let pool = Pool::new(name, all, state, Arc::clone(&settings));
        println!("pool {}", pool.name);
        for (host, listener) in hosts {
            let fingerprint = &host.certificate.shown().fingerprint;
            println!("host {} {} {fingerprint}", pool.name, host.address);
            tokio::spawn(serve::serve(Arc::clone(&pool), host, listener));
        }
        if command.life > 0.0 {
            tokio::spawn(life::live(Arc::clone(&pool), seconds(command.life)?));
        }
        pools.push(pool);
    }
    let lab = Arc::new(Lab { pools, authority });
    for fault in command.faults {
        apply::begin(&lab, fault, &Target::default()).map_err(anyhow::Error::msg)?;
    }
    let listener = TcpListener::bind(command.control)
        .await
        .with_context(|| format!("cannot listen on {}", command.control))?;
    println!("control {}", listener.local_addr()?);
    axum::serve(listener, control::server(lab)).await.context("cannot serve")
}

/// The pools to serve, by their names.
fn states(command: &Command) -> anyhow::Result<Vec<(String, State)>> {
    let Command { hosts, vms, seed, ref databases, pools, .. } = *command;
    let pools = pools.unwrap_or(usize::from(databases.is_empty()));
    ensure!(pools == 0 || hosts > 0, "--hosts: a pool has at least one");
    let mut states = Vec::new();
    for path in databases {
        let read = || {
            let database = import::read(&std::fs::read_to_string(path)?)?;
            anyhow::Ok(State::new(database, Dice::new(seed)))
        };
        let state = read().with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        states.push((name, state));
    }
    states.extend((1..=pools).map(|number| {
        let name = format!("lab-pool-{number}");
        let state = generate::pool(&name, hosts, vms, seed);
        (name, state)
    }));
    Ok(states)
}

/// The hosts of a pool, the master first, then by their names.
fn in_order(state: &State) -> Vec<Ref> {
    let master = state.master();
    let mut hosts: Vec<_> = state
        .database
        .all("host")
        .map(|(host, fields)| {
            (*host != master, fields.text("name_label").to_owned(), Ref::clone(host))
        })
        .collect();
    // Numbers in names count as such: host-2 is before host-10.
    hosts.sort_by(|a, b| (a.0, a.1.len(), &a.1).cmp(&(b.0, b.1.len(), &b.1)));
    hosts.into_iter().map(|(.., host)| host).collect()
}

fn host(
    authority: &Authority,
    reference: Ref,
    listener: &TcpListener,
    folder: Option<&Path>,
) -> anyhow::Result<Arc<Host>> {
    let address = listener.local_addr()?;
    let identity = authority.identity(address.ip(), Validity::Good)?;
    if let Some(folder) = folder {
        identity.write(&folder.join(format!("{}.pem", address.ip())))?;
    }
    Ok(Arc::new(Host::new(reference, address, Certificate::new(identity))))
}

/// Listens on so many addresses, one port. Where the system chooses it, a port that is free on one address may be
/// taken on another: then it chooses again.
async fn listen(first: SocketAddr, number: usize) -> anyhow::Result<Vec<TcpListener>> {
    let mut tries = if first.port() == 0 { TRIES } else { 1 };
    loop {
        match listen_once(first, number).await {
            Ok(listeners) => return Ok(listeners),
            Err(error) if tries == 1 => return Err(error),
            Err(_) => tries -= 1,
        }
    }
}

async fn listen_once(first: SocketAddr, number: usize) -> anyhow::Result<Vec<TcpListener>> {
    let mut listeners = Vec::with_capacity(number);
    let mut port = first.port();
    for number in 0..number {
        let address = SocketAddr::new(next_address(first.ip(), number)?, port);
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(listeners)
}

/// The address that is `number` after the first one.
fn next_address(first: IpAddr, number: usize) -> anyhow::Result<IpAddr> {
    match (first, u32::try_from(number)?) {
        (_, 0) => Ok(first),
        (IpAddr::V4(address), number) => {
            let next = address.to_bits().checked_add(number).context("no addresses are left")?;
            Ok(Ipv4Addr::from_bits(next).into())
        }
        (IpAddr::V6(address), _) => {
            bail!("several hosts need an IPv4 address to begin with, not {address}")
        }
    }
}

fn seconds(number: f64) -> anyhow::Result<Duration> {
    Duration::try_from_secs_f64(number).with_context(|| format!("{number} seconds"))
}

fn vnc(text: &str) -> Result<(Option<String>, SocketAddr), String> {
    let (vm, address) = match text.rsplit_once('=') {
        Some((vm, address)) => (Some(vm.to_owned()), address),
        None => (None, text),
    };
    let address = address.parse().map_err(|_| format!("{address:?}, expected IP:PORT"))?;
    Ok((vm, address))
}

fn fault(text: &str) -> Result<Fault, String> {
    serde_json::from_value(text.into()).map_err(|_| {
        let names: Vec<_> = Fault::ALL.iter().map(Fault::to_string).collect();
        format!("expected one of {}", names.join(", "))
    })
}
