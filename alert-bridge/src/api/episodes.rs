//! `GET /api/v1/episodes`: problems from their start to their end, the latest told first.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;

use super::answer::{Page, Row};
use super::{Invalid, Parameters, Refusal};
use crate::alert::Severity;
use crate::area::Area;
use crate::store::history::{self, Filter, Found};
use crate::store::{Store, deliveries, events};
use crate::view::MessageView;

pub(super) const SEVERITIES: &str = "info, warning, unknown or critical";
pub(super) const AREAS: &str = "infrastructure, network, xenserver or cloudstack";

/// `q` is words that must all be found in labels, summary or output; `@warn`, `@critical`, `@unknown` and
/// `@info` in it mean severities.
pub(super) async fn list(
    State(store): State<Store>,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let (shape, limit) = parameters.shape()?;
    let filter = filter(parameters, limit)?;
    let read = store.read(move |connection| {
        // The number first: what happens in between is then told twice rather than never.
        let last_id = events::last(connection)?;
        let mut found = history::episodes(connection, &filter)?;
        let ids: Vec<i64> = found.iter().map(|found| found.episode.id).collect();
        let mut messages: BTreeMap<i64, Vec<MessageView>> = BTreeMap::new();
        for message in deliveries::of_episodes(connection, &ids)? {
            messages.entry(message.episode).or_default().push(message);
        }
        for found in &mut found {
            found.messages = Some(messages.remove(&found.episode.id).unwrap_or_default());
        }
        Ok((last_id, found))
    });
    let (last_id, found) = read.await?;
    let page = Page::new(found, limit, |last| last.last_seq.to_string());
    Ok(shape.write(&Page { last_id: Some(last_id), ..page }))
}

fn filter(mut parameters: Parameters, limit: usize) -> Result<Filter, Invalid> {
    let firing = parameters.read("state", "firing or resolved", |state| match state {
        "firing" => Some(true),
        "resolved" => Some(false),
        _ => None,
    })?;
    let (words, named) = parameters.words(named);
    let mut severities = parameters.list("severity", SEVERITIES, Severity::from_name)?;
    severities.extend(named);
    let filter = Filter {
        firing,
        severities,
        area: parameters.read("area", AREAS, Area::from_name)?,
        from: parameters.time("from")?,
        to: parameters.time("to")?,
        words,
        before: parameters.read("cursor", "the `next` of an answer", |text| text.parse().ok())?,
        limit,
    };
    parameters.end()?;
    Ok(filter)
}

/// The severity that begins with this: `warn` is enough.
fn named(text: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.name().starts_with(text))
}

impl Row for Found {
    const NAME: &'static str = "episodes";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "started",
        "ended",
        "state",
        "severity",
        "area",
        "host",
        "service",
        "alertname",
        "instance",
        "output",
        "acknowledged_by",
    ];

    fn cells(&self) -> Vec<String> {
        let episode = &self.episode;
        let who = episode.acknowledged.as_ref().map(|acknowledged| acknowledged.who.clone());
        vec![
            episode.id.to_string(),
            episode.started.to_string(),
            episode.ended.map(|at| at.to_string()).unwrap_or_default(),
            episode.state.into(),
            episode.severity.name().into(),
            episode.area.name().into(),
            episode.host.clone(),
            episode.service.clone(),
            episode.alertname.clone(),
            episode.instance.clone(),
            episode.output.clone(),
            who.unwrap_or_default(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_severities_of_a_search() {
        let filter = filter([("q", "Web  @warn 磁盘 @crit user@host @x")].into(), 1).unwrap();
        assert_eq!(filter.words, ["web", "磁盘", "user@host", "@x"]);
        assert_eq!(filter.severities, [Severity::Warning, Severity::Critical]);
    }

    #[test]
    fn a_wrong_parameter_is_refused_by_name() {
        for (name, value) in [
            ("state", "open"),
            ("severity", "critical,bad"),
            ("cursor", "-1"),
            ("area", "moon"),
            ("from", "yesterday"),
            ("to", "1"),
            ("colour", "red"),
        ] {
            let error = filter([(name, value)].into(), 1).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name}: `{value}` came, expected ")), "{error}");
        }
        let empty = filter([("severity", ""), ("from", "")].into(), 7).unwrap();
        assert_eq!((empty.limit, empty.from), (7, None));
    }
}
