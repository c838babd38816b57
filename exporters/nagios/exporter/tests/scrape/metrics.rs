//! The whole metrics page.

use std::io::Write as _;
use std::process::{Command, Stdio};

use nagios_event::{Flags, Frame, Group, GroupKind, Host, State, Stats, Timeperiod};

use crate::stage::{Exporter, Module, host, service, state};

/// A small Nagios with one of everything.
fn nagios() -> Vec<Frame> {
    let with =
        |flag: Flags, state: State<String>| State { flags: state.flags.with(flag, true), ..state };
    let named = |name: &str| Host { name: name.to_owned(), ..Host::default() };
    let mut frames = vec![
        host("router"),
        Frame::Host(Host {
            alias: "The \"web\" server, \\ and 北京".to_owned(),
            address: "192.0.2.10".to_owned(),
            parents: vec!["router".to_owned()],
            ..named("web-1")
        }),
        Frame::Host(Host { parents: vec!["web-1".to_owned()], ..named("behind") }),
        Frame::Host(named("new")),
    ];
    frames.extend(
        ["disk", "http", "load", "mail", "ping", "users"].map(|name| service("web-1", name)),
    );
    frames.push(service("new", "ping"));
    let group = |kind, name: &str, members: &[(&str, &str)]| {
        let members = members.iter().map(|(host, service)| (host.to_string(), service.to_string()));
        Frame::Group(Group {
            kind,
            name: name.to_owned(),
            alias: String::new(),
            members: members.collect(),
        })
    };
    frames.push(group(GroupKind::Host, "linux", &[("web-1", "")]));
    frames.push(group(GroupKind::Host, "linux", &[("router", "")]));
    frames.push(group(GroupKind::Service, "web", &[("web-1", "http")]));
    frames.push(Frame::Timeperiod(Timeperiod { name: "24x7".to_owned(), inside: true }));
    let soft = state("web-1", "ping", 1);
    let soft = State { flags: Flags(soft.flags.0 & !Flags::HARD.0), attempt: 1, ..soft };
    let states = [
        State {
            perfdata: "rta=0.5ms;100;500;0 pl=0%;20;60;0".to_owned(),
            ..state("router", "", 0)
        },
        state("web-1", "", 0),
        state("behind", "", 2),
        State {
            perfdata: "/=5GB;8;9;0;10 'C:\\ \"x\"'=1B".to_owned(),
            ..state("web-1", "disk", 2)
        },
        with(
            Flags::ACKNOWLEDGED,
            State {
                perfdata: "time=0.01s size=3c size=4c broken=x".to_owned(),
                ..state("web-1", "http", 1)
            },
        ),
        State { perfdata: "load1=0,42;5;9;0 load5=U".to_owned(), ..state("web-1", "load", 0) },
        state("web-1", "mail", 3),
        soft,
        State { last_check: 0, ..state("web-1", "users", 0) },
    ];
    frames.extend(states.map(Frame::State));
    frames
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_as_written_down_and_promtool_finds_no_fault() {
    let exporter = Exporter::start("").await;
    let mut module = Module::start(exporter.socket(), 1, 0, &nagios()).await;
    let stats = Stats {
        last_seq: 9,
        dropped: 1,
        coalesced: 2,
        truncated: 3,
        panics: 4,
        ring_bytes: 5,
        queue_bytes: 6,
        reloads: 7,
        ..Stats::default()
    };
    let seq = module.check(state("web-1", "load", 0)).await;
    module.send(&Frame::Stats(stats)).await;
    module.acknowledged(seq).await;
    exporter.reaches("nagios_module_reloads_total", 7.0).await;

    let (status, page) = exporter.get("/metrics").await;
    assert_eq!(status, 200);
    compare(&page);

    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool, from the Debian package prometheus");
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let verdict = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&verdict.stderr);
    assert!(verdict.status.success() && said.is_empty(), "{said}");
}

/// Compares with the golden file; `UPDATE_GOLDEN=1` writes it instead.
fn compare(page: &str) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scrape/golden/metrics.txt");
    // What differs from run to run keeps its name and loses its value.
    let volatile =
        ["process_", "nagios_module_last_frame_", "nagios_exporter_config_last_reload_success_"];
    let page: String = page
        .lines()
        .filter(|line| !line.contains("nagios_exporter_build_info{"))
        .map(|line| match line.rsplit_once(' ') {
            Some((series, _)) if volatile.iter().any(|name| line.starts_with(name)) => {
                format!("{series} VALUE\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, page).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(file).unwrap();
    for (number, (found, expected)) in page.lines().zip(golden.lines()).enumerate() {
        assert_eq!(found, expected, "line {} of {file}; UPDATE_GOLDEN=1 rewrites it", number + 1);
    }
    assert_eq!(page.lines().count(), golden.lines().count(), "UPDATE_GOLDEN=1 rewrites {file}");
}
