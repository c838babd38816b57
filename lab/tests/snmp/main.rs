//! The agents of the laboratory, asked by net-snmp.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

/// A process with agents that dies with its owner.
struct Lab {
    process: Child,
    agents: Vec<SocketAddr>,
    control: SocketAddr,
}

impl Lab {
    fn start(flags: &[&str]) -> Lab {
        let mut process = Command::new(env!("CARGO_BIN_EXE_lab-snmp"))
            .args(["--snmp.listen-address", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut agents = Vec::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            match line.unwrap().split_once(' ') {
                Some(("agent", address)) => agents.push(address.parse().unwrap()),
                Some(("control", address)) => {
                    return Lab { process, agents, control: address.parse().unwrap() };
                }
                other => panic!("lab-snmp says {other:?}"),
            }
        }
        panic!("lab-snmp ended: {:?}", process.wait());
    }

    /// What a program of net-snmp says about the first agent, on both outputs.
    fn ask(&self, program: &str, flags: &[&str], names: &[&str]) -> String {
        self.ask_at(&self.agents[0].to_string(), program, flags, names)
    }

    fn ask_at(&self, agent: &str, program: &str, flags: &[&str], names: &[&str]) -> String {
        let output = Command::new(program)
            .args(["-c", "public", "-On", "-r", "0", "-t", "1"])
            .args(flags)
            .arg(agent)
            .args(names)
            .env("MIBS", "")
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}; make install-test-deps"));
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// Asks the control interface.
    fn control(&self, method: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(self.control).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_switch_is_walked_in_589_packets() {
    let lab = Lab::start(&[]);
    let bulk = ["-v2c", "-Cr25"];
    assert_eq!(lab.ask("snmpbulkwalk", &bulk, &["1.3.6.1.2.1.2"]).lines().count(), 358 * 22 + 1);
    let walked = lab.ask_at(
        &format!("tcp:{}", lab.agents[0]),
        "snmpbulkwalk",
        &bulk,
        &["1.3.6.1.2.1.31.1.1"],
    );
    // net-snmp says in a line of its own that the MIB is at its end.
    assert_eq!(
        walked.lines().filter(|line| line.starts_with(".1.3.6.1.2.1.31")).count(),
        358 * 19 + 1
    );
    let counts = lab.control("GET", "/-/counts");
    assert!(counts.contains(&format!("\r\n\r\n{} 589 589 ", lab.agents[0])), "{counts}");
}

#[test]
fn version_one_is_spoken() {
    let lab = Lab::start(&["--snmp.interfaces", "2"]);
    let system = lab.ask("snmpwalk", &["-v1"], &["1.3.6.1.2.1.1"]);
    assert_eq!(system.lines().count(), 7, "{system}");
    assert!(system.contains(".1.3.6.1.2.1.1.5.0 = STRING: \"lab-switch\""), "{system}");
    let missing = lab.ask("snmpget", &["-v1"], &["1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.99"]);
    assert!(missing.contains("noSuchName") && missing.contains(".1.3.6.1.2.1.1.99"), "{missing}");
}

#[test]
fn a_recording_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.snmprec");
    std::fs::write(&path, "1.3.6.1.4.1.1.2|70|18446744073709551615\n1.3.6.1.4.1.1.1|4x|00ff\n")
        .unwrap();
    let lab = Lab::start(&["--snmp.recording", path.to_str().unwrap()]);
    let walked = lab.ask("snmpwalk", &["-v2c"], &["1.3.6.1.4.1"]);
    assert_eq!(
        walked.lines().take(2).collect::<Vec<_>>(),
        [
            ".1.3.6.1.4.1.1.1 = Hex-STRING: 00 FF ",
            ".1.3.6.1.4.1.1.2 = Counter64: 18446744073709551615"
        ]
    );
}

#[test]
fn faults_are_set_for_all_or_for_one() {
    let lab = Lab::start(&["--snmp.agents", "2"]);
    let name = |agent: usize| {
        lab.ask_at(&lab.agents[agent].to_string(), "snmpget", &["-v2c"], &["1.3.6.1.2.1.1.5.0"])
    };
    assert!(name(0).contains("lab-switch") && name(1).contains("lab-switch"));
    lab.control("PUT", "/-/fault?instead=gen-err");
    assert!(name(0).contains("genError") && name(1).contains("genError"));
    lab.control("DELETE", "/-/fault");
    lab.control("PUT", &format!("/-/fault/{}?instead=too-big", lab.agents[1]));
    assert!(name(0).contains("lab-switch") && name(1).contains("tooBig"));
    lab.control("PUT", &format!("/-/fault/{}?instead=silence", lab.agents[0]));
    assert!(name(0).contains("Timeout"));
    let unknown = lab.control("PUT", "/-/fault?color=red");
    assert!(unknown.starts_with("HTTP/1.1 400") && unknown.contains("color"), "{unknown}");
}

#[test]
fn only_its_own_community_is_answered() {
    let lab = Lab::start(&["--snmp.community", "secret"]);
    assert!(lab.ask("snmpget", &["-v2c"], &["1.3.6.1.2.1.1.5.0"]).contains("Timeout"));
}
