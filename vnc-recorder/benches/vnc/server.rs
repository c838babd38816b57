//! VNC servers to measure with: one that sends as fast as it can, one that sends small updates at a pace, one
//! that behaves as a text console.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a server sends once somebody has asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Traffic {
    /// Raw updates without a pause.
    Bulk,
    /// [`PACED_BYTES`] each so often; the first pixels hold the time since `epoch`, in nanoseconds.
    Paced { every: Duration, epoch: Instant },
    /// A line of text each so often: what is there is moved up, the line is drawn in hextiles.
    Text { every: Duration },
}

/// Bytes of an update of [`Traffic::Paced`]: its head, and 16 by 16 pixels.
pub(crate) const PACED_BYTES: usize = 16 + 16 * 16 * 4;

/// A server for any number of viewers, for as long as the program runs.
pub(crate) async fn serve(traffic: Traffic) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve_one(stream, traffic));
        }
    });
    address
}

/// Ends with the viewer.
async fn serve_one(mut stream: TcpStream, traffic: Traffic) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(b"RFB 003.008\n").await?;
    stream.read_exact(&mut [0; 12]).await?;
    stream.write_all(&[1, 1]).await?;
    stream.read_exact(&mut [0; 1]).await?;
    stream.write_all(&[0; 4]).await?;
    stream.read_exact(&mut [0; 1]).await?;
    stream.write_all(&init()).await?;
    // The first message after the pins, or after nothing, is the request; the others do not matter here.
    stream.read_exact(&mut [0; 10]).await?;
    let (mut ignored, mut stream) = stream.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut ignored, &mut tokio::io::sink()).await });
    match traffic {
        Traffic::Bulk => {
            let update = rectangle((0, 0, 1280, 200), 0, &vec![0x55; 1280 * 200 * 4]);
            loop {
                stream.write_all(&update).await?;
            }
        }
        Traffic::Paced { every, epoch } => {
            let mut pixels = [0x55; 16 * 16 * 4];
            let mut ticks = tokio::time::interval(every);
            loop {
                ticks.tick().await;
                pixels[..8].copy_from_slice(&(epoch.elapsed().as_nanos() as u64).to_be_bytes());
                stream.write_all(&rectangle((0, 0, 16, 16), 0, &pixels)).await?;
            }
        }
        Traffic::Text { every } => {
            let mut ticks = tokio::time::interval(every);
            for number in 0.. {
                ticks.tick().await;
                stream.write_all(&scrolled_line(number)).await?;
            }
            Ok(())
        }
    }
}

/// `ServerInit` of a screen of 1280 by 800 in noVNC's pixel format.
fn init() -> Vec<u8> {
    let mut init = vec![5, 0, 3, 32];
    init.extend([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]);
    init.extend([0, 0, 0, 5]);
    init.extend(b"bench");
    init
}

/// An update of one rectangle.
pub(crate) fn rectangle(place: (u16, u16, u16, u16), encoding: i32, data: &[u8]) -> Vec<u8> {
    let mut update = vec![0, 0, 0, 1];
    append(&mut update, place, encoding, data);
    update
}

fn append(update: &mut Vec<u8>, (x, y, w, h): (u16, u16, u16, u16), encoding: i32, data: &[u8]) {
    for number in [x, y, w, h] {
        update.extend(number.to_be_bytes());
    }
    update.extend(encoding.to_be_bytes());
    update.extend(data);
}

/// Everything is moved up by a line of 16 pixels, and a new line of 80 letters is drawn below.
fn scrolled_line(number: u32) -> Vec<u8> {
    let mut update = vec![0, 0, 0, 2];
    append(&mut update, (0, 0, 1280, 784), 1, &[0, 0, 0, 16]);
    let mut tiles = Vec::new();
    for column in 0..80_u32 {
        letter(&mut tiles, (number * 31 + column * column * 7 + column) % 61);
    }
    append(&mut update, (0, 784, 1280, 16), 5, &tiles);
    update
}

/// A hextile with the strokes of a letter: one colour on another.
fn letter(tiles: &mut Vec<u8>, letter: u32) {
    const BACKGROUND_FOREGROUND_SUBRECTS: u8 = 2 | 4 | 8;
    tiles.push(BACKGROUND_FOREGROUND_SUBRECTS);
    tiles.extend([0, 0, 0, 0, 0xaa, 0xaa, 0xaa, 0]);
    let strokes = 3 + (letter % 5) as u8;
    tiles.push(strokes);
    for stroke in 0..u32::from(strokes) {
        let seed = letter.wrapping_mul(2_654_435_761).wrapping_add(stroke.wrapping_mul(40_503));
        let (x, y) = (seed >> 8 & 7, seed >> 12 & 7);
        let (width, height) =
            if stroke % 2 == 0 { (1, seed >> 16 & 7) } else { (seed >> 16 & 7, 1) };
        tiles.extend([(x << 4 | y) as u8, (width << 4 | height) as u8]);
    }
}
