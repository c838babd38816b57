//! A connection to RabbitMQ: made within a deadline, and known to be usable or not.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::options::ExchangeDeclareOptions;
use lapin::tcp::OwnedTLSConfig;
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties, Event, ExchangeKind};
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{info, warn};

use super::Settings;

/// Deadline of connecting, and of every call that the broker answers.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(10);

/// Pauses between attempts: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A connection with one channel.
pub(super) struct Link {
    pub(super) channel: Channel,
    pub(super) health: watch::Receiver<Health>,
    /// Closed when it is dropped.
    _connection: Arc<Connection>,
}

/// How a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    Well,
    /// The broker has no memory or disk left and takes nothing for now (`connection.blocked`).
    Blocked,
    Gone,
}

/// Why the broker did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum BrokerError {
    #[error("{0}")]
    Amqp(#[from] lapin::Error),
    #[error("no answer within {} s", CALL_LIMIT.as_secs())]
    Late,
    #[error("the connection is gone")]
    Gone,
    #[error("a message was refused")]
    Refused,
}

/// Connects, again and again until it succeeds.
pub(super) async fn connect(settings: &Settings, purpose: &str) -> Link {
    let mut pause = FIRST_PAUSE;
    let mut told = false;
    loop {
        match call(Link::open(settings, purpose)).await {
            Ok(link) => {
                info!(broker = %settings.url, purpose, "connected to RabbitMQ");
                return link;
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    warn!(broker = %settings.url, purpose, %error, "cannot connect to RabbitMQ, trying on");
                }
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Asks the broker, within the deadline.
pub(super) async fn call<T, E: Into<BrokerError>>(
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, BrokerError> {
    match timeout(CALL_LIMIT, asked).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(BrokerError::Late),
    }
}

impl Link {
    async fn open(settings: &Settings, purpose: &str) -> Result<Self, BrokerError> {
        let name = format!("{} {purpose}", crate::ABOUT.name);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let tls = OwnedTLSConfig { identity: None, cert_chain: settings.usage.authorities.clone() };
        let runtime = lapin::runtime::default_runtime()?;
        let connection =
            Connection::connect_uri_with_config(settings.url.uri(), properties, tls, runtime)
                .await?;
        let events = connection.events_listener();
        let (health, seen) = watch::channel(Health::Well);
        tokio::spawn(watch_over(events, health));
        let channel = connection.create_channel().await?;
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let exchange = settings.usage.exchange.as_str().into();
        let kind = ExchangeKind::Topic;
        channel.exchange_declare(exchange, kind, durable, FieldTable::default()).await?;
        Ok(Link { channel, health: seen, _connection: Arc::new(connection) })
    }

    /// Waits until the broker takes messages.
    pub(super) async fn unblocked(&mut self) -> Result<(), BrokerError> {
        let health = self.health.wait_for(|health| *health != Health::Blocked).await;
        match health.as_deref() {
            Ok(Health::Well) => Ok(()),
            _ => Err(BrokerError::Gone),
        }
    }
}

/// Follows what the connection tells, until it is gone.
async fn watch_over(
    events: impl futures_util::Stream<Item = Event> + Send + 'static,
    health: watch::Sender<Health>,
) {
    let mut events = std::pin::pin!(events);
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = health.closed() => return,
        };
        match event {
            Some(Event::ConnectionBlocked(reason)) => {
                warn!(reason, "RabbitMQ takes no messages for now");
                health.send_replace(Health::Blocked);
            }
            Some(Event::ConnectionUnblocked) => {
                info!("RabbitMQ takes messages again");
                health.send_replace(Health::Well);
            }
            Some(Event::Error(_)) | None => {
                health.send_replace(Health::Gone);
                return;
            }
            Some(_) => {}
        }
    }
}
