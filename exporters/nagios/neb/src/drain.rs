//! The module's own thread: takes events out of the ring, keeps the mirror and the queue, and speaks with
//! nagios-exporter as `nagios_event` describes.
//!
//! Promises: memory is bounded by the queue's limit and the size of the inventory; a peer that is absent,
//! slow or stuck changes nothing for Nagios. Looks at the ring every few milliseconds, because waking a
//! sleeping thread would cost the callback a system call. Reads neither environment nor local time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use nagios_event::{Body, Event, Flags, Frame, Hello, PROTOCOL, Split, Stats, split};

use crate::abi;
use crate::abi::system::wait;
use crate::link::Link;
use crate::mirror::Mirror;
use crate::queue::{Entry, Queue, Shed};
use crate::ring::Reader;
use crate::shared::{Handover, Order, Shared, Start};

/// Between two looks at the ring.
const PAUSE: Duration = Duration::from_millis(5);
const STATS_EVERY: Duration = Duration::from_secs(1);
const FIRST_RETRY: Duration = Duration::from_millis(10);
const LAST_RETRY: Duration = Duration::from_secs(1);

/// Snapshots that make up for coalesced checks come no closer than this, or a slow peer would get nothing
/// else.
const CATCH_UP_EVERY: Duration = Duration::from_secs(10);

/// An unloaded module that Nagios does not load again is no longer wanted.
const GIVE_UP_AFTER: Duration = Duration::from_secs(120);

/// Runs until Nagios ends or the module is gone from its configuration.
pub(crate) fn run(shared: &Shared, start: Start) {
    let mut ring = shared.reader();
    let mut drain = Drain::new(shared, start);
    loop {
        let order = shared.order();
        drain.empty(&mut ring);
        drain.talk(ring.waiting());
        if drain.is_over(order) {
            break;
        }
        let writing = drain.link.as_ref().is_some_and(|link| !link.is_idle());
        wait(drain.link.as_ref().map(Link::connection), writing, PAUSE);
    }
    shared.finish();
}

struct Drain<'a> {
    shared: &'a Shared,
    start: Start,
    /// Nothing is said before the first inventory.
    known: Option<Known>,
    queue: Queue,
    link: Option<Link>,
    snapshot_due: bool,
    /// Unsent checks were let go: a snapshot has to tell their states.
    behind: bool,
    caught_up: Instant,
    retry: Duration,
    retry_at: Instant,
    stats_at: Instant,
    detached: Option<Instant>,
    coalesced: u64,
    truncated: u64,
    frame: Vec<u8>,
}

/// The last handover.
struct Known {
    mirror: Mirror,
    socket: PathBuf,
    limit: usize,
    nagios_version: String,
    warnings: Vec<String>,
}

impl<'a> Drain<'a> {
    fn new(shared: &'a Shared, start: Start) -> Self {
        let now = Instant::now();
        Drain {
            shared,
            start,
            known: None,
            queue: Queue::default(),
            link: None,
            snapshot_due: false,
            behind: false,
            caught_up: now,
            retry: FIRST_RETRY,
            retry_at: now,
            stats_at: now,
            detached: None,
            coalesced: 0,
            truncated: 0,
            frame: Vec::new(),
        }
    }

    /// Takes all events out of the ring.
    fn empty(&mut self, ring: &mut Reader) {
        self.take_handover();
        let mut frame = std::mem::take(&mut self.frame);
        while ring.pop(&mut frame) {
            // An inventory is handed over before the events that are newer than it.
            self.take_handover();
            if let Ok(Split::Frame(Ok(Frame::Event(event)), _)) = split(&frame) {
                self.take_event(event, &frame);
            }
        }
        self.frame = frame;
    }

    fn take_handover(&mut self) {
        let Some(handover) = self.shared.take_handover() else { return };
        let Handover { inventory, socket, queue, nagios_version, warnings } = handover;
        let said_otherwise = self
            .known
            .as_ref()
            .is_some_and(|known| known.socket != socket || known.warnings != warnings);
        if said_otherwise {
            self.disconnect();
        }
        let mirror = Mirror::new(inventory);
        self.known = Some(Known { mirror, socket, limit: queue, nagios_version, warnings });
        self.snapshot_due = true;
    }

    fn take_event(&mut self, event: Event, frame: &[u8]) {
        let Some(known) = &mut self.known else {
            self.shared.count_dropped(1);
            return;
        };
        let seq = event.seq;
        let is_check = matches!(event.body, Body::Check(_));
        if let Body::Check(state) | Body::Status(state) = &event.body {
            self.truncated += u64::from(state.flags.has(Flags::TRUNCATED));
        }
        known.mirror.apply(event);
        if is_check && self.link.is_none() {
            self.coalesced += 1;
            return;
        }
        let entry = Entry { seq, is_check, frame: frame.into() };
        let shed = self.queue.push(entry, known.limit);
        self.count(&shed);
        self.behind |= shed != Shed::default();
    }

    /// Connects, sends and reads as far as it goes without waiting.
    fn talk(&mut self, ring_bytes: usize) {
        self.connect();
        self.fill(ring_bytes);
        let Some(link) = &mut self.link else { return };
        match link.flush().and_then(|()| link.acknowledged()) {
            Ok(Some(seq)) => {
                self.queue.acknowledge(seq);
                self.retry = FIRST_RETRY;
            }
            Ok(None) => {}
            Err(_) => self.disconnect(),
        }
    }

    fn connect(&mut self) {
        let Some(known) = &self.known else { return };
        let now = Instant::now();
        if self.link.is_some() || now < self.retry_at {
            return;
        }
        // The pause grows until a peer has acknowledged something: one that hangs up at once is spared too.
        self.retry_at = now + self.retry;
        self.retry = (self.retry * 2).min(LAST_RETRY);
        let Ok(mut link) = Link::open(&known.socket) else { return };
        link.put(&Frame::Hello(Hello {
            protocol: PROTOCOL,
            run: self.start.run,
            pid: self.start.pid,
            module_version: env!("CARGO_PKG_VERSION").to_owned(),
            nagios_version: known.nagios_version.clone(),
            warnings: known.warnings.clone(),
        }));
        self.link = Some(link);
        self.snapshot_due = true;
    }

    /// Gives the link what it can take: a due snapshot before any event that is newer.
    fn fill(&mut self, ring_bytes: usize) {
        let now = Instant::now();
        let (Some(link), Some(known)) = (&mut self.link, &self.known) else { return };
        if self.behind && self.queue.is_sent() && now >= self.caught_up + CATCH_UP_EVERY {
            self.snapshot_due = true;
        }
        if self.snapshot_due && !link.is_busy() {
            let too_long = known.mirror.write_snapshot(link.out());
            self.shared.count_dropped(too_long);
            self.snapshot_due = false;
            self.behind = false;
            self.caught_up = now;
        }
        if now >= self.stats_at && !link.is_busy() {
            self.stats_at = now + STATS_EVERY;
            link.put(&Frame::Stats(Stats {
                last_seq: self.shared.last_seq(),
                dropped: self.shared.dropped(),
                coalesced: self.coalesced,
                truncated: self.truncated,
                panics: abi::panics(),
                ring_bytes: ring_bytes as u64,
                queue_bytes: self.queue.bytes() as u64,
                reloads: self.shared.reloads(),
            }));
        }
        while !self.snapshot_due && !link.is_busy() {
            let Some(frame) = self.queue.next_to_send() else { break };
            link.put_bytes(frame);
        }
    }

    fn disconnect(&mut self) {
        if self.link.take().is_some() {
            let shed = self.queue.disconnect();
            self.count(&shed);
            self.retry_at = Instant::now() + self.retry;
        }
    }

    fn count(&mut self, shed: &Shed) {
        self.coalesced += shed.coalesced;
        self.shared.count_dropped(shed.dropped);
    }

    fn is_over(&mut self, order: Order) -> bool {
        match order {
            Order::Run => {
                self.detached = None;
                false
            }
            Order::Detached => {
                self.detached.get_or_insert_with(Instant::now).elapsed() > GIVE_UP_AFTER
            }
            Order::Stop => {
                self.link.as_ref().is_none_or(|link| link.is_idle() && self.queue.is_sent())
            }
        }
    }
}
