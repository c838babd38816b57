//! `wisemonitor traffic`: which interfaces of network devices are watched, and how much traffic is too much.
//!
//! A device becomes a target of Prometheus (file_sd), a threshold a recording rule of a constant; the rules of
//! `rules/network.yml` compare. Interfaces are known by their ifName, which outlives a restart of the device.
//!
//! Promises: what is printed as done is in force in Prometheus. Refuses to know SNMP: snmp-exporter asks.

mod discovery;
mod files;
mod prometheus;
pub(crate) mod target;
mod threshold;

use std::path::Path;
use std::time::Duration;

use anyhow::{bail, ensure};
use clap::Subcommand;

use crate::table::{self, printable};
use discovery::Interface;
use files::{Device, Files, Watched};
use prometheus::Prometheus;
use threshold::{Direction, Severity, Share, Threshold};

/// Agents renew their counters only every few seconds.
const MEASURED: Duration = Duration::from_secs(3);
/// Where nobody looks at traffic.
const UNMEASURED: Duration = Duration::from_millis(1);

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// List the interfaces of a device with their traffic and thresholds
    List {
        #[command(flatten)]
        device: Named,
    },
    /// Watch the traffic of an interface
    Add {
        #[command(flatten)]
        device: Named,
        /// Name of the interface: its ifName
        #[arg(long, value_name = "NAME")]
        interface: String,
        /// Share of the speed above which somebody should look
        #[arg(long, value_name = "PERCENTAGE")]
        warn: Share,
        /// Share of the speed above which somebody must act
        #[arg(long, value_name = "PERCENTAGE")]
        crit: Share,
        #[command(flatten)]
        directions: Directions,
        /// Also where the interface is down, or its speed is not known
        #[arg(long)]
        force: bool,
    },
    /// Watch the traffic of an interface no more
    Remove {
        /// Name of the device
        host: String,
        /// Name of the interface: its ifName
        #[arg(long, value_name = "NAME")]
        interface: String,
        #[command(flatten)]
        directions: Directions,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Name of the device
    host: String,
    /// Where it answers: [udp://|tcp://]HOST[:PORT] [default: as in the targets file, else HOST]
    #[arg(long)]
    address: Option<String>,
    /// Auth of snmp-exporter's configuration [default: as in the targets file, else public_v2]
    #[arg(long, value_name = "NAME")]
    auth: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Directions {
    /// Only traffic that comes in
    #[arg(long = "in", conflicts_with = "out")]
    is_in: bool,
    /// Only traffic that goes out
    #[arg(long)]
    out: bool,
}

/// Carries it out in the suite's folder; the answer is what to print.
///
/// # Errors
/// When the device does not answer, the interface is not fit, or Prometheus does not take it.
pub(crate) async fn run(dir: &Path, task: Task) -> anyhow::Result<String> {
    let files = Files::open(dir.join("prometheus"))?;
    let exporter = dir.join("snmp-exporter");
    match task {
        Task::List { device } => {
            let device = known(&files, &device)?;
            let found = discovery::interfaces(&device, &exporter, MEASURED).await?;
            Ok(list(&device, &found, &files.read()?.thresholds))
        }
        Task::Add { device, interface, warn, crit, directions, force } => {
            ensure!(warn < crit, "--warn: must be lower than --crit");
            let mut watched = files.read()?;
            let prometheus = Prometheus::of_suite(dir).await?;
            let device = known(&files, &device)?;
            let found = discovery::interfaces(&device, &exporter, UNMEASURED).await?;
            let found = fit(&device, &found, &interface, force)?;
            watch(&files, &mut watched, &device)?;
            for direction in directions.all() {
                watched
                    .thresholds
                    .retain(|known| !is_of(known, &device.name, &interface, direction));
                for (severity, Share(ratio)) in
                    [(Severity::Warning, warn), (Severity::Critical, crit)]
                {
                    let (device, interface) = (device.name.clone(), interface.clone());
                    watched.thresholds.push(Threshold {
                        device,
                        interface,
                        direction,
                        severity,
                        ratio,
                    });
                }
            }
            files.write(&watched)?;
            prometheus.load(&watched.thresholds).await?;
            Ok(list(&device, std::slice::from_ref(found), &watched.thresholds))
        }
        Task::Remove { host, interface, directions } => {
            let mut watched = files.read()?;
            let prometheus = Prometheus::of_suite(dir).await?;
            let before = watched.thresholds.len();
            for direction in directions.all() {
                watched.thresholds.retain(|known| !is_of(known, &host, &interface, direction));
            }
            ensure!(
                watched.thresholds.len() < before,
                "{host} has no such threshold of {interface:?}, {}",
                one_of(
                    watched
                        .thresholds
                        .iter()
                        .filter(|known| known.device == host)
                        .map(|known| &known.interface)
                )
            );
            if !watched.thresholds.iter().any(|known| known.device == host) {
                watched.devices.retain(|device| device.name != host);
            }
            files.write(&watched)?;
            prometheus.load(&watched.thresholds).await?;
            Ok(format!("{host} {interface}: removed\n"))
        }
    }
}

/// The device as the flags, the targets files and the defaults name it, in this order.
fn known(files: &Files, named: &Named) -> anyhow::Result<Device> {
    let Named { host, address, auth } = named;
    let device = files.device(host)?.map_or_else(|| Device::new(host), |(device, _)| device);
    Ok(Device {
        address: address.clone().unwrap_or(device.address),
        auth: auth.clone().unwrap_or(device.auth),
        ..device
    })
}

/// The interface of this name, if it can be watched.
fn fit<'a>(
    device: &Device,
    found: &'a [Interface],
    name: &str,
    force: bool,
) -> anyhow::Result<&'a Interface> {
    let host = &device.name;
    let named = found.iter().find(|interface| interface.name == name && !name.is_empty());
    let Some(interface) = named else {
        let names = found.iter().map(|interface| &interface.name).filter(|name| !name.is_empty());
        bail!("--interface: {host} has no interface {name:?}, {}", one_of(names));
    };
    let (admin, oper) = (state(&interface.admin_status), state(&interface.oper_status));
    if !force && oper != "up" {
        bail!(
            "{host} {name} is not up (admin {admin}, oper {oper}): watch it all the same with --force"
        );
    }
    if !force && interface.speed_bits_per_second.is_none() {
        bail!(
            "{host} {name} does not tell its speed, of which a threshold is a share: keep one all the same with --force"
        );
    }
    Ok(interface)
}

/// Makes the device a target, unless another file has made it one already.
fn watch(files: &Files, watched: &mut Watched, device: &Device) -> anyhow::Result<()> {
    if let Some((theirs, path)) =
        files.device(&device.name)?.filter(|(_, path)| !files.is_ours(path))
    {
        ensure!(
            theirs == *device,
            "{} has {} with another address or auth: change it there",
            path.display(),
            device.name
        );
        return Ok(());
    }
    watched.devices.retain(|known| known.name != device.name);
    watched.devices.push(device.clone());
    Ok(())
}

fn is_of(threshold: &Threshold, device: &str, interface: &str, direction: Direction) -> bool {
    threshold.device == device
        && threshold.interface == interface
        && threshold.direction == direction
}

fn list(device: &Device, interfaces: &[Interface], thresholds: &[Threshold]) -> String {
    let headings = [
        "INTERFACE",
        "ALIAS",
        "ADMIN",
        "OPER",
        "SPEED",
        "IN",
        "OUT",
        "THRESHOLDS IN",
        "THRESHOLDS OUT",
    ];
    let limits = |interface: &Interface, direction| {
        let here = |known: &&Threshold| is_of(known, &device.name, &interface.name, direction);
        let all = thresholds.iter().filter(here);
        all.map(|known| format!("{} {}", known.severity, percentage(known.ratio)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    table::columns(
        headings,
        interfaces.iter().map(|interface| {
            [
                printable(&interface.name),
                printable(&interface.alias),
                state(&interface.admin_status).into(),
                state(&interface.oper_status).into(),
                rate(interface.speed_bits_per_second.map(|speed| speed as f64)),
                rate(interface.in_bits_per_second),
                rate(interface.out_bits_per_second),
                limits(interface, Direction::In),
                limits(interface, Direction::Out),
            ]
        }),
    )
}

impl Directions {
    fn all(&self) -> Vec<Direction> {
        match (self.is_in, self.out) {
            (true, _) => vec![Direction::In],
            (false, true) => vec![Direction::Out],
            (false, false) => vec![Direction::In, Direction::Out],
        }
    }
}

fn one_of<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let mut names: Vec<_> = names.map(|name| printable(name)).collect();
    names.sort();
    names.dedup();
    match &names[..] {
        [] => "and no other".into(),
        names => format!("expected one of {}", names.join(", ")),
    }
}

fn state(state: &Option<String>) -> &str {
    state.as_deref().unwrap_or("-")
}

/// Seven in a hundred is 7.000000000000001% when multiplied.
fn percentage(ratio: f64) -> String {
    format!("{}%", (ratio * 1e6).round() / 1e4)
}

/// Bits per second with a prefix, such as `2.5 Gbit/s`.
fn rate(bits_per_second: Option<f64>) -> String {
    let Some(bits) = bits_per_second else { return "-".into() };
    let scales = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    let (scale, prefix) = scales.into_iter().find(|(scale, _)| bits >= *scale).unwrap_or((1.0, ""));
    format!("{} {prefix}bit/s", (bits / scale * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, oper: &str, speed: Option<u64>) -> Interface {
        Interface {
            name: name.into(),
            alias: "a\x1blias".into(),
            admin_status: Some("up".into()),
            oper_status: Some(oper.into()),
            speed_bits_per_second: speed,
            in_bits_per_second: Some(1500.0),
            out_bits_per_second: None,
        }
    }

    #[test]
    fn an_interface_must_be_there_up_and_of_known_speed() {
        let device = Device::new("switch");
        let all = [
            interface("b", "up", Some(1)),
            interface("a", "down", Some(1)),
            interface("c", "up", None),
            interface("", "up", Some(1)),
        ];
        let error = |name, force| fit(&device, &all, name, force).unwrap_err().to_string();
        assert_eq!(fit(&device, &all, "b", false).unwrap(), &all[0]);
        assert_eq!(
            error("x", true),
            "--interface: switch has no interface \"x\", expected one of a, b, c"
        );
        assert_eq!(
            error("", true),
            "--interface: switch has no interface \"\", expected one of a, b, c"
        );
        assert!(error("a", false).contains("is not up (admin up, oper down)"));
        assert!(error("c", false).contains("does not tell its speed"));
        assert_eq!(fit(&device, &all, "a", true).unwrap(), &all[1]);
        assert_eq!(fit(&device, &all, "c", true).unwrap(), &all[2]);
    }

    #[test]
    fn a_list_shows_thresholds_beside_traffic() {
        let threshold = |severity, ratio| Threshold {
            device: "switch".into(),
            interface: "b".into(),
            direction: Direction::Out,
            severity,
            ratio,
        };
        let thresholds = [threshold(Severity::Warning, 0.07), threshold(Severity::Critical, 0.9)];
        let expected = "\
INTERFACE  ALIAS   ADMIN  OPER  SPEED       IN          OUT  THRESHOLDS IN  THRESHOLDS OUT
b          a\u{fffd}lias  up     up    2.5 Gbit/s  1.5 kbit/s  -                   warning 7%, critical 90%
";
        let shown =
            list(&Device::new("switch"), &[interface("b", "up", Some(2_500_000_000))], &thresholds);
        assert_eq!(shown, expected);
    }
}
