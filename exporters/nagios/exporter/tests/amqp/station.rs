//! A Nagios with its relay, for tests that give both orders from many places.

use std::path::Path;
use std::time::Duration;

use nagios_event::{Body, State};
use tokio::sync::{mpsc, oneshot};

use crate::stage::{Exporter, Module, state};
use crate::{amqp, objects};

/// The epoch of every Nagios here.
pub(crate) const EPOCH: u64 = 7;

/// A Nagios and the exporter beside it.
pub(crate) struct Station {
    pub(crate) relay: Exporter,
    orders: mpsc::Sender<Order>,
}

enum Order {
    Tell(Box<Body<String>>, oneshot::Sender<u64>),
    AwaitAcknowledgement(u64, oneshot::Sender<()>),
    StaysUnacknowledged(u64, oneshot::Sender<bool>),
}

impl Station {
    /// Starts both; the relay publishes to `broker` and keeps its spool in `folder`.
    pub(crate) async fn start(name: &str, broker: &str, folder: &Path) -> Self {
        let relay = Exporter::start_as(name, &amqp(broker, &folder.join(name))).await;
        let module = Module::start(relay.socket(), EPOCH, 0, &objects()).await;
        let (orders, received) = mpsc::channel(16);
        tokio::spawn(live(module, received));
        Station { relay, orders }
    }

    /// An event; returns its number.
    pub(crate) async fn tell(&self, body: Body<String>) -> u64 {
        let (answer, number) = oneshot::channel();
        let _ = self.orders.send(Order::Tell(Box::new(body), answer)).await;
        number.await.unwrap()
    }

    /// A check result.
    pub(crate) async fn check(&self, state: State<String>) -> u64 {
        self.tell(Body::Check(crate::stage::checked(state))).await
    }

    /// Sends checks at 1,000 a second for so long; returns the last number.
    pub(crate) async fn load(&self, length: Duration) -> u64 {
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        let mut last = 0;
        for _ in 0..length.as_millis() / 10 {
            tick.tick().await;
            for _ in 0..10 {
                last = self.check(state("web-1", "http", 0)).await;
            }
        }
        last
    }

    /// Waits until every event up to this one is acknowledged.
    pub(crate) async fn acknowledged(&self, number: u64) {
        let (answer, done) = oneshot::channel();
        let _ = self.orders.send(Order::AwaitAcknowledgement(number, answer)).await;
        done.await.unwrap();
    }

    /// Whether an event stays unacknowledged for a while.
    pub(crate) async fn stays_unacknowledged(&self, number: u64) -> bool {
        let (answer, stays) = oneshot::channel();
        let _ = self.orders.send(Order::StaysUnacknowledged(number, answer)).await;
        stays.await.unwrap()
    }

    /// Nagios ends; the relay stays.
    pub(crate) fn end_nagios(self) -> Exporter {
        self.relay
    }
}

async fn live(mut module: Module, mut orders: mpsc::Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        match order {
            Order::Tell(body, answer) => drop(answer.send(module.event(*body).await)),
            Order::AwaitAcknowledgement(number, answer) => {
                module.acknowledged(number).await;
                let _ = answer.send(());
            }
            Order::StaysUnacknowledged(number, answer) => {
                let _ = answer.send(module.stays_unacknowledged(number).await);
            }
        }
    }
}
