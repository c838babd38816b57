//! A sender of the old product, written from its format alone, and the old calls about what it sent.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use vnc_recorder::config::Ingest;
use vnc_recorder::ingest;
use vnc_recorder::recording::Origin;
use vnc_recorder::recording::store::{Filter, State};

use crate::desk::Desk;
use crate::screen::until;

const VM: &str = "5b2cd8a1-7a35-4f0e-9e52-0c0f31a1b7d4";

/// Listens for senders of these sources, beside a desk.
async fn listen(desk: &Desk, source: &str, stop: &CancellationToken) -> SocketAddr {
    let listen = ([127, 0, 0, 1], 0).into();
    let settings = Ingest { listen, sources: vec![source.parse().unwrap()] };
    let listener = ingest::bind(&settings).await.unwrap();
    let address = listener.local_addr().unwrap();
    let store = desk.consoles.store.clone();
    tokio::spawn(ingest::serve(listener, settings, store, stop.clone()));
    address
}

fn header(start: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reference = format!("OpaqueRef:{VM}");
    for (text, length) in [("xen-7", 64), (&*reference, 128), (start, 64), ("10.1.2.3", 128)] {
        let field = bytes.len();
        bytes.extend(text.as_bytes());
        bytes.resize(field + length, 0);
    }
    bytes
}

fn frame(kind: i32, time: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend(time.to_le_bytes());
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(payload);
    bytes
}

/// A session of two pictures: all red, then a blue pixel. `blue_first`: as old viewers ask for it.
fn session(blue_first: bool) -> Vec<(i32, u32, Vec<u8>)> {
    let shifts = if blue_first { [16, 8, 0] } else { [0, 8, 16] };
    let format = [&[32, 24, 0, 1, 0, 255, 0, 255, 0, 255][..], &shifts, &[0; 3]].concat();
    let colour = |[red, green, blue]: [u8; 3]| match blue_first {
        true => [blue, green, red, 0],
        false => [red, green, blue, 0],
    };
    let init = [&[0, 32, 0, 16][..], &format, &[0, 0, 0, 3], b"old"].concat();
    let rect =
        |x: u8, width: u8, height: u8| [0, 0, 0, 1, 0, x, 0, 0, 0, width, 0, height, 0, 0, 0, 2];
    let red = [&rect(0, 32, 16)[..], &[0; 4], &colour([255, 0, 0])].concat();
    let blue = [&rect(9, 1, 1)[..], &[0; 4], &colour([0, 0, 255])].concat();
    vec![
        (0, 0, b"RFB 003.008\n".to_vec()),
        (1, 1, b"RFB 003.008\n".to_vec()),
        (0, 2, vec![1, 1]),
        (1, 3, vec![1]),
        (0, 4, vec![0; 4]),
        (1, 5, vec![1]),
        (0, 6, init),
        (1, 7, [&[0; 4][..], &format].concat()),
        (0, 100, red),
        (0, 5000, blue),
    ]
}

async fn send(address: SocketAddr, base64: bool, session: &[(i32, u32, Vec<u8>)]) {
    use base64::Engine as _;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&header("1700000000")).await.unwrap();
    assert_eq!(stream.read_i32_le().await.unwrap(), 0);
    for (kind, time, payload) in session {
        let text = base64::engine::general_purpose::STANDARD.encode(payload).into_bytes();
        let payload = if base64 { &text } else { payload };
        stream.write_all(&frame(*kind, *time, payload)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_session_is_recorded_and_found_again() {
    let desk = Desk::start("recording: {reserve: 1MiB}\n").await;
    let stop = CancellationToken::new();
    let address = listen(&desk, "127.0.0.0/8", &stop).await;
    let list = || desk.consoles.store.list(&Filter::default());
    for (number, (base64, blue_first)) in [(false, false), (true, true)].into_iter().enumerate() {
        send(address, base64, &session(blue_first)).await;
        until("it is recorded", async || {
            list().iter().filter(|found| found.state == State::Complete).count() == number + 1
        })
        .await;
    }
    for found in list() {
        assert_eq!(found.begin.origin, Origin::Ingest);
        assert_eq!(found.begin.host.as_deref(), Some("xen-7"));
        assert_eq!(found.begin.target, format!("ingest/{VM}"));
        assert_eq!(
            (&*found.begin.client, found.begin.started.as_second()),
            ("10.1.2.3", 1_700_000_000)
        );
        assert_eq!((found.duration_ms, found.begin.width, found.begin.height), (5000, 32, 16));
        let mut reader = desk.consoles.store.reader(found.begin.id).unwrap().unwrap();
        let pixel = |reader: &vnc_recorder::recording::reader::Reader| {
            <[u8; 3]>::try_from(&reader.screen().pixels()[36..39]).unwrap()
        };
        reader.seek(4999).unwrap();
        assert_eq!(pixel(&reader), [255, 0, 0]);
        reader.seek(5000).unwrap();
        assert_eq!(pixel(&reader), [0, 0, 255]);
        reader.seek(0).unwrap();
        assert_eq!(pixel(&reader), [0, 0, 0]);
    }
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_cut_off() {
    let desk = Desk::start("recording: {reserve: 1MiB}\n").await;
    let stop = CancellationToken::new();
    let address = listen(&desk, "127.0.0.1/32", &stop).await;
    let answer = async |bytes: &[u8]| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut heard = Vec::new();
        // Who is cut off with bytes unread gets a reset.
        let _ = crate::screen::in_time(stream.read_to_end(&mut heard)).await;
        heard
    };
    assert_eq!(answer(&header("yesterday")).await, (-1_i32).to_le_bytes());
    let absurd = [header("1"), 0_i32.to_le_bytes().to_vec(), vec![0; 4], vec![255; 4]].concat();
    assert_eq!(answer(&absurd).await, [0; 4]);
    assert_eq!(answer(&[header("1"), frame(7, 0, b"")].concat()).await, [0; 4]);
    assert_eq!(answer(&[header("1"), frame(0, 0, b"GET /")].concat()).await, [0; 4]);
    assert!(desk.consoles.store.list(&Filter::default()).is_empty());

    let elsewhere = listen(&desk, "192.0.2.1/32", &stop).await;
    let mut stream = TcpStream::connect(elsewhere).await.unwrap();
    assert_eq!(
        stream.read_i32_le().await.map_err(|error| error.kind()).unwrap_err(),
        std::io::ErrorKind::UnexpectedEof
    );
    stop.cancel();
}
