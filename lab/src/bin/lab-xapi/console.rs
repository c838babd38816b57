//! `CONNECT /console`: the way to a VM's VNC server.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::host::Host;
use crate::http::{Connection, Request};
use crate::pool::Pool;
use crate::serve;

/// What follows on the line after the request.
const OPENED: &[u8] =
    b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nCache-Control: no-cache, no-store\r\n\r\n";

/// What a VM without a VNC server tells its viewer.
const REFUSAL: &str = "this VM of the lab has no screen";

/// A console that may be opened. It counts as open until it is dropped.
pub(crate) struct Console<'a> {
    target: Option<TcpStream>,
    open: &'a AtomicUsize,
}

/// Finds the console that a request is for, or the status that refuses it.
pub(crate) async fn open<'a>(
    pool: &Pool,
    host: &'a Host,
    request: &Request,
) -> Result<Console<'a>, u16> {
    host.count("console");
    if !serve::admitted(pool, host, request).await {
        return Err(401);
    }
    let target = find(pool, host, request)?;
    let open = host.consoles();
    if open.fetch_add(1, Ordering::Relaxed) >= pool.settings.console_limit {
        open.fetch_sub(1, Ordering::Relaxed);
        return Err(503);
    }
    let mut console = Console { target: None, open };
    if let Some(address) = target {
        console.target = Some(TcpStream::connect(address).await.map_err(|_| 404_u16)?);
    }
    Ok(console)
}

/// The VNC server of the console, if it has one.
fn find(pool: &Pool, host: &Host, request: &Request) -> Result<Option<SocketAddr>, u16> {
    let (uuid, reference) = (request.parameter("uuid"), request.parameter("ref"));
    let (protocol, vm, home) = pool
        .with(|state| {
            let mut all = state.database.all("console");
            let (console, fields) = all.find(|(known, fields)| {
                reference == Some(known) || uuid == Some(fields.text("uuid"))
            })?;
            let vm = state.database.get("VM", fields.text("VM"))?;
            let name = vm.text("name_label").to_owned();
            Some((fields.text("protocol").to_owned(), name, state.home(console)))
        })
        .ok_or(404_u16)?;
    if home != host.reference {
        return Err(500);
    }
    if protocol != "rfb" {
        return Err(404);
    }
    let targets = &pool.settings.vnc;
    let own = targets.iter().find(|(name, _)| name.as_ref() == Some(&vm));
    Ok(own.or(targets.iter().find(|(name, _)| name.is_none())).map(|(_, address)| *address))
}

impl Console<'_> {
    /// Carries bytes to and fro until one side ends.
    pub(crate) async fn run<S>(mut self, connection: Connection<S>) -> anyhow::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Connection { mut stream, early } = connection;
        stream.write_all(OPENED).await?;
        match self.target.take() {
            Some(mut target) => {
                target.set_nodelay(true)?;
                target.write_all(&early).await?;
                tokio::io::copy_bidirectional(&mut stream, &mut target).await?;
            }
            None => refuse(&mut stream, early.len()).await?,
        }
        Ok(())
    }
}

impl Drop for Console<'_> {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Refuses a viewer as RFB 3.3 does it: security type 0, and why (RFC 6143, 7.1).
async fn refuse(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    early: usize,
) -> std::io::Result<()> {
    stream.write_all(b"RFB 003.003\n").await?;
    stream.flush().await?;
    let mut version = vec![0; 12_usize.saturating_sub(early)];
    stream.read_exact(&mut version).await?;
    stream.write_u32(0).await?;
    stream.write_u32(REFUSAL.len() as u32).await?;
    stream.write_all(REFUSAL.as_bytes()).await?;
    stream.shutdown().await
}
