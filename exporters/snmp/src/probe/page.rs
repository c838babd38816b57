//! The page of a scrape: what its modules came to, and how long they took.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use exporter_kit::exposition::TextPage;

use crate::client::Error;
use crate::collect::{LargeCounters, collect};
use crate::config::Module;
use crate::flags::Flags;
use crate::metrics::Metrics;
use crate::text::{Duplicates, Flaw, Help, Kind, Labels, Page, Sample};
use crate::varbind::{Answers, Value};

/// What one module was answered.
pub(super) struct Answered {
    pub(super) name: String,
    pub(super) module: Arc<Module>,
    pub(super) outcome: Result<Answers, Error>,
    pub(super) packets: u64,
    pub(super) retries: u64,
    pub(super) walk: Duration,
}

/// How pages are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    large_counters: LargeCounters,
    duplicates: Duplicates,
    partial_results: bool,
}

/// Why a scrape has no page.
#[derive(Debug)]
pub(super) enum Failure {
    /// Modules that were not answered.
    Unanswered(Vec<(String, Error)>),
    /// The page has flaws.
    Flawed { target: String, modules: String, flaws: Vec<Flaw> },
}

/// Name and help text of a metric about the scrape itself.
type About = (&'static str, Help<'static>);

const SUCCESS: About = ("snmp_module_success", ("Whether the module's walk succeeded.", ""));
const WALK: About = ("snmp_scrape_walk_duration_seconds", ("Time SNMP walk/bulkwalk took.", ""));
const SENT: About = (
    "snmp_scrape_packets_sent",
    ("Packets sent for get, bulkget, and walk; including retries.", ""),
);
const RETRIED: About =
    ("snmp_scrape_packets_retried", ("Packets retried for get, bulkget, and walk.", ""));
const RETURNED: About =
    ("snmp_scrape_pdus_returned", ("PDUs returned from get, bulkget, and walk.", ""));
const TOOK: About =
    ("snmp_scrape_duration_seconds", ("Total SNMP time scrape took (walk and processing).", ""));

impl Options {
    pub(super) fn of(flags: &Flags) -> Self {
        Options {
            large_counters: match flags.no_wrap_large_counters {
                true => LargeCounters::Keep,
                false => LargeCounters::Wrap,
            },
            duplicates: if flags.drop_duplicates { Duplicates::Drop } else { Duplicates::Fail },
            partial_results: flags.partial_results,
        }
    }
}

/// Writes the page of a target.
pub(super) fn write(
    target: &str,
    mut answers: Vec<Answered>,
    options: Options,
    metrics: &Metrics,
    to: &mut TextPage,
) -> Result<(), Failure> {
    let failed: Vec<_> = answers.iter().filter_map(Answered::failure).collect();
    if !failed.is_empty() && (!options.partial_results || failed.len() == answers.len()) {
        return Err(Failure::Unanswered(failed));
    }
    for (module, error) in &failed {
        tracing::info!(module, %error, "module left out");
    }
    // The answers go as soon as they are read: they are as large as the page.
    let outcomes: Vec<_> = answers.iter_mut().map(Answered::take).collect();
    let mut page = Page::default();
    for (answered, outcome) in std::iter::zip(&answers, outcomes) {
        answered.add(outcome.as_ref(), options, metrics, &mut page);
    }
    match page.write_to(options.duplicates, to) {
        Ok(dropped) => {
            metrics.dropped(dropped);
            Ok(())
        }
        Err(flaws) => {
            let modules: Vec<_> = answers.iter().map(|answered| answered.name.as_str()).collect();
            let (target, modules) = (target.to_owned(), modules.join(","));
            Err(Failure::Flawed { target, modules, flaws })
        }
    }
}

impl Answered {
    fn failure(&self) -> Option<(String, Error)> {
        Some((self.name.clone(), self.outcome.as_ref().err()?.clone()))
    }

    /// What was answered, if anything was.
    fn take(&mut self) -> Option<Answers> {
        self.outcome.as_mut().ok().map(std::mem::take)
    }

    /// Adds the module's samples, and those about the module.
    fn add<'m>(
        &'m self,
        answers: Option<&Answers>,
        options: Options,
        metrics: &Metrics,
        page: &mut Page<'m>,
    ) {
        let labels = Arc::new(Labels::new(vec![("module", self.name.clone())]));
        let gauge = |(name, help): About, value: f64, page: &mut Page<'m>| {
            let sample = Sample { labels: Arc::clone(&labels), extra: None, value };
            page.add(name.into(), help, Kind::Gauge, sample);
        };
        if options.partial_results {
            gauge(SUCCESS, f64::from(u8::from(answers.is_some())), page);
        }
        let Some(varbinds) = answers else { return };
        let start = Instant::now();
        collect(&self.module, varbinds, options.large_counters, page);
        let took = self.walk + start.elapsed();
        metrics.collected(&self.name, took);
        let unknown = varbinds.iter().filter(|varbind| matches!(varbind.value, Value::Opaque(_)));
        metrics.unexpected_types(unknown.count());
        gauge(WALK, self.walk.as_secs_f64(), page);
        gauge(SENT, self.packets as f64, page);
        gauge(RETRIED, self.retries as f64, page);
        gauge(RETURNED, varbinds.len() as f64, page);
        gauge(TOOK, took.as_secs_f64(), page);
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("An error has occurred while serving metrics:\n")?;
        match self {
            Failure::Unanswered(modules) => {
                for (module, error) in modules {
                    write!(f, "\n* module {module}: {error}")?;
                }
            }
            Failure::Flawed { target, modules, flaws } => {
                write!(
                    f,
                    "\ntarget {target}, module {modules}: {} error(s) occurred:",
                    flaws.len()
                )?;
                for flaw in flaws {
                    write!(f, "\n* {flaw}")?;
                }
            }
        }
        Ok(())
    }
}
