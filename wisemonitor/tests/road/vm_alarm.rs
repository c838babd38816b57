//! Alarms of virtual machines: `wisemonitor vm-alarm` on simulated pools, looked at by calls of our own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What an administrator has set: a variable that we know nothing about, a choice of theirs, a note.
const THEIRS: &str = "<config><!-- ours --><note/><variable><name value=\"memory_internal_free\"/>\
    <alarm_trigger_level value=\"100000\"/><alarm_trigger_sense value=\"low\"/></variable>\
    <variable><name value=\"cpu_usage\"/><alarm_trigger_level value=\"0.5\"/>\
    <alarm_priority value=\"1\"/></variable></config>";

#[tokio::test]
async fn alarms_are_set_and_removed_and_those_of_others_stay() {
    let lab = Lab::start();
    let client = lab.client().await;
    let (vm, uuid, name) = client.vms().await.swap_remove(0);
    client.write(&vm, THEIRS).await;

    let said = lab.says(&["set", "lab", &name, "--cpu", "90%:5m", "--disk=50MiB/s:2m"]).await;
    let cells = |line: &str| {
        let cells = line.split_once(&uuid).unwrap().1.split("  ").map(str::trim);
        cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("|")
    };
    let lines: Vec<_> = said.lines().skip(1).map(cells).collect();
    let expected = [
        "memory_internal_free|below 100000|1m|1h",
        "cpu_usage|above 90%|5m|1h",
        "disk_usage|above 50MiB/s|2m|1h",
    ];
    assert_eq!(lines, expected, "{said}");
    assert_eq!(lab.says(&["get", "lab", &uuid]).await, said);
    let written = client.perfmon(&vm).await.unwrap();
    let theirs_until = THEIRS.find("0.5").unwrap();
    assert!(written.starts_with(&THEIRS[..theirs_until]), "{written}");
    assert!(written.contains("<alarm_priority value=\"1\"/>"), "{written}");

    lab.says(&["set", "lab", &name, "--network", "1GB/s:10m", "--repeat", "30m"]).await;
    let more = client.perfmon(&vm).await.unwrap();
    assert!(more.starts_with(written.strip_suffix("</config>").unwrap()), "{more}");
    assert!(more.contains("<alarm_trigger_level value=\"1000000000\"/>"), "{more}");
    assert!(more.contains("<alarm_auto_inhibit_period value=\"1800\"/>"), "{more}");

    lab.says(&["clear", "lab", &name, "--network"]).await;
    assert_eq!(client.perfmon(&vm).await.unwrap(), written);
    let said = lab.says(&["clear", "lab", &name]).await;
    assert!(said.contains("memory_internal_free") && !said.contains("cpu_usage"), "{said}");
    let left = client.perfmon(&vm).await.unwrap();
    assert!(left.starts_with("<config><!-- ours --><note/><variable>"), "{left}");

    // Without anything of others, nothing is left; and each command has ended its session.
    client.remove(&vm).await;
    lab.says(&["set", "lab", &name, "--cpu", "90%:5m"]).await;
    lab.says(&["clear", "lab", &name]).await;
    assert_eq!(client.perfmon(&vm).await, None);
    assert_eq!(lab.sessions().await, 1, "that of this test");
}

#[tokio::test]
async fn a_tag_is_a_group_and_a_name_of_several_is_none() {
    let lab = Lab::start();
    let client = lab.client().await;
    let vms = client.vms().await;
    let [(_, one, _), (_, other, _), (third, ..)] = &vms[..3] else { panic!("{vms:?}") };
    for (vm, ..) in &vms[..2] {
        client.call("VM.add_tags", json!([vm, "night"])).await;
        client.call("VM.set_name_label", json!([vm, "twin\u{1b}[2J"])).await;
    }
    let before = client.perfmon(third).await;

    let error = lab.refuses(&["set", "lab", "twin\u{1b}[2J", "--cpu", "80%:1m"]).await;
    assert!(error.contains(one) && error.contains(other) && error.contains("UUID"), "{error}");

    let said = lab.says(&["set", "lab", "--tag", "night", "--cpu", "80%:1m"]).await;
    let expected = "twin\u{fffd}[2J";
    assert_eq!(said.matches("above 80%").count(), 2, "{said}");
    assert!(said.contains(expected) && said.contains(one) && said.contains(other), "{said}");
    assert_eq!(lab.says(&["get", "lab", "--tag", "night"]).await, said);
    assert_eq!(client.perfmon(third).await, before);

    // One whose settings cannot be read keeps all as they are.
    let (broken, whole) = (&vms[0].0, &vms[1].0);
    client.write(broken, "<config>").await;
    let text = client.perfmon(whole).await;
    let error = lab.refuses(&["clear", "lab", "--tag", "night"]).await;
    assert!(error.contains("is no XML") && error.contains(&vms[0].1), "{error}");
    assert_eq!(client.perfmon(whole).await, text);
    assert_eq!(client.perfmon(broken).await.unwrap(), "<config>");
    assert!(lab.says(&["get", "lab", "--tag", "night"]).await.contains("is no XML"));
}

#[tokio::test]
async fn what_is_wrong_is_said_in_one_line() {
    let lab = Lab::start();
    let cpu = ["--cpu", "90%:5m"];
    for (arguments, expected) in [
        (vec!["get", "lab", "nobody"], "VM: pool \"lab\" has no \"nobody\""),
        (vec!["get", "moon", "x"], "has no pool \"moon\", expected one of lab, refused, unpinned"),
        (
            vec!["get", "lab", "--tag", "none"],
            "--tag: no VM of pool \"lab\" has \"none\", expected one of web",
        ),
        (vec!["get", "refused", "x"], "pool \"refused\": login at"),
        (vec!["get", "unpinned", "x"], "is none of those pinned"),
        (vec!["get", "lab", "x", "--xenserver.config=gone.yml"], "cannot read gone.yml"),
        (vec!["get", "lab"], "<VM|--tag <TAG>>"),
        (vec!["get", "lab", "x", "--tag", "web"], "cannot be used with"),
        (vec!["set", "lab", "x"], "required"),
        (vec!["set", "lab", "x", "--cpu", "90"], "`90`: expected LEVEL:PERIOD, such as 90%:5m"),
        (vec!["set", "lab", "x", "--disk", "50:5m"], "such as 100MiB/s:5m, in B/s"),
        (
            vec!["set", "lab", "x", cpu[0], cpu[1], "--repeat", "often"],
            "`often`: expected whole seconds",
        ),
    ] {
        let error = lab.refuses(&arguments).await;
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

/// A process with a pool, and a configuration that knows it. It ends with its owner.
struct Lab {
    process: Child,
    control: String,
    master: String,
    folder: TempDir,
}

impl Lab {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_wisemonitor"));
        let mut process = Command::new(program)
            .args(["guard", &std::process::id().to_string()])
            .arg(program.with_file_name("lab-xapi"))
            .args(["--xapi.listen-address=127.84.0.1:0", "--xapi.wrong-password-delay=0"])
            .args(["--hosts=2", "--vms=12"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut hosts = Vec::new();
        let control = BufReader::new(process.stdout.take().unwrap()).lines().find_map(|line| {
            match line.unwrap().split(' ').collect::<Vec<_>>()[..] {
                ["host", _, address, pin] => hosts.push((address.to_owned(), pin.to_owned())),
                ["control", address] => return Some(address.to_owned()),
                _ => {}
            }
            None
        });
        let control = control.expect("lab-xapi, which `make build` builds, says where it is");
        let pins = format!("['{}', '{}']", hosts[0].1, hosts[1].1);
        // The slave alone is known: the master is found.
        let pool = |name: &str, password: &str, pins: &str| {
            let address = &hosts[1].0;
            format!(
                "- {{name: {name}, addresses: ['{address}'], username: root, password: {password}, pins: {pins}}}\n"
            )
        };
        let no_pin = format!("['{}']", "00".repeat(32));
        let configuration = format!(
            "stale_after: 5m\npools:\n{}{}{}",
            pool("lab", "lab", &pins),
            pool("refused", "wrong", &pins),
            pool("unpinned", "lab", &no_pin)
        );
        let file = folder.path().join("xenserver-exporter/xenserver-exporter.yml");
        std::fs::create_dir(file.parent().unwrap()).unwrap();
        std::fs::write(file, configuration).unwrap();
        Self { process, control, master: hosts.swap_remove(0).0, folder }
    }

    /// Runs the command; it must succeed.
    async fn says(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.run(arguments).await;
        let error = String::from_utf8(stderr).unwrap();
        assert!(status.success() && error.is_empty(), "{arguments:?}: {error}");
        String::from_utf8(stdout).unwrap()
    }

    /// Runs the command; it must fail, with one error and nothing else.
    async fn refuses(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.run(arguments).await;
        let error = String::from_utf8(stderr).unwrap();
        assert!(!status.success() && stdout.is_empty(), "{arguments:?}: {error}");
        let is_one = error.starts_with("wisemonitor: ") && error.lines().count() == 1;
        let is_usage = error.starts_with("error: ") && error.contains("For more information");
        assert!(is_one || is_usage, "{arguments:?}: {error}");
        error
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wisemonitor"));
        command.args(["vm-alarm", "--dir"]).arg(self.folder.path()).args(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    async fn client(&self) -> Client {
        let http = reqwest::Client::builder()
            .danger_accept_invalid_certs(true)
            .no_proxy()
            .build()
            .unwrap();
        let url = format!("https://{}/jsonrpc", self.master);
        let mut client = Client { http, url, session: Value::Null };
        client.session = client.send("session.login_with_password", json!(["root", "lab"])).await;
        client
    }

    /// How many sessions there are.
    async fn sessions(&self) -> u64 {
        let pools = reqwest::get(format!("http://{}/pools", self.control)).await.unwrap();
        pools.json::<Value>().await.unwrap()[0]["sessions"].as_u64().unwrap()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Calls without the client under test.
struct Client {
    http: reqwest::Client,
    url: String,
    session: Value,
}

impl Client {
    /// Reference, UUID and name of each VM that is none of dom0, by their names.
    async fn vms(&self) -> Vec<(String, String, String)> {
        let records = self.call("VM.get_all_records", json!([])).await;
        let vms = records.as_object().unwrap().iter();
        let text = |vm: &Value, key: &str| vm[key].as_str().unwrap().to_owned();
        let mut vms: Vec<_> = vms
            .filter(|(_, vm)| vm["is_control_domain"] == false && vm["is_a_template"] == false)
            .map(|(vm, record)| (vm.clone(), text(record, "uuid"), text(record, "name_label")))
            .collect();
        vms.sort_by(|a, b| a.2.cmp(&b.2));
        vms
    }

    async fn perfmon(&self, vm: &str) -> Option<String> {
        let others = self.call("VM.get_other_config", json!([vm])).await;
        others["perfmon"].as_str().map(str::to_owned)
    }

    async fn write(&self, vm: &str, settings: &str) {
        self.remove(vm).await;
        self.call("VM.add_to_other_config", json!([vm, "perfmon", settings])).await;
    }

    async fn remove(&self, vm: &str) {
        self.call("VM.remove_from_other_config", json!([vm, "perfmon"])).await;
    }

    async fn call(&self, method: &str, parameters: Value) -> Value {
        let mut all = vec![self.session.clone()];
        all.extend(parameters.as_array().unwrap().iter().cloned());
        self.send(method, Value::Array(all)).await
    }

    async fn send(&self, method: &str, parameters: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters});
        let answer = self.http.post(&self.url).json(&body).send().await.unwrap();
        let mut answer: Value = answer.error_for_status().unwrap().json().await.unwrap();
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].take()
    }
}
