//! A viewer over a WebSocket, as noVNC is one.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use vnc_recorder::rfb::decoder::Decoder;
use vnc_recorder::rfb::screen::Screen;

use crate::screen::in_time;

/// A viewer that has gone through the handshake.
pub(crate) struct Viewer {
    socket: WebSocketStream<TcpStream>,
    decoder: Decoder,
    pub(crate) screen: Screen,
    pub(crate) name: String,
    /// What the page around the screen was told last.
    pub(crate) notice: Value,
}

/// Why the viewer was cut off.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed(pub(crate) u16, pub(crate) String);

impl Viewer {
    pub(crate) async fn open(address: SocketAddr, path: &str) -> Result<Viewer, Closed> {
        let stream = TcpStream::connect(address).await.unwrap();
        let url = format!("ws://{address}/{path}");
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
        let screen = Screen::new(1, 1).unwrap();
        let (decoder, name, notice) = (Decoder::default(), String::new(), Value::Null);
        let mut viewer = Viewer { socket, decoder, screen, name, notice };
        assert_eq!(viewer.receive().await?, b"RFB 003.008\n");
        viewer.send(b"RFB 003.008\n").await;
        assert_eq!(viewer.receive().await?, [1, 1]);
        viewer.send(&[1]).await;
        assert_eq!(viewer.receive().await?, [0; 4]);
        viewer.send(&[1]).await;
        let init = viewer.receive().await?;
        let size = |at: usize| u16::from_be_bytes([init[at], init[at + 1]]);
        viewer.screen = Screen::new(size(0), size(2)).unwrap();
        viewer.name = String::from_utf8(init[24..].to_vec()).unwrap();
        // What noVNC asks for is replaced: here ZRLE alone, with 8 bits a pixel.
        viewer.send(&[0, 0, 0, 0, 8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0]).await;
        viewer.send(&[2, 0, 0, 1, 0, 0, 0, 16]).await;
        viewer.request(0).await;
        Ok(viewer)
    }

    /// Takes updates until the screen is as wanted.
    pub(crate) async fn until(&mut self, what: &str, mut wanted: impl FnMut(&Viewer) -> bool) {
        let seen = async {
            while !wanted(self) {
                self.update().await.unwrap_or_else(|closed| panic!("{what}: {closed:?}"));
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), seen)
            .await
            .unwrap_or_else(|_| panic!("not in time: {what}"));
    }

    /// Takes updates until it is cut off.
    pub(crate) async fn closed(&mut self) -> Closed {
        loop {
            if let Err(closed) = self.update().await {
                return closed;
            }
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.socket.send(Message::binary(bytes.to_vec())).await.unwrap();
    }

    pub(crate) async fn close(mut self) {
        self.socket.close(None).await.unwrap();
        while let Some(Ok(_)) = in_time(self.socket.next()).await {}
    }

    /// Red, green, blue of a pixel.
    pub(crate) fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        self.screen.pixels()[(y * self.screen.width() + x) * 4..][..3].try_into().unwrap()
    }

    /// All pixels: red, green, blue and 255.
    pub(crate) fn pixels(&self) -> Vec<u8> {
        let pixels = self.screen.pixels().chunks_exact(4);
        pixels.flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect()
    }

    async fn update(&mut self) -> Result<(), Closed> {
        let bytes = self.receive().await?;
        if bytes.is_empty() {
            return Ok(());
        }
        self.decoder.feed(&bytes, &mut self.screen).unwrap();
        if self.decoder.is_between_messages() {
            self.request(1).await;
        }
        Ok(())
    }

    async fn request(&mut self, incremental: u8) {
        let (width, height) = (self.screen.width() as u16, self.screen.height() as u16);
        let [[a, b], [c, d]] = [width.to_be_bytes(), height.to_be_bytes()];
        // One that is cut off is told so when it reads.
        let request = Message::binary(vec![3, incremental, 0, 0, 0, 0, a, b, c, d]);
        let _ = self.socket.send(request).await;
    }

    /// The next bytes; none when it was a notice.
    async fn receive(&mut self) -> Result<Vec<u8>, Closed> {
        match in_time(self.socket.next()).await {
            Some(Ok(Message::Binary(bytes))) => Ok(bytes.to_vec()),
            Some(Ok(Message::Text(text))) => {
                self.notice = serde_json::from_str(&text).unwrap();
                Ok(Vec::new())
            }
            Some(Ok(Message::Close(Some(frame)))) => {
                Err(Closed(frame.code.into(), frame.reason.to_string()))
            }
            other => panic!("{other:?}"),
        }
    }
}
