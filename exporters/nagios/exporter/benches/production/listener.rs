//! Another program on the exchange, with a durable queue of its own: counts the results that come through it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, ExchangeDeclareOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties, Consumer, ExchangeKind};
use serde_json::Value;

use crate::load;

const QUEUE: &str = "listener";

/// How long one attempt to get through to the broker may take. It may hang.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Listens until dropped, whatever becomes of the broker.
pub(crate) struct Listener {
    results: Arc<Mutex<Results>>,
    task: tokio::task::JoinHandle<()>,
}

/// What has come.
#[derive(Default)]
struct Results {
    /// Under which (epoch, sequence) each result came, by its number.
    events: BTreeMap<usize, (u64, u64)>,
    /// Results that came as another event once more: twice even after duplicates are dropped.
    doubles: usize,
    /// Events that came once more as themselves, as AMQP may deliver them.
    repeated: usize,
}

impl Listener {
    /// Binds its queue and listens from now on.
    pub(crate) async fn start(url: &str) -> Listener {
        let results = Arc::<Mutex<Results>>::default();
        let deliveries = attach(url).await.unwrap();
        let task = tokio::spawn(listen(url.to_owned(), deliveries, Arc::clone(&results)));
        Listener { results, task }
    }

    /// How many different results have come.
    pub(crate) fn distinct(&self) -> usize {
        self.results.lock().unwrap().events.len()
    }

    /// How many came as two events.
    pub(crate) fn doubles(&self) -> usize {
        self.results.lock().unwrap().doubles
    }

    /// How many events were delivered once more.
    pub(crate) fn repeated(&self) -> usize {
        self.results.lock().unwrap().repeated
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(url: String, first: (Connection, Consumer), results: Arc<Mutex<Results>>) {
    let mut current = Some(first);
    loop {
        if let Some((_connection, mut deliveries)) = current.take() {
            while let Some(Ok(delivery)) = deliveries.next().await {
                results.lock().unwrap().count(&delivery);
                if delivery.ack(BasicAckOptions::default()).await.is_err() {
                    break;
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        current = tokio::time::timeout(ATTEMPT, attach(&url)).await.ok().and_then(Result::ok);
    }
}

async fn attach(url: &str) -> lapin::Result<(Connection, Consumer)> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.basic_qos(1000, BasicQosOptions::default()).await?;
    let none = FieldTable::default;
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let (exchange, topic) = ("nagios.events".into(), ExchangeKind::Topic);
    channel.exchange_declare(exchange, topic, durable, none()).await?;
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(QUEUE.into(), durable, none()).await?;
    let (bind, key) = (QueueBindOptions::default(), "v1.*.check".into());
    channel.queue_bind(QUEUE.into(), "nagios.events".into(), key, bind, none()).await?;
    let consume = BasicConsumeOptions::default();
    let deliveries = channel.basic_consume(QUEUE.into(), "".into(), consume, none()).await?;
    Ok((connection, deliveries))
}

impl Results {
    fn count(&mut self, delivery: &Delivery) {
        let event: Value = serde_json::from_slice(&delivery.data).unwrap();
        let Some(number) = event["state"]["output"].as_str().and_then(load::number) else {
            return;
        };
        let id = (event["epoch"].as_u64().unwrap(), event["sequence"].as_u64().unwrap());
        match self.events.insert(number, id) {
            Some(other) if other != id => self.doubles += 1,
            Some(_) => self.repeated += 1,
            None => {}
        }
    }
}
