//! Whom events are told besides Alertmanager: RabbitMQ, and alert-bridge for the history.
//!
//! Promises: an event is done when each of them has it, or our own disk; telling never waits for either.

use std::collections::VecDeque;
use std::future::pending;

use history::Historian;
use nagios_event::{Event, Frame, Hello};
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::amqp::{Relay, Settings};
use crate::chronicle;
use crate::config::Config;

/// The outputs that are configured.
#[derive(Debug)]
pub(crate) struct Outputs {
    instance: String,
    /// Of the Nagios process that speaks.
    epoch: u64,
    relay: Option<Way<Relay>>,
    historian: Option<Way<Historian>>,
}

/// An output and the events that it has yet to make safe.
#[derive(Debug)]
struct Way<O> {
    output: O,
    safe: watch::Receiver<u64>,
    pending: Pending,
}

/// Events on their way: their places at the output, and their sequence numbers.
#[derive(Debug, Default)]
struct Pending {
    waiting: VecDeque<(u64, u64)>,
    done: u64,
}

impl Outputs {
    /// Those of a Nagios called `instance`.
    pub(crate) fn new(instance: &str, relay: Option<Relay>, historian: Option<Historian>) -> Self {
        let relay = relay.map(|relay| Way::new(relay.safe(), relay));
        let historian = historian.map(|historian| Way::new(historian.safe(), historian));
        Outputs { instance: instance.to_owned(), epoch: 0, relay, historian }
    }

    /// Starts what the configuration of an exporter beside its Nagios names.
    ///
    /// # Errors
    /// When a spool cannot be opened.
    pub(crate) fn start(
        config: &Config,
        broker: Option<Settings>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let instance = &config.instance;
        let relay = broker.map(|broker| Relay::start(instance, broker, shutdown));
        Ok(Self::new(instance, relay.transpose()?, historian(config, shutdown)?))
    }

    /// A connection has begun.
    pub(crate) fn connected(&mut self, hello: &Hello) {
        if let Some(way) = &self.relay {
            way.output.connected(hello);
        }
        if self.epoch != hello.epoch {
            self.epoch = hello.epoch;
            self.pending().for_each(Pending::restart);
        }
    }

    /// The connection is over.
    pub(crate) fn disconnected(&self) {
        if let Some(way) = &self.relay {
            way.output.disconnected();
        }
    }

    /// Tells an event that has not been told before.
    pub(crate) fn tell(&mut self, event: &Event) {
        let seq = if event.epoch == self.epoch { event.seq } else { 0 };
        if let Some(Way { output, pending, .. }) = &mut self.relay {
            pending.told(output.tell(event), seq);
        }
        if let Some(Way { output, pending, .. }) = &mut self.historian {
            let place = chronicle::entry(&self.instance, event, |event| output.record(event));
            pending.told(place, seq);
        }
    }

    /// Follows any frame, events that have been told before too.
    pub(crate) fn see(&self, frame: &Frame) {
        if let Some(way) = &self.relay {
            way.output.see(frame);
        }
    }

    /// The last event of the present process that is safe at every output; the highest number when there is none.
    pub(crate) fn acknowledged(&mut self) -> u64 {
        let relay = self.relay.as_mut().map(Way::acknowledged);
        let historian = self.historian.as_mut().map(Way::acknowledged);
        relay.into_iter().chain(historian).min().unwrap_or(u64::MAX)
    }

    /// Waits until more may be safe. May be dropped while it waits.
    pub(crate) async fn wait(&mut self) {
        let (relay, historian) = (&mut self.relay, &mut self.historian);
        tokio::select! {
            () = changed(relay.as_mut().map(|way| &mut way.safe)) => {}
            () = changed(historian.as_mut().map(|way| &mut way.safe)) => {}
        }
    }

    /// Adds their metrics.
    pub(crate) fn register(&self, registry: &mut Registry) {
        if let Some(way) = &self.relay {
            way.output.register(registry);
        }
        if let Some(way) = &self.historian {
            way.output.register(registry);
        }
    }

    fn pending(&mut self) -> impl Iterator<Item = &mut Pending> {
        let relay = self.relay.as_mut().map(|way| &mut way.pending);
        relay.into_iter().chain(self.historian.as_mut().map(|way| &mut way.pending))
    }
}

/// Starts the historian that the configuration names, if it names one.
///
/// # Errors
/// When its spool cannot be opened.
pub(crate) fn historian(
    config: &Config,
    shutdown: &CancellationToken,
) -> anyhow::Result<Option<Historian>> {
    config.history.clone().map(|settings| Historian::start(settings, shutdown)).transpose()
}

impl<O> Way<O> {
    fn new(safe: watch::Receiver<u64>, output: O) -> Self {
        Way { output, safe, pending: Pending::default() }
    }

    fn acknowledged(&mut self) -> u64 {
        let safe = *self.safe.borrow_and_update();
        self.pending.acknowledged(safe)
    }
}

impl Pending {
    /// An event has been told at this place; at none when the output does not want it.
    fn told(&mut self, place: Option<u64>, seq: u64) {
        match (place, self.waiting.back_mut()) {
            (Some(place), _) => self.waiting.push_back((place, seq)),
            // Acknowledgements are cumulative: it waits for the one before it.
            (None, Some((_, last))) => *last = seq.max(*last),
            (None, None) => self.done = self.done.max(seq),
        }
    }

    /// The last event of which all up to it are safe.
    fn acknowledged(&mut self, safe: u64) -> u64 {
        while let Some((place, seq)) = self.waiting.front()
            && *place <= safe
        {
            self.done = self.done.max(*seq);
            self.waiting.pop_front();
        }
        self.done
    }

    /// Sequence numbers begin anew; what waits has none of the new ones.
    fn restart(&mut self) {
        self.done = 0;
        self.waiting.iter_mut().for_each(|(_, seq)| *seq = 0);
    }
}

async fn changed(safe: Option<&mut watch::Receiver<u64>>) {
    if let Some(safe) = safe
        && safe.changed().await.is_ok()
    {
        return;
    }
    // None, or gone, which only a shutdown brings about.
    pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_done_when_it_and_all_before_it_are_safe() {
        let mut pending = Pending::default();
        pending.told(None, 1);
        assert_eq!(pending.acknowledged(0), 1);
        pending.told(Some(10), 2);
        pending.told(None, 3);
        pending.told(Some(11), 4);
        assert_eq!(pending.acknowledged(9), 1);
        assert_eq!(pending.acknowledged(10), 3);
        pending.told(None, 5);
        assert_eq!(pending.acknowledged(10), 3);
        assert_eq!(pending.acknowledged(11), 5);
    }

    #[test]
    fn events_of_a_former_process_acknowledge_none_of_the_present_one() {
        let mut pending = Pending::default();
        pending.told(Some(1), 900);
        pending.restart();
        pending.told(Some(2), 0);
        pending.told(Some(3), 1);
        assert_eq!(pending.acknowledged(2), 0);
        assert_eq!(pending.acknowledged(3), 1);
    }
}
