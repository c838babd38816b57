//! A real VNC server, and its picture as X itself sees it.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// An X server with a screen to be seen over VNC. It dies with its owner.
pub(crate) struct Screen {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Screen {
    /// One of 320 x 200 that wants no password.
    pub(crate) async fn start() -> Screen {
        Screen::start_with(&["-SecurityTypes", "None"]).await
    }

    pub(crate) async fn start_with(flags: &[&str]) -> Screen {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let port = address.port().to_string();
        // The display has the port's number, so no two tests take the same.
        let process = Command::new("Xtigervnc")
            .arg(format!(":{port}"))
            .args(["-rfbport", &port, "-localhost", "-nolock", "-AlwaysShared"])
            .args(["-geometry", "320x200", "-depth", "24", "-desktop", "lab screen"])
            .args(flags)
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("Xtigervnc: {error}; make install-test-deps"));
        until("the screen is there", async || TcpStream::connect(address).is_ok()).await;
        Screen { process, address }
    }

    /// Runs an X program on the screen, to its end.
    pub(crate) async fn run(&self, program: &str, words: &[&str]) {
        let status = tokio::process::Command::new(program)
            .args(words)
            .env("DISPLAY", self.display())
            .status()
            .await
            .unwrap_or_else(|error| panic!("{program}: {error}; make install-test-deps"));
        assert!(status.success(), "{program}: {status}");
    }

    /// Paints the whole screen.
    pub(crate) async fn paint(&self, colour: [u8; 3]) {
        let [red, green, blue] = colour;
        let colour = format!("#{red:02x}{green:02x}{blue:02x}");
        self.run("xsetroot", &["-solid", &colour]).await;
    }

    /// Paints a pattern of two colours with small parts.
    pub(crate) async fn weave(&self, colour: &str) {
        self.run("xsetroot", &["-mod", "5", "7", "-fg", colour, "-bg", "navy"]).await;
    }

    /// The pixels as X itself tells them: red, green, blue and 255.
    pub(crate) fn pixels(&self) -> Vec<u8> {
        let dump = Command::new("xwd")
            .args(["-root", "-silent", "-display", &self.display()])
            .output()
            .unwrap_or_else(|error| panic!("xwd: {error}; make install-test-deps"));
        let bytes = dump.stdout;
        // XWDFile.h: header_size, then from the 5th word on width and height; the 13th bytes_per_line, the 20th
        // the number of colours of 12 bytes that stand before the pixels.
        let word =
            |at: usize| u32::from_be_bytes(bytes[at * 4..at * 4 + 4].try_into().unwrap()) as usize;
        let (width, height, line) = (word(4), word(5), word(12));
        let start = word(0) + word(19) * 12;
        let rows = (0..height).flat_map(|y| bytes[start + y * line..][..width * 4].chunks_exact(4));
        rows.flat_map(|pixel| [pixel[2], pixel[1], pixel[0], 255]).collect()
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // What was killed leaves its socket.
        let _ = std::fs::remove_file(format!("/tmp/.X11-unix/X{}", self.address.port()));
    }

    pub(crate) fn display(&self) -> String {
        format!(":{}", self.address.port())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits for what must come.
pub(crate) async fn in_time<T>(coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, coming).await.expect("in time")
}
