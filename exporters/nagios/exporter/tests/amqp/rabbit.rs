//! A RabbitMQ of our own: node, epmd, folders and ports, all gone with the test.

use std::path::Path;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::ports::free_port;
use crate::until;

/// The package's scripts that do not change the user.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";

/// A RabbitMQ. Killed when dropped.
pub(crate) struct Rabbit {
    folder: tempfile::TempDir,
    port: u16,
    epmd_port: u16,
    distribution_port: u16,
    tls: bool,
    /// The system's processes by id, to be killed whatever happens.
    node: Option<i32>,
    script: Option<Child>,
    _epmd: Child,
}

impl Rabbit {
    /// Starts one.
    pub(crate) async fn start() -> Self {
        let mut rabbit = Self::reserve("").await;
        rabbit.launch().await;
        rabbit
    }

    /// Starts one that speaks TLS with the certificate in `folder` (`cert.pem`, `key.pem`).
    pub(crate) async fn start_tls(certificates: &Path) -> Self {
        let folder = certificates.display();
        let mut rabbit = Self::reserve(&format!(
            "listeners.tcp = none\nlisteners.ssl.1 = 127.0.0.1:PORT\nssl_options.certfile = {folder}/cert.pem\n\
             ssl_options.keyfile = {folder}/key.pem\nssl_options.verify = verify_none\n"
        ))
        .await;
        rabbit.tls = true;
        rabbit.launch().await;
        rabbit
    }

    /// An address at which nothing answers yet.
    pub(crate) async fn reserve(tls: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [port, epmd_port, distribution_port] = [free_port(), free_port(), free_port()];
        for name in ["mnesia", "log", "home"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let listen = match tls {
            "" => format!("listeners.tcp.1 = 127.0.0.1:{port}\n"),
            tls => tls.replace("PORT", &port.to_string()),
        };
        let limits = "disk_free_limit.absolute = 1MB\nvm_memory_high_watermark.absolute = 1GB\n";
        std::fs::write(folder.path().join("rabbit.conf"), listen + limits).unwrap();
        std::fs::write(folder.path().join("environment.conf"), "").unwrap();
        let epmd = Command::new("epmd")
            .args(["-port", &epmd_port.to_string(), "-address", "127.0.0.1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("epmd, from the Debian package rabbitmq-server");
        Rabbit {
            folder,
            port,
            epmd_port,
            distribution_port,
            tls: false,
            node: None,
            script: None,
            _epmd: epmd,
        }
    }

    /// Starts it at its address, with what it had before.
    pub(crate) async fn launch(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("out")).unwrap();
        let pid_file = self.folder.path().join("pid");
        let _ = std::fs::remove_file(&pid_file);
        let script = self
            .program("rabbitmq-server")
            .env("RABBITMQ_PID_FILE", &pid_file)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("rabbitmq-server, from the Debian package of that name");
        self.script = Some(script);
        until("RabbitMQ", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.ok()
        })
        .await;
        let pid = std::fs::read_to_string(&pid_file).unwrap();
        self.node = Some(pid.trim().parse().unwrap());
    }

    /// Where clients connect.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls { "amqps" } else { "amqp" };
        format!("{scheme}://guest:guest@localhost:{}", self.port)
    }

    /// Ends it as `kill -9` does.
    pub(crate) async fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        self.node = None;
        let _ = self.script.take().unwrap().wait().await;
    }

    /// It hangs until [`Rabbit::thaw`].
    pub(crate) fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub(crate) fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Lets it believe that so much of the memory is too much.
    pub(crate) async fn memory_limit(&self, share: &str) {
        let control =
            self.program("rabbitmqctl").args(["set_vm_memory_high_watermark", share]).output();
        let output = control.await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.node.unwrap()), signal).unwrap();
    }

    fn program(&self, name: &str) -> Command {
        let path = |name: &str| self.folder.path().join(name);
        let mut command = Command::new(Path::new(PROGRAMS).join(name));
        command
            .env("HOME", path("home"))
            .env("ERL_EPMD_PORT", self.epmd_port.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", "test@localhost")
            .env("RABBITMQ_MNESIA_BASE", path("mnesia"))
            .env("RABBITMQ_LOG_BASE", path("log"))
            .env("RABBITMQ_CONFIG_FILE", path("rabbit.conf"))
            .env("RABBITMQ_CONF_ENV_FILE", path("environment.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("plugins"))
            .env("ERL_CRASH_DUMP", "/dev/null")
            .env("RABBITMQ_DIST_PORT", self.distribution_port.to_string())
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
            )
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Rabbit {
    fn drop(&mut self) {
        if let Some(node) = self.node {
            let _ = kill(Pid::from_raw(node), Signal::SIGKILL);
        }
    }
}
