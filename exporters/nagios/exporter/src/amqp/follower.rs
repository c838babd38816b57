//! One Nagios as RabbitMQ tells it: messages in, states and alerts out, as on the socket.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::Context as _;
use history::Historian;
use nagios_event::{Event, Frame, Hello};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::numbers::Numbers;
use crate::client::Intake;
use crate::config::Config;
use crate::message::{Heartbeat, Message, Part, Told};
use crate::outputs::Outputs;
use crate::road::Road;
use crate::site::{Site, Sites};
use crate::snapshot::Touched;

/// Most events that wait for Alertmanager before they are acknowledged to the broker. Beyond, the oldest are let
/// go: the states that they made are here, and the next snapshot brings them again whatever happens.
const MOST_WAITING: usize = 1000;

/// What follows one Nagios.
pub(super) struct Follower {
    site: Site,
    intake: Intake,
    road: Road,
    outputs: Outputs,
    numbers: Numbers,
    hello: Hello,
    /// The snapshot that is coming, and its next part.
    coming: Option<(u64, u32)>,
    /// Sequence numbers and delivery tags of events whose effects have not been accepted.
    waiting: VecDeque<(u64, u64)>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    New,
    Duplicate,
    /// Not an event.
    Other,
}

impl Follower {
    /// Follows `name` from now on.
    pub(super) fn new(
        name: &str,
        sites: &Sites,
        config: &Config,
        historian: Option<Historian>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let (site, config, keeper) = sites.add(name, config)?;
        let address = config.external_url.clone().context("no address")?;
        let (store, counters) = (Arc::clone(&site.store), Arc::clone(&site.counters));
        let intake = Intake::new(store, counters, &config);
        let road = Road::start(&config, address, keeper, shutdown)?;
        let outputs = Outputs::new(name, None, historian);
        Ok(Follower {
            site,
            intake,
            road,
            outputs,
            numbers: Numbers::default(),
            hello: Hello::default(),
            coming: None,
            waiting: VecDeque::new(),
        })
    }

    /// How many events were lost before the one with this number.
    pub(super) fn lost(&mut self, relay: &str, number: i64) -> u64 {
        self.numbers.left_out(relay, number)
    }

    /// Follows a message. That of an event is acknowledged once its effects are accepted, any other at once:
    /// [`Follower::acknowledged`] says which.
    pub(super) fn take(&mut self, message: Message, tag: u64) -> Taken {
        let Message { schema: _, instance: _, epoch, sequence, at, content } = message;
        let taken = match content.told() {
            Told::Event(body) => {
                let event = Event { epoch, seq: sequence, at_us: at.as_microsecond(), body };
                self.event(event)
            }
            Told::Heartbeat(heartbeat) => self.heartbeat(heartbeat),
            Told::Snapshot(part) => self.part(part, sequence),
        };
        let seq = if taken == Taken::New && epoch == self.hello.epoch { sequence } else { 0 };
        self.waiting.push_back((seq, tag));
        taken
    }

    /// Takes over a new configuration.
    pub(super) fn reconfigure(
        &mut self,
        sites: &Sites,
        config: &Config,
        shutdown: &CancellationToken,
    ) {
        let config = sites.reconfigure(&self.site.name, config);
        self.intake.configure(&config);
        if let Err(error) = self.road.reconfigure(&config, shutdown) {
            warn!(site = self.site.name, %error, "alertmanagers not changed, the old ones stay");
        }
    }

    /// Tells Alertmanager what has changed, if it is time.
    pub(super) fn proceed(&mut self) {
        let snapshot = self.site.store.snapshot();
        self.road.proceed(snapshot.as_deref());
    }

    /// Waits until there is something to [`Follower::proceed`] with. May be dropped while it waits.
    pub(super) async fn wait(&mut self) {
        tokio::select! {
            () = self.road.wait() => {}
            () = self.outputs.wait() => {}
        }
    }

    /// The delivery tags of messages that may be acknowledged now.
    pub(super) fn acknowledged(&mut self, tags: &mut Vec<u64>) {
        let done = self.road.acknowledged().min(self.outputs.acknowledged());
        while let Some((seq, tag)) = self.waiting.front()
            && (*seq <= done || self.waiting.len() > MOST_WAITING)
        {
            tags.push(*tag);
            self.waiting.pop_front();
        }
    }

    /// The broker will deliver again what has not been acknowledged, under other tags.
    pub(super) fn forget_tags(&mut self) {
        self.waiting.clear();
        self.coming = None;
    }

    fn event(&mut self, event: Event) -> Taken {
        if event.epoch > self.hello.epoch {
            let hello = Hello { epoch: event.epoch, ..self.hello.clone() };
            self.begin(hello);
        }
        if !self.intake.is_new(&event) {
            return Taken::Duplicate;
        }
        self.outputs.tell(&event);
        self.follow([Frame::Event(event)]);
        Taken::New
    }

    fn heartbeat(&mut self, Heartbeat { up, hello, stats }: Heartbeat) -> Taken {
        if self.differs(&hello) {
            self.begin(hello);
        }
        if up {
            self.site.store.heard();
            self.follow([Frame::Stats(stats)]);
        } else {
            self.site.store.disconnected();
        }
        Taken::Other
    }

    fn part(&mut self, part: Part, sequence: u64) -> Taken {
        let begin = part.begin(sequence);
        let Part { snapshot, part, parts, hello, objects, .. } = part;
        if hello.epoch < self.hello.epoch {
            debug!(site = self.site.name, "a snapshot of a former Nagios process, left out");
            return Taken::Other;
        }
        if part == 1 {
            if self.differs(&hello) {
                self.begin(hello);
            }
            self.follow([Frame::SnapshotBegin(begin)]);
        } else if self.coming != Some((snapshot, part)) {
            // Its beginning came before us, or expired: the next one will be whole.
            self.coming = None;
            return Taken::Other;
        }
        self.follow(objects.into_iter().map(crate::message::Object::into_frame));
        self.coming = Some((snapshot, part + 1));
        if part == parts {
            self.coming = None;
            self.follow([Frame::SnapshotEnd]);
        }
        Taken::Other
    }

    fn differs(&self, hello: &Hello) -> bool {
        hello.epoch > self.hello.epoch || hello.epoch == self.hello.epoch && *hello != self.hello
    }

    fn begin(&mut self, hello: Hello) {
        let same = hello.epoch == self.hello.epoch;
        self.hello = hello.clone();
        if same {
            // Only its words have changed: a snapshot that has come stays.
            self.site.store.connected(hello);
            return;
        }
        self.coming = None;
        self.outputs.connected(&hello);
        if self.intake.begin(hello) {
            self.road.restart_acknowledging();
        }
    }

    fn follow(&mut self, frames: impl IntoIterator<Item = Frame>) {
        let mut touched: Vec<Touched> = Vec::new();
        for frame in frames {
            if let Err(error) = self.intake.take(Ok(frame), &mut touched) {
                warn!(site = self.site.name, %error, "a snapshot cannot be followed");
            }
        }
        if let (false, Some(snapshot)) = (touched.is_empty(), self.site.store.snapshot()) {
            self.site.ready.yes();
            self.road.follow(&snapshot, &touched);
        }
        self.road.applied(self.intake.seen());
    }
}
