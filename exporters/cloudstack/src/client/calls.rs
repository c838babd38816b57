//! Counts what is asked of clouds, and how long it takes.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds of the time a call takes, in seconds.
const SECONDS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

/// What has been asked since the start. Clones count together.
#[derive(Debug, Clone)]
pub struct Calls {
    calls: Family<Made, Counter>,
    duration: Family<Command, Histogram, fn() -> Histogram>,
    sanitised: Family<Cloud, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Made {
    cloud: String,
    command: &'static str,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Command {
    cloud: String,
    command: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Cloud {
    cloud: String,
}

impl Default for Calls {
    fn default() -> Self {
        Calls {
            calls: Family::default(),
            duration: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            sanitised: Family::default(),
        }
    }
}

impl Calls {
    /// Adds them to a registry.
    pub fn register(&self, registry: &mut Registry) {
        let Calls { calls, duration, sanitised } = self.clone();
        registry.register(
            "cloudstack_api_calls",
            "Calls of the API by command and HTTP status (code); timeout, connection and unreadable are ours",
            calls,
        );
        registry.register(
            "cloudstack_api_duration_seconds",
            "How long calls of the API took, as seen from here, failed ones too",
            duration,
        );
        registry.register(
            "cloudstack_api_control_characters",
            "Raw control characters in texts of answers, which are no JSON and were replaced by spaces",
            sanitised,
        );
    }

    pub(super) fn made(
        &self,
        cloud: &str,
        command: &'static str,
        code: &'static str,
        took: Duration,
    ) {
        let cloud = || cloud.to_owned();
        self.calls.get_or_create(&Made { cloud: cloud(), command, code }).inc();
        let duration = self.duration.get_or_create(&Command { cloud: cloud(), command });
        duration.observe(took.as_secs_f64());
    }

    pub(super) fn sanitised(&self, cloud: &str, characters: u64) {
        self.sanitised.get_or_create(&Cloud { cloud: cloud.to_owned() }).inc_by(characters);
    }
}
