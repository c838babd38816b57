//! `GET /api/v1/deliveries`: the messages to people and how they stand, the latest first.

use axum::extract::State;
use axum::response::Response;

use super::answer::{Page, Row};
use super::{Parameters, Refusal};
use crate::store::Store;
use crate::store::deliveries::{self, Filter};
use crate::view::MessageView;

pub(super) async fn list(
    State(store): State<Store>,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let (shape, limit) = parameters.shape()?;
    let filter = Filter {
        episode: parameters.read("episode", "the id of an episode", |text| text.parse().ok())?,
        state: parameters.text("state"),
        contact: parameters.text("contact"),
        transport: parameters.text("transport"),
        before: parameters.read("cursor", "the `next` of an answer", |text| text.parse().ok())?,
        limit,
    };
    parameters.end()?;
    let found = store.read(move |connection| deliveries::find(connection, &filter)).await?;
    Ok(shape.write(&Page::new(found, limit, |last| last.id.to_string())))
}

impl Row for MessageView {
    const NAME: &'static str = "deliveries";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "episode",
        "transition",
        "contact",
        "transport",
        "state",
        "attempts",
        "segments",
        "created",
        "settled",
        "text",
        "error",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.episode.to_string(),
            self.transition.clone(),
            self.contact.clone(),
            self.transport.clone(),
            self.state.clone(),
            self.attempts.to_string(),
            self.segments.to_string(),
            self.created.to_string(),
            self.settled.map(|at| at.to_string()).unwrap_or_default(),
            self.text.clone(),
            self.error.clone().unwrap_or_default(),
        ]
    }
}
