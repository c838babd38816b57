//! The relay's side towards the broker: what waits in the spool, snapshots and signs of life.
//!
//! Promises: events are published in their order, those of an outage first, and are done when the broker has
//! confirmed them. Snapshots and signs of life are not kept for a broker that is away: a new snapshot is the
//! first thing that it gets. Every call has a deadline.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use jiff::Timestamp;
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Confirmation, Consumer, PublisherConfirm};
use spool::{Outlet, Record};
use tracing::{debug, info, warn};

use super::broker::{self, BrokerError, CALL_LIMIT, Health, Link};
use super::letter::Letter;
use super::mirror::{Picture, Pulse};
use super::relay::Shared;
use super::{NUMBER_HEADER, RELAY_HEADER, REQUEST_KEY, Settings};
use crate::message::{Content, Format, Heartbeat, Message, Part, SCHEMA};

/// Events that are published before their confirmations are waited for.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 2 << 20;

/// Objects in one part of a snapshot.
const PART: usize = 400;

/// Time between signs of life.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// A sign of life that nobody has taken by then is dropped by the broker.
const HEARTBEAT_LIFE: Duration = Duration::from_secs(30);

/// AMQP's delivery mode for messages that the broker keeps on disk.
const PERSISTENT: u8 = 2;

/// The broker's side.
pub(super) struct Publisher {
    instance: String,
    settings: Settings,
    outlet: Outlet,
    shared: Arc<Shared>,
    /// Names this run: record numbers are counted within it.
    run: String,
    snapshots: u64,
}

impl Publisher {
    pub(super) fn new(
        instance: &str,
        settings: Settings,
        outlet: Outlet,
        shared: Arc<Shared>,
    ) -> Self {
        let now = Timestamp::now().as_microsecond();
        Publisher {
            instance: instance.to_owned(),
            settings,
            outlet,
            shared,
            run: format!("{:x}-{now:x}", std::process::id()),
            // They rise over restarts as well.
            snapshots: u64::try_from(now).unwrap_or_default(),
        }
    }

    /// Publishes for ever. May be dropped at any time: what is not confirmed stays in the spool.
    pub(super) async fn run(mut self) {
        loop {
            let link = broker::connect(&self.settings, "relay").await;
            let Err(error) = self.serve(link).await;
            self.shared.figures.connected.set(0);
            self.shared.figures.failures.inc();
            warn!(%error, "RabbitMQ is lost, events wait");
        }
    }

    async fn serve(&mut self, mut link: Link) -> Result<Infallible, BrokerError> {
        broker::call(link.channel.confirm_select(ConfirmSelectOptions::default())).await?;
        let mut requests = broker::call(requests(&link, &self.settings)).await?;
        self.shared.figures.connected.set(1);
        let mut health = link.health.clone();
        let mut pulse = tokio::time::interval(HEARTBEAT);
        pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut snapshot = tokio::time::interval(self.settings.usage.snapshot_interval);
        snapshot.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            link.unblocked().await?;
            let shared = Arc::clone(&self.shared);
            tokio::select! {
                biased;
                _ = pulse.tick() => self.heartbeat(&mut link).await?,
                _ = snapshot.tick() => self.snapshot(&mut link).await?,
                () = shared.snapshot_due.notified() => {
                    self.snapshot(&mut link).await?;
                    snapshot.reset();
                }
                request = requests.next() => match request {
                    Some(Ok(_)) => shared.snapshot_due.notify_one(),
                    Some(Err(error)) => return Err(error.into()),
                    None => return Err(BrokerError::Gone),
                },
                // Blocked, or gone: found out above.
                _ = health.changed() => {}
                batch = self.outlet.batch(BATCH, BATCH_BYTES) => {
                    self.events(&mut link, &batch).await?;
                }
            }
        }
    }

    /// Publishes events and waits until the broker has confirmed all of them.
    async fn events(&mut self, link: &mut Link, batch: &[Record]) -> Result<(), BrokerError> {
        let mut confirms = Vec::with_capacity(batch.len());
        for record in batch {
            let Some(letter) = Letter::from_bytes(&record.bytes) else {
                warn!(position = record.position, "what the spool holds is no message, left out");
                continue;
            };
            let mut headers = FieldTable::default();
            headers.insert(RELAY_HEADER.into(), AMQPValue::LongString(self.run.as_str().into()));
            let number = i64::try_from(record.position).unwrap_or(i64::MAX);
            headers.insert(NUMBER_HEADER.into(), AMQPValue::LongLongInt(number));
            let properties = properties(letter.format)
                .with_delivery_mode(PERSISTENT)
                .with_message_id(letter.id.as_str().into())
                .with_headers(headers);
            confirms.push(self.publish(link, &letter.key, &letter.body, properties).await?);
        }
        let count = confirms.len() as u64;
        confirmed(link, confirms).await?;
        if let Some(last) = batch.last() {
            self.outlet.done(last.position);
        }
        self.shared.figures.published.inc_by(count);
        Ok(())
    }

    /// Publishes all that is known of the Nagios.
    async fn snapshot(&mut self, link: &mut Link) -> Result<(), BrokerError> {
        let Some(picture) = self.shared.mirror().picture() else { return Ok(()) };
        self.snapshots += 1;
        let number = self.snapshots;
        let Picture { hello, begin, sequence, .. } = picture.clone();
        let chunks = picture.chunks(PART);
        let parts = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
        let mut confirms = Vec::new();
        // Older ones are of no use once the next has come.
        let life = (self.settings.usage.snapshot_interval * 2).as_millis().to_string();
        for (index, objects) in chunks.enumerate() {
            let content = Content::Snapshot(Part {
                snapshot: number,
                part: u32::try_from(index + 1).unwrap_or(u32::MAX),
                parts,
                hello: hello.clone(),
                inventory: begin.inventory,
                loop_start: begin.loop_start,
                objects,
            });
            let message = self.message(hello.epoch, sequence, content);
            let format = self.settings.usage.format;
            let properties = properties(format)
                .with_delivery_mode(PERSISTENT)
                .with_expiration(life.as_str().into());
            let body = message.write(format);
            confirms.push(self.publish(link, &message.key(), &body, properties).await?);
            if confirms.len() >= BATCH / 16 {
                confirmed(link, std::mem::take(&mut confirms)).await?;
            }
        }
        confirmed(link, confirms).await?;
        self.shared.figures.snapshots.inc();
        info!(parts, sequence, "snapshot published");
        Ok(())
    }

    async fn heartbeat(&mut self, link: &mut Link) -> Result<(), BrokerError> {
        let Some(Pulse { hello, stats, up, sequence }) = self.shared.mirror().pulse() else {
            return Ok(());
        };
        let epoch = hello.epoch;
        let content = Content::Heartbeat(Heartbeat { up, hello, stats });
        let message = self.message(epoch, sequence, content);
        let format = self.settings.usage.format;
        let life = HEARTBEAT_LIFE.as_millis().to_string();
        let properties = properties(format).with_expiration(life.as_str().into());
        let body = message.write(format);
        let confirm = self.publish(link, &message.key(), &body, properties).await?;
        confirmed(link, vec![confirm]).await
    }

    fn message(&self, epoch: u64, sequence: u64, content: Content) -> Message {
        let (instance, at) = (self.instance.clone(), Timestamp::now());
        Message { schema: SCHEMA, instance, epoch, sequence, at, content }
    }

    async fn publish(
        &self,
        link: &Link,
        key: &str,
        body: &[u8],
        properties: BasicProperties,
    ) -> Result<PublisherConfirm, BrokerError> {
        let exchange = self.settings.usage.exchange.as_str().into();
        let options = BasicPublishOptions::default();
        broker::call(link.channel.basic_publish(exchange, key.into(), options, body, properties))
            .await
    }
}

/// Waits for the broker's confirmations. While it is blocked the deadline does not run: it has said that it will
/// take its time.
async fn confirmed(link: &mut Link, confirms: Vec<PublisherConfirm>) -> Result<(), BrokerError> {
    for mut confirm in confirms {
        let confirmation = loop {
            tokio::select! {
                confirmation = &mut confirm => break confirmation?,
                () = tokio::time::sleep(CALL_LIMIT) => match *link.health.borrow() {
                    Health::Blocked => {}
                    Health::Well => return Err(BrokerError::Late),
                    Health::Gone => return Err(BrokerError::Gone),
                },
            }
        };
        match confirmation {
            Confirmation::Ack(_) => {}
            Confirmation::Nack(_) | Confirmation::NotRequested => return Err(BrokerError::Refused),
        }
    }
    Ok(())
}

/// A queue that ends with the connection, for requests of snapshots.
async fn requests(link: &Link, settings: &Settings) -> Result<Consumer, lapin::Error> {
    let declare = QueueDeclareOptions {
        exclusive: true,
        auto_delete: true,
        ..QueueDeclareOptions::default()
    };
    let channel = &link.channel;
    let queue = channel.queue_declare("".into(), declare, FieldTable::default()).await?;
    let (queue, exchange) = (queue.name().clone(), settings.usage.exchange.as_str().into());
    let bind = QueueBindOptions::default();
    channel
        .queue_bind(queue.clone(), exchange, REQUEST_KEY.into(), bind, FieldTable::default())
        .await?;
    let consume = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    debug!(%queue, "requests for snapshots are taken");
    channel.basic_consume(queue, "".into(), consume, FieldTable::default()).await
}

fn properties(format: Format) -> BasicProperties {
    BasicProperties::default()
        .with_content_type(format.content_type().into())
        .with_app_id(crate::ABOUT.name.into())
}
