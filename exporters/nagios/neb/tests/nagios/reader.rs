//! The other end of the socket: accepts the module, follows the conversation, and keeps what it was told.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use nagios_event::{
    Ack, Body, Check, Contact, Downtime, Event, Frame, Group, Hello, Host, Program, Service,
    SnapshotBegin, Split, State, Stats, encode, split,
};

use crate::daemon::{SOON, wait_for};

/// Listens where the module connects.
pub(crate) struct Exporter {
    listener: UnixListener,
}

impl Exporter {
    pub(crate) fn listen(socket: &Path) -> Exporter {
        _ = std::fs::remove_file(socket);
        let listener = UnixListener::bind(socket).unwrap();
        listener.set_nonblocking(true).unwrap();
        Exporter { listener }
    }

    /// The module's next connection.
    pub(crate) fn accept(&self) -> Reader {
        let (stream, _) = wait_for("the module to connect", || self.listener.accept().ok());
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        Reader {
            stream,
            input: Vec::new(),
            acknowledges: true,
            told: Told::default(),
            coming: None,
        }
    }
}

/// One connection.
pub(crate) struct Reader {
    stream: UnixStream,
    input: Vec<u8>,
    pub(crate) acknowledges: bool,
    pub(crate) told: Told,
    /// A snapshot that is not complete yet.
    coming: Option<World>,
}

/// All that was said on the connection.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) hello: Option<Hello>,
    pub(crate) world: World,
    pub(crate) snapshots: usize,
    pub(crate) events: Vec<Event>,
    pub(crate) stats: Stats,
    pub(crate) ended: bool,
}

/// What Nagios looks like.
#[derive(Default, Clone)]
pub(crate) struct World {
    pub(crate) begin: SnapshotBegin,
    pub(crate) hosts: BTreeMap<String, Host<String>>,
    pub(crate) services: BTreeMap<(String, String), Service<String>>,
    pub(crate) groups: Vec<Group<String>>,
    pub(crate) contacts: Vec<Contact<String>>,
    pub(crate) downtimes: Vec<Downtime<String>>,
    pub(crate) program: Option<Program>,
    pub(crate) timeperiods: BTreeMap<String, bool>,
    pub(crate) states: BTreeMap<(String, String), State<String>>,
}

impl World {
    /// A service of host `web`.
    pub(crate) fn service(&self, name: &str) -> Option<&State<String>> {
        self.states.get(&("web".to_owned(), name.to_owned()))
    }

    fn replace(&mut self, state: &State<String>) {
        self.states.insert((state.host.clone(), state.service.clone()), state.clone());
    }
}

impl Told {
    pub(crate) fn is_event(&self, mut wanted: impl FnMut(&Body<String>) -> bool) -> bool {
        self.events.iter().any(|event| wanted(&event.body))
    }
}

impl Reader {
    /// Reads until `enough`, or fails the test.
    pub(crate) fn until(&mut self, what: &str, mut enough: impl FnMut(&Told) -> bool) {
        let deadline = Instant::now() + SOON;
        while !enough(&self.told) {
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            assert!(!self.told.ended, "the connection ended before {what}");
            self.read();
        }
    }

    pub(crate) fn until_snapshot(&mut self) {
        self.until("a snapshot", |told| told.snapshots > 0);
    }

    /// Reads until the module hangs up.
    pub(crate) fn until_end(&mut self) {
        let deadline = Instant::now() + SOON;
        while !self.told.ended {
            assert!(Instant::now() < deadline, "waited in vain for the end of the connection");
            self.read();
        }
    }

    /// Takes what has come, waiting a moment.
    pub(crate) fn read(&mut self) {
        let mut bytes = [0; 1 << 16];
        match self.stream.read(&mut bytes) {
            Ok(0) => self.told.ended = true,
            Ok(size) => self.input.extend_from_slice(&bytes[..size]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => self.told.ended = true,
            Err(error) => panic!("{error}"),
        }
        let input = std::mem::take(&mut self.input);
        let mut rest = &input[..];
        while let Split::Frame(frame, size) = split(rest).unwrap() {
            rest = &rest[size..];
            self.take(frame.unwrap());
        }
        self.input = rest.to_vec();
    }

    fn take(&mut self, frame: Frame) {
        let told = &mut self.told;
        assert_eq!(
            told.hello.is_none(),
            matches!(frame, Frame::Hello(_)),
            "a conversation begins with one hello, not with {frame:?}"
        );
        match (frame, &mut self.coming) {
            (Frame::Hello(hello), None) => told.hello = Some(hello),
            (Frame::Stats(stats), None) => told.stats = stats,
            (Frame::SnapshotBegin(begin), None) => {
                self.coming = Some(World { begin, ..World::default() });
            }
            (Frame::Host(host), Some(world)) => _ = world.hosts.insert(host.name.clone(), host),
            (Frame::Service(service), Some(world)) => {
                world.services.insert((service.host.clone(), service.name.clone()), service);
            }
            (Frame::Group(group), Some(world)) => world.groups.push(group),
            (Frame::Contact(contact), Some(world)) => world.contacts.push(contact),
            (Frame::Downtime(downtime), Some(world)) => world.downtimes.push(downtime),
            (Frame::Program(program), Some(world)) => world.program = Some(program),
            (Frame::Timeperiod(period), Some(world)) => {
                world.timeperiods.insert(period.name, period.inside);
            }
            (Frame::State(state), Some(world)) => world.replace(&state),
            (Frame::SnapshotEnd, coming @ Some(_)) => {
                told.world = coming.take().unwrap();
                told.snapshots += 1;
            }
            (Frame::Event(event), None) => {
                if event.seq > told.world.begin.seq
                    && let Body::Check(Check { state, .. }) | Body::Status(state) = &event.body
                {
                    told.world.replace(state);
                }
                let (epoch, seq) = (event.epoch, event.seq);
                told.events.push(event);
                if self.acknowledges {
                    self.acknowledge(epoch, seq);
                }
            }
            (frame, coming) => {
                panic!("{frame:?} {} a snapshot", if coming.is_some() { "in" } else { "outside" })
            }
        }
    }

    pub(crate) fn acknowledge(&mut self, epoch: u64, seq: u64) {
        let mut frame = [0; 64];
        let size = encode(&mut frame, &Frame::Ack(Ack { epoch, seq })).unwrap();
        // The module may just have hung up; the next read tells.
        _ = self.stream.write_all(&frame[..size]);
    }
}
