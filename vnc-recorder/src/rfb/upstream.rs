//! The handshake with a VNC server: RFB 3.3, 3.7 and 3.8, without a password or with VNC's.
//!
//! Promises: the password goes to the server only; a screen larger than we draw is refused; every text of the
//! server is cut to [`LONGEST_TEXT`]. Deadlines are the caller's.

use std::io;
use std::time::Duration;

use des::Des;
use des::cipher::{BlockEncrypt as _, KeyInit as _};
use exporter_kit::Secret;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::screen;

/// Bytes of a server's name or reason that are kept.
pub const LONGEST_TEXT: usize = 1024;

/// Bytes of a text of the server that are read at all.
const MOST_TEXT: u32 = 1 << 20;

/// A connection to a server.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// How to get in at a VNC server.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// VNC's password, of which the protocol uses eight bytes.
    pub password: Option<Secret>,
}

/// A server whose handshake is done.
pub struct Upstream {
    /// What it sends from here on are messages in the pinned pixel format.
    pub stream: Box<dyn Connection>,
    /// Its screen's width in pixels.
    pub width: u16,
    /// Its screen's height in pixels.
    pub height: u16,
    /// Its desktop's name.
    pub name: String,
}

/// Why a target cannot be shown, in words for its user.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The id is none, or no longer.
    #[error("there is no such target")]
    NotThere,
    /// It is known and has no console now.
    #[error("it has no console now: {0}")]
    NoConsole(String),
    /// The connection failed.
    #[error("it cannot be reached: {0}")]
    Io(#[from] io::Error),
    /// The pool of the VM cannot be asked, or is not believed.
    #[error("its pool cannot be used: {0}")]
    Pool(#[from] Box<xenapi::Error>),
    /// It did not finish the handshake.
    #[error("it did not answer within {0:?}")]
    Late(Duration),
    /// It speaks something else.
    #[error("it speaks no RFB: {0:?} came, expected a version such as \"RFB 003.008\"")]
    Version(String),
    /// It refused us.
    #[error("it refuses: {0}")]
    Refused(String),
    /// It asks for a login that we cannot give.
    #[error("it offers the security types {offered:?}, expected {expected}")]
    Security {
        /// What it offers, by RFC 6143's numbers.
        offered: Vec<u8>,
        /// What we can do.
        expected: &'static str,
    },
    /// Its screen is too large to be drawn.
    #[error("its screen has {width} x {height} pixels, expected 1 to {most}", most = screen::MOST_PIXELS)]
    Size {
        /// Width in pixels.
        width: u16,
        /// Height in pixels.
        height: u16,
    },
}

const NONE: u8 = 1;
const VNC: u8 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    V3,
    V7,
    V8,
}

/// Goes through the handshake, shares the desktop with others, and pins the pixel format and encodings.
///
/// # Errors
/// Why it cannot be shown.
pub async fn handshake(
    mut stream: Box<dyn Connection>,
    login: &Login,
) -> Result<Upstream, Failure> {
    let version = agree(&mut stream).await?;
    let kind = match version {
        Version::V3 => given(&mut stream, login).await?,
        Version::V7 | Version::V8 => chosen(&mut stream, login).await?,
    };
    if let (VNC, Some(password)) = (kind, &login.password) {
        let mut challenge = [0; 16];
        stream.read_exact(&mut challenge).await?;
        stream.write_all(&respond(password, challenge)).await?;
    }
    // Before 3.8 a server that asks for nothing tells no result.
    if (version == Version::V8 || kind == VNC) && stream.read_u32().await? != 0 {
        return Err(Failure::Refused(match version {
            Version::V8 => text(&mut stream).await?,
            _ => "the password is wrong".to_owned(),
        }));
    }
    stream.write_u8(1).await?; // ClientInit: the desktop is shared
    let (width, height) = (stream.read_u16().await?, stream.read_u16().await?);
    stream.read_exact(&mut [0; 16]).await?; // its own pixel format, which is replaced
    let name = text(&mut stream).await?;
    if !screen::is_size(width, height) {
        return Err(Failure::Size { width, height });
    }
    stream.write_all(&super::pins()).await?;
    stream.flush().await?;
    Ok(Upstream { stream, width, height, name })
}

async fn agree(stream: &mut Box<dyn Connection>) -> Result<Version, Failure> {
    let mut line = [0; 12];
    stream.read_exact(&mut line).await?;
    let unknown = || Failure::Version(String::from_utf8_lossy(&line).into_owned());
    let number = |range: std::ops::Range<usize>| {
        let digits = &line[range];
        let text = str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_digit));
        text.and_then(|text| text.parse::<u16>().ok()).ok_or_else(unknown)
    };
    if !line.starts_with(b"RFB ") || line[7] != b'.' || line[11] != b'\n' {
        return Err(unknown());
    }
    // Unknown minor versions count as 3.3 (RFC 6143, 7.1.1); RealVNC's 4.x and 5.x speak 3.8.
    let (version, answer) = match (number(4..7)?, number(8..11)?) {
        (3, 7) => (Version::V7, b"RFB 003.007\n"),
        (3, 8..) | (4.., _) => (Version::V8, b"RFB 003.008\n"),
        (3, _) => (Version::V3, b"RFB 003.003\n"),
        _ => return Err(unknown()),
    };
    stream.write_all(answer).await?;
    Ok(version)
}

/// Before 3.7 the server decides.
async fn given(stream: &mut Box<dyn Connection>, login: &Login) -> Result<u8, Failure> {
    match stream.read_u32().await? {
        0 => Err(Failure::Refused(text(stream).await?)),
        kind => choose(&[u8::try_from(kind).unwrap_or(u8::MAX)], login),
    }
}

/// Since 3.7 the client chooses.
async fn chosen(stream: &mut Box<dyn Connection>, login: &Login) -> Result<u8, Failure> {
    let mut offered = vec![0; usize::from(stream.read_u8().await?)];
    if offered.is_empty() {
        return Err(Failure::Refused(text(stream).await?));
    }
    stream.read_exact(&mut offered).await?;
    let kind = choose(&offered, login)?;
    stream.write_u8(kind).await?;
    Ok(kind)
}

fn choose(offered: &[u8], login: &Login) -> Result<u8, Failure> {
    let wanted: &[u8] = if login.password.is_some() { &[VNC, NONE] } else { &[NONE] };
    wanted.iter().find(|kind| offered.contains(kind)).copied().ok_or_else(|| Failure::Security {
        offered: offered.to_vec(),
        expected: match login.password {
            Some(_) => "2 (VNC password) or 1 (none)",
            None => "1 (none), as no password is configured for it",
        },
    })
}

/// VNC's answer to a challenge: DES, where the password's bits stand in each byte from the lowest.
fn respond(password: &Secret, challenge: [u8; 16]) -> [u8; 16] {
    let mut key = [0; 8];
    for (slot, byte) in key.iter_mut().zip(password.expose().bytes()) {
        *slot = byte.reverse_bits();
    }
    let cipher = Des::new(&key.into());
    let mut response = challenge;
    for block in response.chunks_exact_mut(8) {
        cipher.encrypt_block(block.into());
    }
    response
}

async fn text(stream: &mut Box<dyn Connection>) -> Result<String, Failure> {
    let length = stream.read_u32().await?;
    if length > MOST_TEXT {
        return Err(Failure::Refused(format!(
            "a text of {length} bytes, expected {MOST_TEXT} at most"
        )));
    }
    let mut kept = vec![0; (length as usize).min(LONGEST_TEXT)];
    stream.read_exact(&mut kept).await?;
    let rest = u64::from(length) - kept.len() as u64;
    tokio::io::copy(&mut stream.take(rest), &mut tokio::io::sink()).await?;
    Ok(String::from_utf8_lossy(&kept).into_owned())
}

#[cfg(test)]
mod tests;
