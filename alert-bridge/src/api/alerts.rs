//! `GET /api/v1/alerts`: what fires now, as Alertmanager tells alerts apart. An episode has one or several.

use axum::extract::State;
use axum::response::Response;

use super::answer::{Page, Row};
use super::{Parameters, Refusal};
use crate::store::{Store, history};
use crate::view::AlertView;

/// By the ids of their episodes; `limit` counts episodes, whose alerts come together.
pub(super) async fn list(
    State(store): State<Store>,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let (shape, limit) = parameters.shape()?;
    let after = parameters.read("cursor", "the `next` of an answer", |text| text.parse().ok())?;
    parameters.end()?;
    let read = store.read(move |connection| history::alerts(connection, after.unwrap_or(0), limit));
    let page = Page::new(read.await?, limit, |last| last.episode.to_string());
    Ok(shape.write(&page))
}

impl Row for AlertView {
    const NAME: &'static str = "alerts";
    const COLUMNS: &'static [&'static str] =
        &["episode", "started", "severity", "area", "title", "output", "link"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.episode.to_string(),
            self.started.to_string(),
            self.severity.name().into(),
            self.area.name().into(),
            self.title.clone(),
            self.output.clone(),
            self.link.clone(),
        ]
    }
}
