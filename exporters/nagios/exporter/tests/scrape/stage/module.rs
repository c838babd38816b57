//! The Nagios module's side of the conversation.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nagios_event::{
    Ack, Body, Check, Event, Flags, Frame, Hello, Host, MAX_FRAME, PROTOCOL, Service,
    SnapshotBegin, Split, State, Stats, encode, split,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::LIMIT;

/// Where the tests' times lie: 2026-01-01T00:00:00Z.
pub(crate) const EPOCH: i64 = 1_767_225_600;

/// A connected module.
pub(crate) struct Module {
    speech: Arc<Mutex<Speech>>,
    /// Tells the counters each second, once it has introduced itself.
    pulse: Option<JoinHandle<()>>,
    stream: OwnedReadHalf,
    received: Vec<u8>,
    epoch: u64,
    seq: u64,
    acknowledged: u64,
}

struct Speech {
    stream: OwnedWriteHalf,
    /// The counters as they were told last.
    stats: Stats,
}

impl Module {
    /// Connects and says nothing.
    pub(crate) async fn connect(socket: &Path) -> Self {
        let (stream, out) = UnixStream::connect(socket).await.unwrap().into_split();
        let speech = Arc::new(Mutex::new(Speech { stream: out, stats: Stats::default() }));
        let received = Vec::new();
        Module { speech, pulse: None, stream, received, epoch: 0, seq: 0, acknowledged: 0 }
    }

    /// Connects, introduces itself as the Nagios process of `epoch` and sends a snapshot that includes every event
    /// up to `seq`.
    pub(crate) async fn start(socket: &Path, epoch: u64, seq: u64, objects: &[Frame]) -> Self {
        let mut module = Self::connect(socket).await;
        (module.epoch, module.seq) = (epoch, seq);
        module.send(&hello(epoch)).await;
        module.snapshot(objects).await;
        module.pulse = Some(tokio::spawn(beat(Arc::clone(&module.speech))));
        module
    }

    /// Gives no sign of life any more.
    pub(crate) fn fall_silent(&mut self) {
        self.pulse.take().unwrap().abort();
    }

    pub(crate) async fn snapshot(&mut self, objects: &[Frame]) {
        let begin = SnapshotBegin { seq: self.seq, inventory: 1, loop_start: EPOCH };
        self.send(&Frame::SnapshotBegin(begin)).await;
        for frame in objects {
            self.send(frame).await;
        }
        self.send(&Frame::SnapshotEnd).await;
    }

    pub(crate) async fn send(&mut self, frame: &Frame) {
        let mut speech = self.speech.lock().await;
        if let Frame::Stats(stats) = frame {
            speech.stats = *stats;
        }
        speech.stream.write_all(&bytes(frame)).await.unwrap();
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.speech.lock().await.stream.write_all(bytes).await.unwrap();
    }

    /// Sends an event with the next number and returns the number.
    pub(crate) async fn event(&mut self, body: Body<String>) -> u64 {
        self.seq += 1;
        let (epoch, seq, at_us) = (self.epoch, self.seq, EPOCH * 1_000_000);
        self.send(&Frame::Event(Event { epoch, seq, at_us, body })).await;
        self.seq
    }

    pub(crate) async fn check(&mut self, state: State<String>) -> u64 {
        self.event(Body::Check(checked(state))).await
    }

    /// Waits until every event up to `seq` is acknowledged.
    pub(crate) async fn acknowledged(&mut self, seq: u64) {
        let reading = async {
            while self.acknowledged < seq {
                self.read_acknowledgement().await;
            }
        };
        tokio::time::timeout(LIMIT, reading).await.expect("not acknowledged");
        assert_eq!(self.acknowledged, seq, "acknowledged too much");
    }

    /// Whether `seq` stays unacknowledged for a while.
    pub(crate) async fn stays_unacknowledged(&mut self, seq: u64) -> bool {
        let reading = async {
            while self.acknowledged < seq {
                self.read_acknowledgement().await;
            }
        };
        tokio::time::timeout(Duration::from_millis(700), reading).await.is_err()
    }

    /// Waits until the exporter hangs up.
    pub(crate) async fn hung_up(&mut self) {
        let mut rest = Vec::new();
        // A reset is a hang-up as well.
        let _ = tokio::time::timeout(LIMIT, self.stream.read_to_end(&mut rest))
            .await
            .expect("the exporter did not hang up");
    }

    async fn read_acknowledgement(&mut self) {
        loop {
            match split(&self.received).unwrap() {
                Split::Frame(frame, used) => {
                    self.received.drain(..used);
                    let Ok(Frame::Ack(Ack { epoch, seq })) = frame else {
                        panic!("no Ack: {frame:?}")
                    };
                    assert_eq!(epoch, self.epoch);
                    assert!(seq > self.acknowledged, "acknowledged {seq} twice");
                    self.acknowledged = seq;
                    return;
                }
                Split::Incomplete => {
                    let read = self.stream.read_buf(&mut self.received).await.unwrap();
                    assert!(read > 0, "the exporter hung up");
                }
            }
        }
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if let Some(pulse) = &self.pulse {
            pulse.abort();
        }
    }
}

async fn beat(speech: Arc<Mutex<Speech>>) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        second.tick().await;
        let mut speech = speech.lock().await;
        let stats = bytes(&Frame::Stats(speech.stats));
        if speech.stream.write_all(&stats).await.is_err() {
            return;
        }
    }
}

/// An introduction.
pub(crate) fn hello(epoch: u64) -> Frame {
    Frame::Hello(Hello {
        protocol: PROTOCOL,
        epoch,
        pid: 4711,
        instance: "test".to_owned(),
        module_version: "0.1.0".to_owned(),
        nagios_version: "4.4.6".to_owned(),
        warnings: Vec::new(),
    })
}

/// A frame as it goes over the socket.
pub(crate) fn bytes(frame: &Frame) -> Vec<u8> {
    let mut buffer = vec![0; MAX_FRAME];
    let size = encode(&mut buffer, frame).unwrap();
    buffer.truncate(size);
    buffer
}

pub(crate) fn host(name: &str) -> Frame {
    Frame::Host(Host {
        name: name.to_owned(),
        alias: format!("Alias of {name}"),
        address: "192.0.2.1".to_owned(),
        check_command: "check-host-alive".to_owned(),
        ..Host::default()
    })
}

pub(crate) fn service(host: &str, name: &str) -> Frame {
    Frame::Service(Service {
        host: host.to_owned(),
        name: name.to_owned(),
        check_command: format!("check_{name}"),
        ..Service::default()
    })
}

/// A check that led to a state.
pub(crate) fn checked(state: State<String>) -> Check<String> {
    Check { state, ..Check::default() }
}

/// A checked, hard state that nobody has touched; `service` is empty for a host.
pub(crate) fn state(host: &str, service: &str, state: u8) -> State<String> {
    let flags = [
        Flags::CHECKED,
        Flags::HARD,
        Flags::NOTIFICATIONS,
        Flags::ACTIVE_CHECKS,
        Flags::LAYOUT_KNOWN,
    ];
    State {
        host: host.to_owned(),
        service: service.to_owned(),
        state,
        flags: flags.into_iter().fold(Flags::default(), |all, flag| all.with(flag, true)),
        attempt: if state == 0 { 1 } else { 2 },
        max_attempts: 2,
        last_check: EPOCH + 60,
        next_check: EPOCH + 70,
        last_state_change: EPOCH + 40,
        last_hard_state_change: EPOCH + 50,
        latency: 0.25,
        execution_time: 0.5,
        output: "the plugin's words".to_owned(),
        ..State::default()
    }
}
