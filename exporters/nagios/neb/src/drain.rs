//! The module's own thread: takes events out of the ring, keeps the mirror and the queue, and speaks with
//! nagios-exporter as `nagios_event` describes.
//!
//! Promises: memory is bounded by the queue's limit and the size of the inventory; a peer that is absent,
//! slow or stuck changes nothing for Nagios. Looks at the ring now and then, because waking a sleeping thread
//! would cost the callback a system call; each look costs as much as many events, so they are few as long
//! as little comes. Reads neither environment nor local time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use nagios_event::{Cargo, Flags, Frame, Glance, Hello, PROTOCOL, Stats};

use crate::abi;
use crate::abi::objects::ObjectId;
use crate::abi::system::wait;
use crate::link::Link;
use crate::mirror::Mirror;
use crate::queue::{Entry, Lane, Queue, Shed};
use crate::ring::Reader;
use crate::shared::{Handover, Order, Shared, Start};
use crate::spill::{Spill, SpillCounts};

/// Between two looks at a quiet ring. As long as an event may wait; as short as Nagios needs to fill the ring.
const PAUSE: Duration = Duration::from_millis(50);

/// Between two looks at a ring in which more than this share of its room was found.
const SHORT_PAUSE: Duration = Duration::from_millis(5);
const MUCH: usize = 16;

const STATS_EVERY: Duration = Duration::from_secs(1);
const FIRST_RETRY: Duration = Duration::from_millis(10);
const LAST_RETRY: Duration = Duration::from_secs(1);

/// Snapshots that make up for coalesced checks come no closer than this, or a slow peer would get nothing
/// else.
const CATCH_UP_EVERY: Duration = Duration::from_secs(10);

/// At Nagios' end, what is not sent by then is left to the next process. Nagios waits a little longer.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// An unloaded module that Nagios does not load again is no longer wanted.
const GIVE_UP_AFTER: Duration = Duration::from_secs(120);

/// Runs until Nagios ends or the module is gone from its configuration.
pub(crate) fn run(shared: &Shared, start: Start) {
    let mut ring = shared.reader();
    let mut drain = Drain::new(shared, start);
    loop {
        let order = shared.order();
        let is_quiet = ring.waiting() < ring.size() / MUCH;
        drain.empty(&mut ring);
        drain.talk(ring.waiting());
        if drain.is_over(order) {
            break;
        }
        drain.wait(if is_quiet { PAUSE } else { SHORT_PAUSE });
    }
    drain.save();
    shared.finish();
}

struct Drain<'a> {
    shared: &'a Shared,
    start: Start,
    /// Nothing is said before the first inventory.
    known: Option<Known>,
    link: Option<Link>,
    snapshot_due: bool,
    /// Unsent checks were let go: a snapshot has to tell their states.
    behind: bool,
    caught_up: Instant,
    retry: Duration,
    retry_at: Instant,
    stats_at: Instant,
    detached: Option<Instant>,
    stopping: Option<Instant>,
    coalesced: u64,
    truncated: u64,
    /// The most that waited in the ring.
    ring_high: usize,
    ring_limit: usize,
    frame: Vec<u8>,
}

/// The last handover.
struct Known {
    mirror: Mirror,
    /// Made with the first handover, which tells where to spill.
    queue: Queue,
    socket: PathBuf,
    limit: usize,
    instance: String,
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
            link: None,
            snapshot_due: false,
            behind: false,
            caught_up: now,
            retry: FIRST_RETRY,
            retry_at: now,
            stats_at: now,
            detached: None,
            stopping: None,
            coalesced: 0,
            truncated: 0,
            ring_high: 0,
            ring_limit: 0,
            frame: Vec::new(),
        }
    }

    /// Takes all events out of the ring.
    fn empty(&mut self, ring: &mut Reader) {
        self.take_handover();
        self.ring_high = self.ring_high.max(ring.waiting());
        self.ring_limit = ring.size();
        let mut frame = std::mem::take(&mut self.frame);
        while let Some(word) = ring.pop(&mut frame) {
            // An inventory is handed over before the events that are newer than it.
            self.take_handover();
            self.take_event(ObjectId::of_word(word), &frame);
        }
        self.frame = frame;
    }

    fn take_handover(&mut self) {
        let Some(handover) = self.shared.take_handover() else { return };
        let Handover { inventory, socket, queue, spill, instance, nagios_version, warnings } =
            handover;
        let said_otherwise = self
            .known
            .as_ref()
            .is_some_and(|known| known.socket != socket || known.warnings != warnings);
        if said_otherwise {
            self.disconnect();
        }
        let mirror = Mirror::new(inventory);
        let limit = queue;
        let queue = match self.known.take() {
            Some(known) => known.queue,
            None => Queue::new(spill.map(|spill| Spill::new(spill, self.start.epoch))),
        };
        self.known =
            Some(Known { mirror, queue, socket, limit, instance, nagios_version, warnings });
        self.snapshot_due = true;
    }

    fn take_event(&mut self, object: Option<ObjectId>, frame: &[u8]) {
        let (Some(known), Some(glance)) = (&mut self.known, Glance::of(frame)) else {
            self.shared.count_dropped(1);
            return;
        };
        if let Cargo::Check(state) | Cargo::Status(state) = glance.cargo {
            self.truncated += u64::from(state.flags().has(Flags::TRUNCATED));
        }
        let lane = Lane::of(glance.cargo, known.mirror.inventory_of(glance.seq), object);
        let entry = Entry::new(glance, lane, frame);
        known.mirror.apply(glance, object, frame);
        let Shed { coalesced, skipped, dropped } = known.queue.push(entry, known.limit);
        self.coalesced += coalesced + skipped;
        self.behind |= skipped > 0;
        self.shared.count_dropped(dropped);
    }

    /// Connects, sends and reads as far as it goes without waiting.
    fn talk(&mut self, ring_bytes: usize) {
        self.connect();
        loop {
            self.fill(ring_bytes);
            let (Some(link), Some(known)) = (&mut self.link, &mut self.known) else { return };
            let may_be_more = link.is_busy();
            let mut acknowledged = None;
            let result = link.hear(&mut acknowledged).and_then(|()| link.flush());
            if let Some(id) = acknowledged {
                known.queue.acknowledge(id);
                self.retry = FIRST_RETRY;
            }
            if result.is_err() {
                self.disconnect();
                return;
            }
            if !may_be_more || !link.is_idle() {
                return;
            }
        }
    }

    /// Acknowledgements are read at the next look, unless they hold something up.
    fn wait(&self, limit: Duration) {
        let writing = self.link.as_ref().is_some_and(|link| !link.is_idle());
        let reading = self.known.as_ref().is_some_and(|known| !known.queue.is_sent());
        wait(self.link.as_ref().map(Link::connection), writing, reading, limit);
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
            epoch: self.start.epoch,
            pid: self.start.pid,
            instance: known.instance.clone(),
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
        let (Some(link), Some(known)) = (&mut self.link, &mut self.known) else { return };
        if self.behind && known.queue.is_sent() && now >= self.caught_up + CATCH_UP_EVERY {
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
            let spill = known.queue.spilled();
            let SpillCounts { written, recovered, dropped, errors } =
                spill.map(Spill::counts).unwrap_or_default();
            link.put(&Frame::Stats(Stats {
                last_seq: self.shared.last_seq(),
                dropped: self.shared.dropped() + dropped,
                coalesced: self.coalesced,
                truncated: self.truncated,
                panics: abi::panics(),
                reloads: self.shared.reloads(),
                spilled: written,
                recovered,
                spill_errors: errors,
                ring_bytes: ring_bytes as u64,
                ring_high_bytes: self.ring_high as u64,
                ring_limit_bytes: self.ring_limit as u64,
                queue_bytes: known.queue.bytes() as u64,
                queue_limit_bytes: known.limit as u64,
                spill_bytes: spill.map_or(0, Spill::bytes) as u64,
                spill_limit_bytes: spill.map_or(0, Spill::limit) as u64,
            }));
        }
        while !self.snapshot_due && !link.is_busy() {
            let Some(frame) = known.queue.next_to_send(known.limit) else { break };
            link.put_bytes(frame);
        }
    }

    fn disconnect(&mut self) {
        if self.link.take().is_some()
            && let Some(known) = &mut self.known
        {
            known.queue.disconnect();
            self.retry_at = Instant::now() + self.retry;
        }
    }

    /// Leaves to the next process what this one could not deliver.
    fn save(&mut self) {
        if let Some(known) = &mut self.known {
            self.shared.count_dropped(known.queue.save());
        }
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
                let is_sent = self.known.as_ref().is_none_or(|known| known.queue.is_sent());
                let is_late = self.stopping.get_or_insert_with(Instant::now).elapsed() > LAST_WORDS;
                is_late || self.link.as_ref().is_none_or(|link| link.is_idle() && is_sent)
            }
        }
    }
}
