//! RabbitMQ between Nagios servers and exporters.
//!
//! A nagios-exporter beside Nagios is the `relay`: it publishes every event to a durable topic exchange, under the
//! key `v1.INSTANCE.KIND`. A nagios-exporter elsewhere is the `consumer`: it has a quorum queue of its own and
//! sees every event of every Nagios. Other programs may bind queues of their own; `schema/v1.json` says what they
//! get. Whoever publishes anything under [`REQUEST_KEY`] gets a snapshot of every Nagios.
//!
//! Messages of events carry two headers, which number what a relay publishes: a gap is a loss.

mod broker;
mod consumer;
mod follower;
mod letter;
mod metrics;
mod mirror;
mod numbers;
mod publisher;
mod relay;
mod settings;

pub(crate) use consumer::Consumer;
pub(crate) use relay::Relay;
pub use settings::{BrokerUrl, File, FileSettings, Settings, Usage};

/// A message under this key asks the relays for snapshots.
pub const REQUEST_KEY: &str = "request.snapshot";

/// Header: names a run of a relay, within which [`NUMBER_HEADER`] rises by one with each event.
pub const RELAY_HEADER: &str = "x-relay";

/// Header: the event's number among all that the relay has published.
pub const NUMBER_HEADER: &str = "x-number";
