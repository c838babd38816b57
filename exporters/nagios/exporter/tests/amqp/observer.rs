//! Another program on the exchange: a durable queue of its own, and everything that comes to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ExchangeDeclareOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Connection, ConnectionProperties, ExchangeKind};
use serde_json::Value;

use crate::until;

/// What has come: routing key, content type and body.
type Seen = Arc<Mutex<Vec<(String, String, Vec<u8>)>>>;

/// The other program.
pub(crate) struct Observer {
    url: String,
    seen: Seen,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Observer {
    /// Binds its queue and listens.
    pub(crate) async fn start(url: &str) -> Self {
        let mut observer = Observer { url: url.to_owned(), seen: Seen::default(), task: None };
        observer.listen().await;
        observer
    }

    /// Listens again, after the broker was away.
    pub(crate) async fn listen(&mut self) {
        let connection = until("a connection", async || {
            Connection::connect(&self.url, ConnectionProperties::default()).await.ok()
        })
        .await;
        let channel = connection.create_channel().await.unwrap();
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let (exchange, topic) = ("nagios.events".into(), ExchangeKind::Topic);
        channel.exchange_declare(exchange, topic, durable, FieldTable::default()).await.unwrap();
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let none = FieldTable::default;
        channel.queue_declare("observer".into(), durable, none()).await.unwrap();
        let bind = QueueBindOptions::default();
        channel
            .queue_bind("observer".into(), "nagios.events".into(), "v1.#".into(), bind, none())
            .await
            .unwrap();
        let consume = BasicConsumeOptions::default();
        let mut deliveries =
            channel.basic_consume("observer".into(), "".into(), consume, none()).await.unwrap();
        let seen = Arc::clone(&self.seen);
        self.task = Some(tokio::spawn(async move {
            while let Some(Ok(delivery)) = deliveries.next().await {
                let content_type = delivery.properties.content_type();
                let content_type =
                    content_type.as_ref().map_or("", |text| text.as_str()).to_owned();
                let key = delivery.routing_key.to_string();
                seen.lock().unwrap().push((key, content_type, delivery.data.clone()));
                let _ = delivery.ack(BasicAckOptions::default()).await;
            }
            drop(connection);
        }));
    }

    /// Everything that has come.
    pub(crate) fn seen(&self) -> Vec<(String, String, Vec<u8>)> {
        self.seen.lock().unwrap().clone()
    }

    /// How often each event of an epoch has come, by its number.
    pub(crate) fn events(&self, epoch: u64) -> BTreeMap<u64, usize> {
        let mut events = BTreeMap::new();
        for (key, _, body) in self.seen.lock().unwrap().iter() {
            if key.ends_with(".heartbeat") || key.ends_with(".snapshot") {
                continue;
            }
            let message: Value = serde_json::from_slice(body).unwrap();
            if message["epoch"] == epoch {
                *events.entry(message["sequence"].as_u64().unwrap()).or_default() += 1;
            }
        }
        events
    }

    /// Waits until every event up to `last` has come.
    pub(crate) async fn complete(&self, epoch: u64, last: u64) {
        let begun = std::time::Instant::now();
        while (self.events(epoch).len() as u64) < last {
            let events = self.events(epoch);
            let missing = (1..=last).find(|number| !events.contains_key(number));
            let count = events.len();
            assert!(
                begun.elapsed() < crate::PATIENCE,
                "{count} of {last} came, first missing: {missing:?}"
            );
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert!(self.events(epoch).keys().copied().eq(1..=last));
    }

    /// Publishes something.
    pub(crate) async fn publish(&self, key: &str, body: &[u8]) {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&self.url, properties).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let (exchange, options) = ("nagios.events".into(), BasicPublishOptions::default());
        let properties = BasicProperties::default().with_content_type("application/json".into());
        channel.basic_publish(exchange, key.into(), options, body, properties).await.unwrap();
        connection.close(200, "".into()).await.unwrap();
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
