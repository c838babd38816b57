//! `GET /api/v1/events`: what sources have told of, the newest first.

use axum::extract::State;
use axum::response::Response;

use super::answer::{Page, Row};
use super::{Invalid, Parameters, Refusal};
use crate::source_events::event::{Kind, Severity};
use crate::store::Store;
use crate::store::source_events::{self, Cursor, Filter, Found};

const SEVERITIES: &str = "ok, info, warning, unknown or critical";

/// `q` is words that must all be found; `@warn` and the like in it mean severities.
pub(super) async fn list(
    State(store): State<Store>,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let (shape, limit) = parameters.shape()?;
    let filter = filter(parameters, limit)?;
    let found = store.read(move |connection| source_events::find(connection, &filter)).await?;
    Ok(shape.write(&Page::new(found, limit, |last| last.cursor.to_string())))
}

fn filter(mut parameters: Parameters, limit: usize) -> Result<Filter, Invalid> {
    let (words, named) = parameters.words(named);
    let mut severities = parameters.list("severity", SEVERITIES, Severity::from_name)?;
    severities.extend(named);
    let filter = Filter {
        source: parameters.text("source"),
        instance: parameters.text("instance"),
        kinds: parameters.list("kind", "a kind of event such as state_change", Kind::from_name)?,
        severities,
        words,
        from: parameters.time("from")?,
        to: parameters.time("to")?,
        before: parameters.read("cursor", "the `next` of an answer", Cursor::from_text)?,
        limit,
    };
    parameters.end()?;
    Ok(filter)
}

fn named(text: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.name().starts_with(text))
}

impl Row for Found {
    const NAME: &'static str = "events";
    const COLUMNS: &'static [&'static str] =
        &["at", "source", "instance", "kind", "severity", "host", "service", "name", "text"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.at.to_string(),
            self.source.clone(),
            self.instance.clone(),
            self.kind.clone(),
            self.severity.clone().unwrap_or_default(),
            self.host.clone(),
            self.service.clone(),
            self.name.clone(),
            self.text.clone(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_cannot_be_read_is_named() {
        for (name, value) in [("severity", "ok,bad"), ("kind", "check"), ("cursor", "7")] {
            let error = filter([(name, value)].into(), 1).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name}: `{value}` came, expected ")), "{error}");
        }
        let filter = filter([("q", "@ok Disk"), ("severity", "critical")].into(), 1).unwrap();
        assert_eq!(filter.severities, [Severity::Critical, Severity::Ok]);
        assert_eq!(filter.words, ["disk"]);
    }
}
