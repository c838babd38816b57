//! `wisemonitor host`: what it adds is in the running Nagios, and what fails leaves no trace.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use serde_json::Value;

use crate::suite::Suite;

const CRASH: &str = "add crash --address 127.0.0.40 --template every-host";

#[tokio::test]
async fn a_host_is_added_with_services_and_removed_again() {
    let mut suite = Suite::start().await;
    let before = configuration(&suite);
    let add = [
        "add",
        "db 1",
        "--address",
        "127.0.0.40",
        "--template",
        "every-host",
        "--alias",
        "The database (new)",
        "--parent",
        "web",
        "--group",
        "machines",
        "--check",
        "ping=check-ping",
        "--check",
        "check-load",
        "--snmp-auth",
        "public_v2",
    ];
    let said = suite.command("host", &add).await;
    assert_eq!(said, "db 1 at 127.0.0.40 is watched: check-load, ping\n");
    let host = &suite.json(10190, "/api/v1/hosts?host=db%201").await.unwrap()["hosts"][0];
    assert_eq!(
        (&host["alias"], &host["parents"]),
        (&"The database (new)".into(), &vec!["web"].into())
    );
    assert_eq!(services(&suite, "db%201").await, ["check-load", "ping"]);
    let member = r#"nagios_hostgroup_member_info{hostgroup="machines",host="db 1"}"#;
    suite.until("its group", async || suite.query(member).await == Some(1.0)).await;
    let target = r#"up{job="snmp",instance="db 1"}"#;
    suite.until("its SNMP target", async || suite.query(target).await.is_some()).await;

    // To a host of others services alone are added, and to one of ours more.
    suite.command("host", &["add-service", "web", "--check", "load=check-load"]).await;
    suite.command("host", &["add-service", "db 1", "--check", "users=check-users"]).await;
    assert_eq!(services(&suite, "web").await, ["http", "load", "ping"]);
    let list = suite.command("host", &["list"]).await;
    let lines: Vec<_> = list
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines,
        [
            "db 1 127.0.0.40 The database (new) every-host web machines public_v2 ping, check-load, users",
            "web - - - - - - load",
        ]
    );

    suite.command("host", &["remove", "db 1", "--service", "users"]).await;
    assert_eq!(services(&suite, "db%201").await, ["check-load", "ping"]);
    assert_eq!(suite.command("host", &["remove", "db 1"]).await, "db 1 is removed\n");
    suite.command("host", &["remove", "web"]).await;
    assert_eq!(services(&suite, "web").await, ["http", "ping"]);
    let hosts = suite.json(10190, "/api/v1/hosts").await.unwrap();
    assert_eq!(hosts["total"], 2);
    assert_eq!(configuration(&suite), before, "all is as it was");
    suite.stop().await;
}

#[tokio::test]
async fn what_is_refused_leaves_every_file_and_nagios_as_they_were() {
    let mut suite = Suite::start().await;
    suite
        .command("host", &["add", "child", "--address", "127.0.0.41", "--template", "every-host"])
        .await;
    let grandchild = [
        "add",
        "grandchild",
        "--address",
        "127.0.0.42",
        "--template",
        "every-host",
        "--parent",
        "child",
    ];
    suite.command("host", &grandchild).await;
    let (before, nagios) = (configuration(&suite), suite.pids().await["nagios"]);
    let reloads = suite.exporter_values("nagios_module_reloads_total").await;

    let crash =
        |more: &[&'static str]| CRASH.split(' ').chain(more.iter().copied()).collect::<Vec<_>>();
    let with = |name: &'static str, address: &'static str| {
        vec!["add", name, "--address", address, "--template", "every-host"]
    };
    let cases: Vec<(Vec<&str>, &str)> = vec![
        // What is there already.
        (with("web", "127.0.0.40"), "Nagios has a host \"web\" already"),
        (with("child", "127.0.0.40"), "Nagios has a host \"child\" already"),
        (with("crash", "127.0.0.41"), "Nagios has 127.0.0.41 already: it is the host \"child\""),
        (
            vec!["add-service", "web", "--check", "http=check-ping"],
            "web has a service \"http\" already",
        ),
        (
            crash(&["--check", "a=check-ping", "--check", "a=check-load"]),
            "crash has a service \"a\" already",
        ),
        (
            crash(&["--parent", "web", "--snmp-auth", "x", "--check", "nothing"]),
            "Service check command 'nothing'",
        ),
        // What is not there.
        (
            vec!["add", "crash", "--address", "127.0.0.40", "--template", "no-host"],
            "Template 'no-host' specified in host",
        ),
        (crash(&["--parent", "nobody"]), "'nobody' is not a valid parent for host 'crash'"),
        (crash(&["--parent", "crash"]), "Host 'crash' cannot be a child/parent of itself"),
        (crash(&["--group", "nothing"]), "Could not find any hostgroup matching 'nothing'"),
        (
            crash(&["--check", "check-ping", "--service-template", "none"]),
            "Template 'none' specified in service",
        ),
        (vec!["add-service", "nobody", "--check", "check-ping"], "Nagios has no host \"nobody\""),
        (vec!["add-service", "web"], "--check: name at least one service"),
        (vec!["remove", "nobody"], "nobody: `wisemonitor host` has not added it"),
        (vec!["remove", "localhost"], "localhost: `wisemonitor host` has not added it"),
        (vec!["remove", "child", "--service", "ping"], "no \"ping\" has been added to child"),
        (vec!["remove", "child"], "'child' is not a valid parent for host 'grandchild'"),
        // What Nagios or a shell would read as something else.
        (with("a\n}\ndefine host {", "127.0.0.40"), "control character"),
        (with("a;b", "127.0.0.40"), "expected none of"),
        (with("../../objects", "127.0.0.40;x"), "expected an IP address"),
        (with("crash", "$(reboot)"), "expected an IP address"),
        (crash(&["--alias", "a\\"]), "expected none of"),
        (crash(&["--alias", "a\nparents web"]), "control character"),
        (crash(&["--check", "check-http!`reboot`"]), "needs a command definition of its own"),
        (crash(&["--check", "check-http!$(reboot)"]), "needs a command definition of its own"),
        (
            crash(&["--check", "check-http!1\ncheck_command x"]),
            "needs a command definition of its own",
        ),
        (crash(&["--snmp-auth", "a,b"]), "expected none of"),
    ];
    for (arguments, expected) in &cases {
        let error = refused(&suite, arguments).await;
        assert!(error.contains(expected), "{arguments:?}: {error}");
        assert_eq!(configuration(&suite), before, "{arguments:?}");
    }
    assert_eq!(suite.pids().await["nagios"], nagios);
    assert_eq!(suite.exporter_values("nagios_module_reloads_total").await, reloads, "no reload");
    suite.stop().await;
}

#[tokio::test]
async fn what_nagios_does_not_take_up_is_taken_back() {
    let mut suite = Suite::start().await;
    let crash: Vec<_> = CRASH.split(' ').chain(["--snmp-auth", "x", "--wait", "2s"]).collect();
    let before = configuration(&suite);

    // A pipe that somebody reads who is not Nagios: the command is given, and nothing comes of it.
    let pipe = suite.dir().join("nobody.cmd");
    mkfifo(&pipe, Mode::S_IRWXU).unwrap();
    let open = OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(&pipe);
    let mut reader = open.unwrap();
    let pipe = ["--nagios.command", pipe.to_str().unwrap()];
    let error = refused(&suite, &[&crash[..], &pipe].concat()).await;
    assert!(error.contains("taken back: Nagios has not taken it up within 2 s"), "{error}");
    assert_eq!(configuration(&suite), before);
    let mut commands = String::new();
    reader.read_to_string(&mut commands).unwrap();
    let reloads = commands.lines().filter(|line| line.ends_with("RESTART_PROGRAM")).count();
    assert!(reloads >= 2, "it reads the old files again: {commands}");

    // Nobody would see whether Nagios takes it up: nothing is even begun.
    suite.command("break", &["nagios-exporter"]).await;
    let error = refused(&suite, &crash).await;
    assert!(error.contains("nagios-exporter at") && error.contains("does not answer"), "{error}");
    suite.command("mend", &["nagios-exporter"]).await;
    suite.command("break", &["nagios"]).await;
    let error = refused(&suite, &crash).await;
    assert!(
        error.contains("cannot command Nagios by") && error.contains("does it run?"),
        "{error}"
    );
    assert_eq!(configuration(&suite), before);

    // A configuration that others have broken is theirs to mend.
    let broken = suite.dir().join("nagios/conf.d/broken.cfg");
    fs::write(&broken, "define host {\n use nothing\n host_name broken\n}\n").unwrap();
    let error = refused(&suite, &crash).await;
    assert!(error.contains("is not valid as it is") && error.contains("broken.cfg"), "{error}");
    fs::remove_file(broken).unwrap();
    suite.command("mend", &["nagios"]).await;
    let runs = async || {
        suite.exporter_values("nagios_up").await == [1.0]
            && suite.dir().join("nagios/nagios.cmd").exists()
    };
    suite.until("Nagios to run", runs).await;
    suite.command("host", &CRASH.split(' ').collect::<Vec<_>>()).await;
    assert_eq!(services(&suite, "crash").await, Vec::<String>::new());
    suite.stop().await;
}

#[tokio::test]
async fn files_of_others_are_not_touched_also_in_a_nagios_of_ones_own() {
    let mut suite = Suite::start().await;
    let nagios = suite.dir().join("nagios");
    let at = |name: &str| nagios.join(name).display().to_string();
    let (config, hosts) = (at("nagios.cfg"), at("conf.d/wisemonitor"));
    let exporter = format!("{}:10190", suite.address());
    // As an operator does it who has no suite in the folder of the suite.
    let elsewhere = tempfile::tempdir().unwrap();
    let own = async |arguments: &[&str]| {
        let mut command = crate::suite::wisemonitor("host", elsewhere.path());
        command.args(arguments).args(["--nagios.config", &config, "--nagios.exporter", &exporter]);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    };
    let add = ["add", "mine", "--address", "127.0.0.43", "--template", "every-host"];
    let service = ["--check", "check-load", "--service-template", "every-service"];
    let output = own(&[&add[..], &service].concat()).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = Path::new(&hosts).join("mine.cfg");
    assert_eq!(services(&suite, "mine").await, ["check-load"]);

    let error = async |arguments: &[&str]| {
        let output = own(arguments).await;
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let outside = error(&["remove", "mine", "--nagios.hosts", "/tmp"]).await;
    assert!(outside.contains("mine: `wisemonitor host` has not added it"), "{outside}");
    let unread = [
        "add",
        "b",
        "--address",
        "127.0.0.44",
        "--template",
        "every-host",
        "--nagios.hosts",
        &at("spool"),
    ];
    let unread = error(&unread).await;
    assert!(unread.contains("has no cfg_dir that") && unread.contains("add cfg_dir="), "{unread}");
    let snmp = [
        "add",
        "b",
        "--address",
        "127.0.0.44",
        "--template",
        "every-host",
        "--snmp-auth",
        "public_v2",
    ];
    let snmp = error(&snmp).await;
    assert!(snmp.contains("--prometheus.targets: name the folder"), "{snmp}");

    let changed = fs::read_to_string(&file).unwrap().replace("127.0.0.43", "127.0.0.45");
    fs::write(&file, &changed).unwrap();
    for arguments in [&["remove", "mine"][..], &["add-service", "mine", "--check", "check-users"]] {
        let error = error(arguments).await;
        assert!(
            error.contains("mine.cfg was not written by `wisemonitor host`, or was changed"),
            "{error}"
        );
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), changed);
    let listed = String::from_utf8(own(&["list"]).await.stdout).unwrap();
    assert!(listed.contains("mine.cfg: not ours, or changed since"), "{listed}");
    suite.stop().await;
}

async fn refused(suite: &Suite, arguments: &[&str]) -> String {
    let output = suite.try_command("host", arguments).await;
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Names of a host's services as the running Nagios has them.
async fn services(suite: &Suite, host: &str) -> Vec<String> {
    let page = suite.json(10190, &format!("/api/v1/services?host={host}")).await.unwrap();
    let services = page["services"].as_array().unwrap().iter();
    let name = |row: &Value| row["service"].as_str().unwrap().to_owned();
    services.map(name).collect()
}

/// Every file that Nagios reads, and every one that names a target of Prometheus.
fn configuration(suite: &Suite) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for name in
        ["nagios/nagios.cfg", "nagios/objects.cfg", "nagios/conf.d", "nagios/hosts", "prometheus"]
    {
        gather(&suite.dir().join(name), &mut files);
    }
    files
}

fn gather(path: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        // Prometheus' data and log change all the time.
        entries
            .filter(|path| !path.ends_with("data") && !path.ends_with("output.log"))
            .for_each(|path| gather(&path, files));
    } else {
        files.insert(path.to_owned(), fs::read(path).unwrap());
    }
}
