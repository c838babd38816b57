//! A VNC viewer over TCP or a WebSocket (RFC 6455), of its own: it shares no code with the program.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// Whatever is awaited comes within this time.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// What vnc-recorder knows us by here.
pub(crate) const TOKEN: &str = "bench";

const TEXT: u8 = 1;
const BINARY: u8 = 2;

/// A connection. What it reads is what the server has sent as binary messages.
pub(crate) struct Viewer {
    stream: BufReader<TcpStream>,
    frames: Option<Frames>,
}

/// Where the reader stands among the frames.
#[derive(Default)]
struct Frames {
    /// Bytes of the present frame that are not read yet.
    left: u64,
    /// Text messages that have come and were not asked for.
    texts: Vec<String>,
}

impl Viewer {
    pub(crate) async fn plain(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Viewer { stream: BufReader::with_capacity(256 << 10, stream), frames: None }
    }

    pub(crate) async fn websocket(address: SocketAddr, path: &str) -> Self {
        let mut viewer = Viewer::plain(address).await;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Authorization: Bearer {TOKEN}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             Sec-WebSocket-Version: 13\r\n\r\n"
        );
        viewer.stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(viewer.stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        viewer.frames = Some(Frames::default());
        viewer
    }

    /// Goes through RFB's handshake and asks for everything, in the pixel format that all servers have here.
    pub(crate) async fn shake_hands(&mut self) {
        self.read(12).await;
        self.send(b"RFB 003.008\n").await;
        let types = self.read(1).await[0];
        self.read(usize::from(types)).await;
        self.send(&[1]).await;
        self.read(4).await;
        self.send(&[1]).await;
        let init = self.read(24).await;
        let name = u32::from_be_bytes(init[20..].try_into().unwrap());
        self.read(name as usize).await;
        self.send(&[3, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]).await;
    }

    /// The next bytes of the stream.
    pub(crate) async fn read(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let mut at = 0;
        while at < length {
            at += self.read_some(&mut bytes[at..]).await;
        }
        bytes
    }

    /// Reads what has come; 0 at the end.
    pub(crate) async fn read_some(&mut self, buffer: &mut [u8]) -> usize {
        while self.frames.as_ref().is_some_and(|frames| frames.left == 0) {
            if let (TEXT, text) = self.head().await
                && let Some(frames) = &mut self.frames
            {
                frames.texts.push(text);
            }
        }
        let most = self
            .frames
            .as_ref()
            .map_or(buffer.len(), |frames| buffer.len().min(usize::try_from(frames.left).unwrap()));
        let read = tokio::time::timeout(DEADLINE, self.stream.read(&mut buffer[..most])).await;
        let read = read.expect("the server is silent").unwrap();
        assert!(read > 0, "the server has ended");
        if let Some(frames) = &mut self.frames {
            frames.left -= read as u64;
        }
        read
    }

    /// The next text message; what else comes is thrown away.
    pub(crate) async fn text(&mut self) -> String {
        loop {
            let frames = self.frames.as_mut().unwrap();
            if !frames.texts.is_empty() {
                return frames.texts.remove(0);
            }
            let left = usize::try_from(std::mem::take(&mut frames.left)).unwrap();
            self.stream.read_exact(&mut vec![0; left]).await.unwrap();
            if let (TEXT, text) = self.head().await {
                return text;
            }
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.write(BINARY, bytes).await;
    }

    pub(crate) async fn tell(&mut self, text: &str) {
        self.write(TEXT, text.as_bytes()).await;
    }

    /// The head of the next frame; a text whole. An answer to a ping is not expected within a bench.
    async fn head(&mut self) -> (u8, String) {
        let opcode = self.stream.read_u8().await.unwrap() & 0x0f;
        let length = match self.stream.read_u8().await.unwrap() {
            126 => u64::from(self.stream.read_u16().await.unwrap()),
            127 => self.stream.read_u64().await.unwrap(),
            short => short.into(),
        };
        if opcode <= BINARY && opcode != TEXT {
            self.frames.as_mut().unwrap().left = length;
            return (opcode, String::new());
        }
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut payload).await.unwrap();
        assert!(opcode != 8, "closed: {}", String::from_utf8_lossy(&payload));
        (opcode, String::from_utf8_lossy(&payload).into_owned())
    }

    async fn write(&mut self, opcode: u8, bytes: &[u8]) {
        if self.frames.is_none() {
            return self.stream.write_all(bytes).await.unwrap();
        }
        assert!(bytes.len() < 126, "short messages only");
        // Masked with zeros, as a client must mask.
        let mut frame = vec![0x80 | opcode, 0x80 | bytes.len() as u8, 0, 0, 0, 0];
        frame.extend(bytes);
        self.stream.write_all(&frame).await.unwrap();
    }
}
