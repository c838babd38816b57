//! Which alerts a snapshot asks for. Pure: no I/O, no clock.
//!
//! The rules:
//! - a hard problem that nobody has in hand is an alert (with [`AlertOn::Notification`]: once Nagios has sent
//!   a notification for it);
//! - one that was an alert already and that somebody now has in hand stays one, silenced;
//! - an object that Nagios has not checked since it started says nothing: what was there stays;
//! - labels hold identity and severity only, so another severity is another alert.

use std::collections::BTreeMap;

use alertmanager::{Alert, LabelError, LabelSet, Url, Wanted};
use jiff::Timestamp;

use crate::config::AlertOn;
use crate::problem::{self, Problem, Severity};
use crate::snapshot::{
    Host, HostInventory, HostState, Service, ServiceState, Snapshot, Status, Touched,
};

/// `alertname` of a host's problem.
pub const HOST_ALERT: &str = "NagiosHostProblem";
/// `alertname` of a service's problem.
pub const SERVICE_ALERT: &str = "NagiosServiceProblem";
/// Labels that say which object has the problem: all but the severity.
pub const IDENTITY: [&str; 6] = ["alertname", "source", "instance", "road", "host", "service"];

/// Longest plugin output in an annotation, in bytes.
const LONGEST_OUTPUT: usize = 1024;

/// What alerts look like here.
#[derive(Debug, Clone)]
pub struct Style {
    /// The `instance` label.
    pub instance: String,
    /// What makes a problem an alert.
    pub alert_on: AlertOn,
    /// Where people reach this exporter.
    pub page: Url,
}

/// The alerts that should be active.
#[derive(Debug)]
pub struct Alerts {
    style: Style,
    /// By host and service (empty for the host itself): an object has at most one alert.
    wanted: BTreeMap<(String, String), Wanted>,
}

impl Style {
    /// Labels that all our alerts carry, and nobody else's do.
    ///
    /// # Errors
    /// Never in fact: the names are right.
    pub fn ours(&self) -> Result<LabelSet, LabelError> {
        LabelSet::new([("source", "nagios"), ("instance", &self.instance), ("road", "fast")])
    }
}

impl Alerts {
    /// None yet.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Alerts { style, wanted: BTreeMap::new() }
    }

    /// All of them.
    pub fn wanted(&self) -> impl Iterator<Item = &Wanted> {
        self.wanted.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.wanted.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// From now on alerts look like this. Follow with [`Touched::Everything`].
    pub fn restyle(&mut self, style: Style) {
        self.style = style;
    }

    /// Takes over the alerts of an earlier life. Follow with [`Touched::Everything`].
    pub fn adopt(&mut self, found: Vec<Alert>) {
        for alert in found {
            let text = |name| alert.labels.get(name).unwrap_or_default().to_owned();
            let object = (text("host"), text("service"));
            if !object.0.is_empty() {
                self.wanted.entry(object).or_insert(Wanted { alert, silenced: None });
            }
        }
    }

    /// Brings the alerts in line with the snapshot, as of `now`. Returns whether any changed.
    pub fn follow(&mut self, snapshot: &Snapshot, touched: Touched, now: Timestamp) -> bool {
        match touched {
            Touched::Service(at) => {
                let Some(service) = snapshot.services.get(at) else { return false };
                let Some(host) = snapshot.host(&service.inventory.host) else { return false };
                self.follow_service(snapshot, host, service, now)
            }
            Touched::Host(at) => {
                let Some(host) = snapshot.hosts.get(at) else { return false };
                self.follow_host(snapshot, host, now)
            }
            Touched::Everything => {
                let mut changed = self.forget_removed(snapshot);
                for host in &snapshot.hosts {
                    changed |= self.follow_host(snapshot, host, now);
                }
                changed
            }
        }
    }

    /// A host and, because they depend on it, its services.
    fn follow_host(&mut self, snapshot: &Snapshot, host: &Host, now: Timestamp) -> bool {
        let mut changed = false;
        if let Some(status) = &host.status {
            let facts = problem::of_host(snapshot, host)
                .map(|problem| Facts::new(problem, host, "", status, host_state_name));
            changed |= self.decide((&host.inventory.name, ""), facts, now);
        }
        for service in snapshot.services_of(&host.inventory.name) {
            changed |= self.follow_service(snapshot, host, service, now);
        }
        changed
    }

    fn follow_service(
        &mut self,
        snapshot: &Snapshot,
        host: &Host,
        service: &Service,
        now: Timestamp,
    ) -> bool {
        let Some(status) = &service.status else { return false };
        let name = &service.inventory.name;
        let facts = problem::of_service(snapshot, host, service)
            .map(|problem| Facts::new(problem, host, name, status, service_state_name));
        self.decide((&service.inventory.host, name), facts, now)
    }

    fn decide(&mut self, object: (&str, &str), facts: Option<Facts<'_>>, now: Timestamp) -> bool {
        // Most objects are well and have no alert: nothing to allocate for them.
        if facts.is_none() && self.wanted.is_empty() {
            return false;
        }
        let object = (object.0.to_owned(), object.1.to_owned());
        let was = self.wanted.get(&object);
        let wanted = facts.and_then(|facts| facts.wanted(&self.style, was, now));
        if was == wanted.as_ref() {
            return false;
        }
        match wanted {
            Some(wanted) => self.wanted.insert(object, wanted),
            None => self.wanted.remove(&object),
        };
        true
    }

    fn forget_removed(&mut self, snapshot: &Snapshot) -> bool {
        let before = self.wanted.len();
        self.wanted.retain(|(host, service), _| match service.as_str() {
            "" => snapshot.host(host).is_some(),
            service => {
                snapshot.services_of(host).iter().any(|known| *known.inventory.name == *service)
            }
        });
        self.wanted.len() != before
    }
}

/// All that an alert is made of.
struct Facts<'a> {
    problem: Problem,
    host: &'a HostInventory,
    /// Empty for the host itself.
    service: &'a str,
    /// The state as Nagios writes it.
    state: &'static str,
    /// When it began, as well as Nagios tells.
    began: Option<i64>,
    /// Whether Nagios has told somebody, as far as the module sees.
    notified: bool,
    attempts: String,
    output: &'a str,
}

impl<'a> Facts<'a> {
    fn new<S: Copy>(
        problem: Problem,
        host: &'a Host,
        service: &'a str,
        status: &'a Status<S>,
        name: fn(S) -> &'static str,
    ) -> Self {
        Facts {
            problem,
            host: &host.inventory,
            service,
            state: name(status.state),
            began: status.last_hard_state_change.or(status.last_state_change).or(status.last_check),
            notified: status.notifications_sent != Some(0),
            attempts: format!("{}/{}", status.attempt, status.max_attempts),
            output: status.output_up_to(LONGEST_OUTPUT),
        }
    }

    /// The alert as it should be, given what `was`.
    fn wanted(&self, style: &Style, was: Option<&Wanted>, now: Timestamp) -> Option<Wanted> {
        let handled = self.problem.handled;
        let untold = style.alert_on == AlertOn::Notification && !self.notified;
        if was.is_none() && (handled.is_some() || untold) {
            return None;
        }
        let labels = self.labels(style).ok()?;
        let before = was.filter(|was| was.alert.labels == labels);
        let starts_at = self
            .began
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .or(before.map(|was| was.alert.starts_at))
            .unwrap_or(now);
        let alert = Alert {
            labels,
            annotations: self.annotations().ok()?,
            starts_at,
            generator_url: Some(self.page(&style.page)),
        };
        Some(Wanted { alert, silenced: handled.map(|reason| reason.in_words().to_owned()) })
    }

    fn labels(&self, style: &Style) -> Result<LabelSet, LabelError> {
        LabelSet::new([
            ("alertname", if self.service.is_empty() { HOST_ALERT } else { SERVICE_ALERT }),
            ("source", "nagios"),
            ("instance", &style.instance),
            ("road", "fast"),
            ("host", &self.host.name),
            ("service", self.service),
            ("severity", Severity::as_str(self.problem.severity)),
        ])
    }

    fn annotations(&self) -> Result<LabelSet, LabelError> {
        let host = &self.host.name;
        let summary = match self.service {
            "" => format!("{host} is {}", self.state),
            service => format!("{service} on {host} is {}", self.state),
        };
        LabelSet::new([
            ("summary", summary.as_str()),
            ("output", self.output),
            ("attempts", &self.attempts),
            ("address", &self.host.address),
        ])
    }

    /// The page that shows the object.
    fn page(&self, base: &Url) -> Url {
        let mut url = base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(if self.service.is_empty() { "hosts" } else { "services" });
        }
        url.query_pairs_mut().append_pair("host", &self.host.name);
        if !self.service.is_empty() {
            url.query_pairs_mut().append_pair("service", self.service);
        }
        url
    }
}

/// As Nagios writes it.
fn host_state_name(state: HostState) -> &'static str {
    match state {
        HostState::Up => "UP",
        HostState::Down => "DOWN",
        HostState::Unreachable => "UNREACHABLE",
    }
}

/// As Nagios writes it.
fn service_state_name(state: ServiceState) -> &'static str {
    match state {
        ServiceState::Ok => "OK",
        ServiceState::Warning => "WARNING",
        ServiceState::Critical => "CRITICAL",
        ServiceState::Unknown => "UNKNOWN",
    }
}

#[cfg(test)]
mod tests;
