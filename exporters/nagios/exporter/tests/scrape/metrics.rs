//! The whole metrics page.

use std::io::Write as _;
use std::process::{Command, Stdio};

use nagios_event::{
    Flags, Frame, Group, GroupKind, Host, Modes, Program, Service, Settings, State, Stats,
    Timeperiod,
};

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
    for frame in &mut frames {
        if let Frame::Service(Service { settings, .. }) = frame {
            *settings = Settings { check_interval: 60.0, ..Settings::default() };
        }
    }
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
    let passive = state("web-1", "mail", 3);
    let active = Flags(passive.flags.0 & !Flags::ACTIVE_CHECKS.0);
    let passive = State { flags: active.with(Flags::PASSIVE_CHECKS, true), ..passive };
    let states = [
        State {
            perfdata: "rta=0.5ms;100;500;0 pl=0%;20;60;0".to_owned(),
            ..state("router", "", 0)
        },
        state("web-1", "", 0),
        state("behind", "", 2),
        State {
            perfdata: "/=5GB;8;9;0;10 'C:\\ \"x\"'=1B fan=900rpm;~:800".to_owned(),
            output: format!("{} and no more", "é".repeat(128)),
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
        passive,
        soft,
        State { last_check: 0, ..state("web-1", "users", 0) },
    ];
    frames.extend(states.map(Frame::State));
    let modes = Modes(Modes::NOTIFICATIONS.0 | Modes::ACTIVE_SERVICE_CHECKS.0);
    let running_service_checks = 3;
    frames.push(Frame::Program(Program {
        start: 1_767_225_600,
        modes,
        running_service_checks,
        ..Program::default()
    }));
    frames
}

#[tokio::test(flavor = "multi_thread")]
async fn more_is_shown_on_request_and_less_by_filters() {
    let config = "
metrics: [check_attempt, check_interval, next_check, last_state_change, servicegroup_member,
  perfdata_thresholds, perfdata_limits]
output: all
filter: {include: {host: 'web-.*'}, exclude: {service: 'users'}}
labels: [{label: os, from: hostgroup}]
";
    let exporter = Exporter::start(config).await;
    let _module = Module::start(exporter.socket(), 1, 0, &nagios()).await;
    exporter.reaches("nagios_hosts{state=\"up\"}", 2.0).await;
    let (_, page) = exporter.get("/metrics").await;
    let web = "host=\"web-1\",os=\"linux\"";
    let disk = "host=\"web-1\",service=\"disk\",os=\"linux\"";
    for expected in [
        format!("nagios_host_check_attempt{{{web}}} 1"),
        format!("nagios_host_info{{{web},alias="),
        format!("nagios_service_check_attempt{{{disk}}} 2"),
        format!("nagios_service_check_interval_seconds{{{disk}}} 60"),
        format!("nagios_service_next_check_timestamp_seconds{{{disk}}} 1767225670"),
        format!("nagios_service_last_state_change_timestamp_seconds{{{disk}}} 1767225640"),
        "nagios_servicegroup_member_info{servicegroup=\"web\",host=\"web-1\"".to_owned(),
        format!("nagios_perfdata_bytes{{{disk},label=\"/\"}} 5000000000"),
        format!("nagios_perfdata_value{{{disk},label=\"fan\",uom=\"rpm\"}} 900"),
        format!(
            "nagios_perfdata_threshold_bytes{{{disk},label=\"/\",type=\"crit\",bound=\"high\",inside=\"0\"}} 9000000000"
        ),
        format!(
            "nagios_perfdata_threshold_value{{{disk},label=\"fan\",uom=\"rpm\",type=\"warn\",bound=\"high\",inside=\"0\"}} 800"
        ),
        format!("nagios_perfdata_min_bytes{{{disk},label=\"/\"}} 0"),
        format!("nagios_perfdata_max_bytes{{{disk},label=\"/\"}} 10000000000"),
        format!("nagios_output_info{{{disk},output=\"{}\"}} 1", "é".repeat(128)),
    ] {
        assert!(page.contains(&format!("\n{expected}")), "{expected} is not in {page}");
    }
    for hidden in ["{host=\"router\"", "service=\"users\""] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
    // What is hidden is counted.
    assert!(page.contains("nagios_services{state=\"ok\"} 2"), "{page}");

    // Another configuration shows other series of the same snapshot at once.
    exporter.reconfigure("metrics: [next_check]\n");
    exporter.reaches("nagios_service_state{host=\"web-1\",service=\"users\"}", 0.0).await;
    let (_, page) = exporter.get("/metrics").await;
    assert!(!page.contains("nagios_host_check_attempt{") && !page.contains("os=\""), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_as_written_down_and_promtool_finds_no_fault() {
    let exporter = Exporter::start("").await;
    let mut module = Module::start(exporter.socket(), 1, 0, &nagios()).await;
    let stats = Stats {
        last_seq: 99,
        dropped: 1,
        coalesced: 2,
        truncated: 3,
        panics: 4,
        reloads: 7,
        spilled: 8,
        recovered: 9,
        spill_errors: 10,
        ring_bytes: 5,
        ring_high_bytes: 11,
        ring_limit_bytes: 12,
        queue_bytes: 6,
        queue_limit_bytes: 13,
        spill_bytes: 14,
        spill_limit_bytes: 15,
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
