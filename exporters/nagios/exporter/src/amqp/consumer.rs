//! From RabbitMQ to this exporter: every event of every Nagios, from a quorum queue of our own.
//!
//! Promises: a message is acknowledged once what it causes has been accepted, as on the socket; what comes again is
//! dropped; a message that cannot be read holds up no other. The queue outlives us: what happens meanwhile waits
//! in it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::select_all;
use history::Historian;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Consumer as Deliveries};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::broker::{self, BrokerError, Link};
use super::follower::{Follower, Taken};
use super::metrics::ConsumerFigures;
use super::{NUMBER_HEADER, RELAY_HEADER, REQUEST_KEY, Settings};
use crate::config::Config;
use crate::message::{Message, SCHEMA};
use crate::site::Sites;

/// Messages that the broker sends before it waits for acknowledgements.
const PREFETCH: u16 = 4000;

/// Messages that are followed before effects and acknowledgements are seen to.
const BATCH: usize = 256;

/// Follows all Nagios that RabbitMQ tells of.
pub(crate) struct Consumer {
    settings: Settings,
    sites: Sites,
    historian: Option<Historian>,
    config: watch::Receiver<Arc<Config>>,
    shutdown: CancellationToken,
    figures: ConsumerFigures,
    followers: BTreeMap<String, Follower>,
    /// Delivery tags of messages that nothing can be done with.
    dropped: Vec<u64>,
}

impl Consumer {
    pub(crate) fn new(
        settings: Settings,
        sites: Sites,
        historian: Option<Historian>,
        config: watch::Receiver<Arc<Config>>,
        shutdown: CancellationToken,
    ) -> Self {
        Consumer {
            settings,
            sites,
            historian,
            config,
            shutdown,
            figures: ConsumerFigures::default(),
            followers: BTreeMap::new(),
            dropped: Vec::new(),
        }
    }

    /// Adds its metrics, `amqp_...`.
    pub(crate) fn register(&self, registry: &mut prometheus_client::registry::Registry) {
        self.figures.register(registry.sub_registry_with_prefix("amqp"));
    }

    /// Consumes until the shutdown.
    pub(crate) async fn run(mut self) {
        let shutdown = self.shutdown.clone();
        shutdown.run_until_cancelled_owned(self.consume()).await;
    }

    async fn consume(&mut self) -> Infallible {
        loop {
            let link = {
                let mut connecting = std::pin::pin!(broker::connect(&self.settings, "consumer"));
                loop {
                    tokio::select! {
                        link = &mut connecting => break link,
                        // Alerts go on while the broker is away.
                        () = any(&mut self.followers) => {
                            self.followers.values_mut().for_each(Follower::proceed);
                        }
                    }
                }
            };
            let Err(error) = self.serve(&link).await;
            self.figures.connected.set(0);
            self.figures.failures.inc();
            warn!(%error, "RabbitMQ is lost, its queue keeps what comes");
            self.followers.values_mut().for_each(Follower::forget_tags);
            self.dropped.clear();
        }
    }

    async fn serve(&mut self, link: &Link) -> Result<Infallible, BrokerError> {
        let mut deliveries = broker::call(subscribe(link, &self.settings)).await?;
        broker::call(request_snapshots(&link.channel, &self.settings)).await?;
        self.figures.connected.set(1);
        let mut health = link.health.clone();
        loop {
            tokio::select! {
                delivery = deliveries.next() => {
                    self.take(delivery.ok_or(BrokerError::Gone)??);
                    // What has come already is followed in one go.
                    for _ in 0..BATCH {
                        let next = futures_util::FutureExt::now_or_never(deliveries.next());
                        match next.flatten() {
                            Some(delivery) => self.take(delivery?),
                            None => break,
                        }
                    }
                }
                () = any(&mut self.followers) => {}
                gone = health.wait_for(|health| *health == broker::Health::Gone) => {
                    drop(gone);
                    return Err(BrokerError::Gone);
                }
                Ok(()) = self.config.changed() => self.reconfigure(),
            }
            let mut tags = std::mem::take(&mut self.dropped);
            for follower in self.followers.values_mut() {
                follower.proceed();
                follower.acknowledged(&mut tags);
            }
            for tag in tags {
                broker::call(link.channel.basic_ack(tag, BasicAckOptions::default())).await?;
            }
        }
    }

    fn take(&mut self, delivery: Delivery) {
        let tag = delivery.delivery_tag;
        let properties = &delivery.properties;
        let content_type = properties.content_type().as_ref().map_or("", |text| text.as_str());
        let message = match Message::read(content_type, &delivery.data) {
            Ok(message) => message,
            Err(error) => {
                self.figures.unreadable.inc();
                warn!(key = %delivery.routing_key, %error, "a message cannot be read and is dropped");
                return self.dropped.push(tag);
            }
        };
        let number = properties.headers().as_ref().and_then(numbered);
        let follower = match self.followers.entry(message.instance.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let (name, config) = (unknown.key().clone(), Arc::clone(&self.config.borrow()));
                info!(site = name, "a Nagios is heard of for the first time");
                let historian = self.historian.clone();
                match Follower::new(&name, &self.sites, &config, historian, &self.shutdown) {
                    Ok(follower) => unknown.insert(follower),
                    Err(error) => {
                        self.figures.unreadable.inc();
                        warn!(site = name, %error, "a Nagios cannot be followed");
                        return self.dropped.push(tag);
                    }
                }
            }
        };
        if let Some((relay, number)) = number {
            self.figures.lost.inc_by(follower.lost(&relay, number));
        }
        match follower.take(message, tag) {
            Taken::New => {
                self.figures.received.inc();
            }
            Taken::Duplicate => {
                self.figures.duplicates.inc();
            }
            Taken::Other => {}
        }
    }

    fn reconfigure(&mut self) {
        let config = Arc::clone(&self.config.borrow_and_update());
        for follower in self.followers.values_mut() {
            follower.reconfigure(&self.sites, &config, &self.shutdown);
        }
    }
}

/// Waits until one of them has something to proceed with.
async fn any(followers: &mut BTreeMap<String, Follower>) {
    if followers.is_empty() {
        return pending().await;
    }
    select_all(followers.values_mut().map(|follower| Box::pin(follower.wait()))).await;
}

/// Declares the queue, which outlives us, and begins to consume from it.
async fn subscribe(link: &Link, settings: &Settings) -> Result<Deliveries, lapin::Error> {
    let channel = &link.channel;
    let queue: ShortString = settings.usage.queue.as_str().into();
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.clone(), durable, arguments).await?;
    let exchange = settings.usage.exchange.as_str().into();
    let key = format!("v{SCHEMA}.#").as_str().into();
    let bind = QueueBindOptions::default();
    channel.queue_bind(queue.clone(), exchange, key, bind, FieldTable::default()).await?;
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    let consume = BasicConsumeOptions::default();
    channel.basic_consume(queue, "".into(), consume, FieldTable::default()).await
}

/// Asks every relay for a snapshot.
async fn request_snapshots(channel: &Channel, settings: &Settings) -> Result<(), lapin::Error> {
    let exchange = settings.usage.exchange.as_str().into();
    let options = BasicPublishOptions::default();
    let properties = BasicProperties::default();
    channel.basic_publish(exchange, REQUEST_KEY.into(), options, b"", properties).await?.await?;
    Ok(())
}

/// The headers that number an event.
fn numbered(headers: &FieldTable) -> Option<(String, i64)> {
    let relay = match headers.inner().get(RELAY_HEADER)? {
        AMQPValue::LongString(relay) => relay.to_string(),
        _ => return None,
    };
    match headers.inner().get(NUMBER_HEADER)? {
        AMQPValue::LongLongInt(number) => Some((relay, *number)),
        _ => None,
    }
}
