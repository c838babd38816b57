//! The sockets of an agent: UDP, and TCP on the same port (RFC 3430).

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Mutex;

use crate::agent::{Agent, Reply};
use crate::ber;

/// The longest message that is read.
const LONGEST: usize = 65_535;

/// Starts an agent on an address and returns where it listens.
pub(crate) async fn start(agent: &Arc<Agent>, address: SocketAddr) -> anyhow::Result<SocketAddr> {
    let (socket, listener) =
        bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let address = socket.local_addr()?;
    tokio::spawn(serve_packets(Arc::clone(agent), Arc::new(socket)));
    tokio::spawn(serve_streams(Arc::clone(agent), listener));
    Ok(address)
}

/// Both sockets on one port. Where the system chooses it, a port that is free for one may be taken for the
/// other: then it chooses again.
async fn bind(address: SocketAddr) -> std::io::Result<(UdpSocket, TcpListener)> {
    let mut tries = if address.port() == 0 { 100 } else { 1 };
    loop {
        let socket = UdpSocket::bind(address).await?;
        match TcpListener::bind(socket.local_addr()?).await {
            Ok(listener) => return Ok((socket, listener)),
            Err(error) if tries == 1 => return Err(error),
            Err(_) => tries -= 1,
        }
    }
}

async fn serve_packets(agent: Arc<Agent>, socket: Arc<UdpSocket>) {
    let mut packet = vec![0; LONGEST];
    loop {
        // An error is an ICMP message about an earlier answer, whose receiver is gone.
        let Ok((length, peer)) = socket.recv_from(&mut packet).await else { continue };
        let Some(Reply { message, at, times }) = agent.hear(&packet[..length]) else { continue };
        let socket = Arc::clone(&socket);
        let send = async move {
            for _ in 0..times {
                // As in any network, what cannot be sent is lost.
                let _ = socket.send_to(&message, peer).await;
            }
        };
        match at {
            None => send.await,
            Some(at) => {
                tokio::spawn(async move {
                    tokio::time::sleep_until(at.into()).await;
                    send.await;
                });
            }
        }
    }
}

async fn serve_streams(agent: Arc<Agent>, listener: TcpListener) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve_stream(Arc::clone(&agent), stream));
        }
    }
}

/// Serves a connection until the other side ends it or says what is no message.
async fn serve_stream(agent: Arc<Agent>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let (mut reading, writing) = stream.into_split();
    let writing = Arc::new(Mutex::new(writing));
    while let Some(message) = read_message(&mut reading).await {
        if let Some(reply) = agent.hear(&message) {
            tokio::spawn(write_message(Arc::clone(&writing), reply));
        }
    }
}

async fn read_message(stream: &mut OwnedReadHalf) -> Option<Vec<u8>> {
    let mut message = vec![0; 2];
    stream.read_exact(&mut message).await.ok()?;
    let (start, length) = loop {
        if let Some(extent) = ber::extent(&message) {
            break extent;
        }
        if message.len() > 6 {
            return None;
        }
        message.push(stream.read_u8().await.ok()?);
    };
    let whole = start.checked_add(length).filter(|&whole| whole <= LONGEST)?;
    let read = message.len();
    message.resize(whole, 0);
    stream.read_exact(&mut message[read..]).await.ok()?;
    Some(message)
}

async fn write_message(stream: Arc<Mutex<OwnedWriteHalf>>, Reply { message, at, times }: Reply) {
    if let Some(at) = at {
        tokio::time::sleep_until(at.into()).await;
    }
    let mut stream = stream.lock().await;
    for _ in 0..times {
        let _ = stream.write_all(&message).await;
    }
}
