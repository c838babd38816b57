//! A Nagios of one's own: configuration in a temporary folder, commands, signals, and its end on drop.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Gid, Group, Pid, Uid, User};
use tempfile::TempDir;

const PROGRAM: &str = "/usr/sbin/nagios4";

/// Longest wait for anything that should happen at once. Valgrind on a busy machine is slow.
pub(crate) const SOON: Duration = Duration::from_secs(60);

const SETTINGS: &str = include_str!("daemon/settings.cfg");

const OBJECTS: &str = include_str!("daemon/objects.cfg");

/// What a Nagios is started with.
pub(crate) struct Setup {
    /// Program and arguments that start Nagios; none when it is started itself.
    wrapper: Vec<String>,
    program: PathBuf,
    module: PathBuf,
    arguments: String,
    settings: String,
    objects: String,
    folder: TempDir,
}

impl Setup {
    /// Hosts `switch` and `web` behind it, a contact, time periods, and no service yet.
    pub(crate) fn new() -> Setup {
        let test = std::env::current_exe().unwrap();
        Setup {
            wrapper: Vec::new(),
            program: PROGRAM.into(),
            module: test.with_file_name("libnagios_neb.so"),
            arguments: String::new(),
            settings: String::new(),
            objects: OBJECTS.to_owned(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Another build of the module.
    pub(crate) fn module(mut self, module: PathBuf) -> Setup {
        self.module = module;
        self
    }

    /// The same program with another version of the same length written over its own.
    pub(crate) fn claiming_version(mut self, version: &str) -> Setup {
        let own = Command::new(PROGRAM).arg("--version").output().unwrap().stdout;
        let own = String::from_utf8(own).unwrap();
        let own = own.split("Nagios Core ").nth(1).unwrap().lines().next().unwrap();
        assert_eq!(own.len(), version.len());
        let mut bytes = fs::read(PROGRAM).unwrap();
        for at in 0..bytes.len() - own.len() {
            if bytes[at..].starts_with(own.as_bytes()) {
                bytes[at..at + own.len()].copy_from_slice(version.as_bytes());
            }
        }
        self.program = self.folder.path().join("nagios");
        fs::write(&self.program, bytes).unwrap();
        fs::set_permissions(&self.program, fs::Permissions::from_mode(0o700)).unwrap();
        self
    }

    /// Runs Nagios in valgrind, which writes what it finds into the file `valgrind`.
    pub(crate) fn in_valgrind(mut self) -> Setup {
        let log = format!("--log-file={}", self.file("valgrind").display());
        let words = [
            "valgrind",
            "--fair-sched=yes",
            "--child-silent-after-fork=yes",
            "--num-callers=30",
            &log,
        ];
        self.wrapper = words.map(str::to_owned).to_vec();
        self
    }

    /// Arguments besides the socket.
    pub(crate) fn arguments(mut self, arguments: &str) -> Setup {
        self.arguments = arguments.to_owned();
        self
    }

    /// A line of the main configuration; a later one wins.
    pub(crate) fn setting(mut self, line: &str) -> Setup {
        writeln!(self.settings, "{line}").unwrap();
        self
    }

    /// Further objects.
    pub(crate) fn objects(mut self, objects: &str) -> Setup {
        self.objects.push_str(objects);
        self
    }

    /// A service of host `web` that only takes passive results; hard at the second.
    pub(crate) fn passive_service(self, name: &str) -> Setup {
        self.objects(&format!(
            "define service {{\n use passive\n host_name web\n service_description {name}\n}}\n"
        ))
    }

    /// A path in the folder of this Nagios.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where a reader has to listen.
    pub(crate) fn socket(&self) -> PathBuf {
        self.file("neb.sock")
    }

    pub(crate) fn start(self) -> Nagios {
        let socket = self.socket();
        let arguments = format!("socket={} {}", socket.display(), self.arguments);
        self.start_with_arguments(&arguments)
    }

    /// Starts with exactly these arguments for the module.
    pub(crate) fn start_with_arguments(self, arguments: &str) -> Nagios {
        let broker = format!("broker_module={} {arguments}\n", self.module.display());
        self.start_with_broker(&broker)
    }

    /// Starts with this line for a module, or with none.
    pub(crate) fn start_with_broker(self, broker: &str) -> Nagios {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        for name in ["results", "archive"] {
            fs::create_dir(at(name)).unwrap();
        }
        let user = User::from_uid(Uid::effective()).unwrap().unwrap().name;
        let group = Group::from_gid(Gid::effective()).unwrap().unwrap().name;
        let folder = at("");
        let settings = &self.settings;
        let configuration = format!(
            "log_file={folder}nagios.log\ncfg_file={folder}objects.cfg\n\
             object_cache_file={folder}objects.cache\nprecached_object_file={folder}objects.precache\n\
             status_file={folder}status.dat\nstate_retention_file={folder}retention.dat\n\
             command_file={folder}nagios.cmd\nlock_file={folder}nagios.pid\n\
             query_socket={folder}nagios.qh\ntemp_file={folder}nagios.tmp\ntemp_path={folder}\n\
             check_result_path={folder}results\nlog_archive_path={folder}archive\n\
             nagios_user={user}\nnagios_group={group}\n{SETTINGS}{settings}{broker}"
        );
        fs::write(at("nagios.cfg"), configuration).unwrap();
        fs::write(at("objects.cfg"), &self.objects).unwrap();
        let process = spawn(&self.wrapper, &self.program, self.folder.path());
        Nagios { wrapper: self.wrapper, program: self.program, process, folder: self.folder }
    }
}

fn spawn(wrapper: &[String], program: &Path, folder: &Path) -> Child {
    let console = fs::File::create(folder.join("console")).unwrap();
    let mut words = wrapper.iter().map(OsStr::new).chain([program.as_os_str()]);
    Command::new(words.next().unwrap())
        .args(words)
        .arg(folder.join("nagios.cfg"))
        .env("TZ", "UTC")
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null())
        .stderr(console.try_clone().unwrap())
        .stdout(console)
        .spawn()
        .unwrap_or_else(|error| panic!("{} (package nagios4-core): {error}", program.display()))
}

/// A running Nagios.
pub(crate) struct Nagios {
    wrapper: Vec<String>,
    program: PathBuf,
    process: Child,
    folder: TempDir,
}

impl Nagios {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.file("nagios.log")).unwrap_or_default()
    }

    /// Gives an external command, such as `ACKNOWLEDGE_SVC_PROBLEM;...`.
    pub(crate) fn command(&self, command: &str) {
        self.commands(&[command.to_owned()]);
    }

    /// Gives many at once.
    pub(crate) fn commands(&self, commands: &[String]) {
        give(&self.file("nagios.cmd"), commands);
    }

    /// A passive result for a service of host `web`.
    pub(crate) fn result(&self, service: &str, state: u8, output: &str) {
        self.command(&result(service, state, output));
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid().try_into().unwrap()), signal).unwrap();
    }

    /// Starts it once more, with the same files, when it has ended.
    pub(crate) fn start_again(&mut self) {
        assert!(!self.is_running());
        _ = fs::remove_file(self.file("nagios.cmd"));
        self.process = spawn(&self.wrapper, &self.program, self.folder.path());
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Its newest process for the command file: forked from it, without an exec.
    pub(crate) fn command_worker(&self) -> Option<Pid> {
        let log = self.log();
        let (_, pid) = log.rsplit_once("launched command file worker with pid ")?;
        Some(Pid::from_raw(pid.lines().next()?.parse().ok()?))
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    pub(crate) fn wait_for_end(&mut self) -> ExitStatus {
        let process = &mut self.process;
        wait_for("Nagios to end", || process.try_wait().unwrap())
    }

    /// Waits until Nagios' own status file says so: what it knows without the module.
    pub(crate) fn wait_for_status(&self, text: &str) {
        wait_for(&format!("status.dat to hold {text}"), || {
            let status = fs::read_to_string(self.file("status.dat")).unwrap_or_default();
            status.contains(text).then_some(())
        });
    }

    pub(crate) fn wait_for_log(&self, text: &str) {
        wait_for(&format!("the log to hold {text}"), || self.log().contains(text).then_some(()));
    }
}

impl Drop for Nagios {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let console = fs::read_to_string(self.file("console")).unwrap_or_default();
            eprintln!("console of Nagios:\n{console}");
        }
        if self.is_running() {
            self.signal(Signal::SIGTERM);
            let deadline = Instant::now() + SOON;
            while self.is_running() && Instant::now() < deadline {
                pause();
            }
            _ = self.process.kill();
            _ = self.process.wait();
        }
    }
}

/// The command for a passive result.
pub(crate) fn result(service: &str, state: u8, output: &str) -> String {
    format!("PROCESS_SERVICE_CHECK_RESULT;web;{service};{state};{output}")
}

/// Writes commands into Nagios' pipe, once Nagios has made it.
pub(crate) fn give(pipe: &Path, commands: &[String]) {
    let mut text = String::new();
    for command in commands {
        writeln!(text, "[{}] {command}", now()).unwrap();
    }
    let mut pipe = wait_for("the command file", || {
        OpenOptions::new().write(true).custom_flags(nix::libc::O_NONBLOCK).open(pipe).ok()
    });
    let mut rest = text.as_bytes();
    wait_for("room in the command file", || {
        // Whole lines within PIPE_BUF go in whole or not at all.
        while !rest.is_empty() {
            let size = rest[..rest.len().min(4096)].iter().rposition(|&byte| byte == b'\n')? + 1;
            if pipe.write(&rest[..size]).is_err() {
                return None;
            }
            rest = &rest[size..];
        }
        Some(())
    });
}

/// Seconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// Asks again until there is an answer.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        pause();
    }
}

fn pause() {
    std::thread::park_timeout(Duration::from_millis(10));
}
