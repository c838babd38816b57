//! The line to the modem.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::modem::{Modem, Reply};

/// Bytes of the longest line or message that is kept.
const LONGEST: usize = 4096;

/// Serves one connection after the other, as a serial line has one user.
pub(crate) async fn serve(modem: Arc<Modem>, listener: TcpListener) {
    loop {
        if let Ok((line, _)) = listener.accept().await {
            // Whoever has gone away is not told anything any more.
            let _ = talk(&modem, line).await;
        }
    }
}

async fn talk(modem: &Modem, mut line: TcpStream) -> std::io::Result<()> {
    let mut heard = Vec::new();
    let mut prompted = false;
    loop {
        let byte = line.read_u8().await?;
        let end = if prompted { 0x1a } else { b'\r' };
        if byte != end {
            if heard.len() < LONGEST {
                heard.push(byte);
            }
            continue;
        }
        let text = String::from_utf8_lossy(&heard).into_owned();
        heard.clear();
        let reply = if prompted { modem.message(&text) } else { modem.command(&text) };
        prompted = reply == Reply::Prompt;
        match reply {
            Reply::Say(text) => line.write_all(text.as_bytes()).await?,
            Reply::Prompt => line.write_all(b"\r\n> ").await?,
            Reply::Silence => {}
            Reply::Reset => return Ok(()),
        }
    }
}
