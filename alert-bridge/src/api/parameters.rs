//! The parameters of a query, read once and refused with a reason.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::answer::Shape;

/// Rows of one page at most, and of a file.
const LARGEST_PAGE: usize = 1000;
const LARGEST_FILE: usize = 10_000;

/// Rows of an answer that was asked for without a limit.
const USUAL: usize = 200;

/// What is left to be read; an empty value counts as left out.
#[derive(Debug, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

/// A parameter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{name}: `{came}` came, expected {expected}")]
pub(crate) struct Invalid {
    name: String,
    came: String,
    expected: String,
}

impl Parameters {
    /// A text as it came.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|text| !text.is_empty())
    }

    pub(crate) fn read<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Invalid> {
        let Some(came) = self.text(name) else { return Ok(None) };
        match parse(&came) {
            Some(value) => Ok(Some(value)),
            None => Err(Invalid { name: name.into(), came, expected: expected.into() }),
        }
    }

    /// Values with commas between.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, Invalid> {
        let items = |text: &str| {
            text.split(',').filter(|item| !item.is_empty()).map(&parse).collect::<Option<_>>()
        };
        Ok(self.read(name, expected, items)?.unwrap_or_default())
    }

    pub(super) fn time(&mut self, name: &str) -> Result<Option<Timestamp>, Invalid> {
        self.read(name, "a time such as 2026-01-31T12:00:00Z", |text| text.parse().ok())
    }

    /// What `q` asks for: words in lower case, and what `@warn` and the like name.
    pub(super) fn words<T>(&mut self, named: impl Fn(&str) -> Option<T>) -> (Vec<String>, Vec<T>) {
        let text = self.text("q").unwrap_or_default().to_lowercase();
        let (mut words, mut names) = (Vec::new(), Vec::new());
        for word in text.split_whitespace() {
            match word.strip_prefix('@').filter(|name| name.len() >= 2).and_then(&named) {
                Some(name) => names.push(name),
                None => words.push(word.to_owned()),
            }
        }
        (words, names)
    }

    /// What is written, and how many rows of it at most.
    pub(super) fn shape(&mut self) -> Result<(Shape, usize), Invalid> {
        let shape =
            self.read("format", "json, csv or ndjson", Shape::from_name)?.unwrap_or_default();
        let most = if shape == Shape::Json { LARGEST_PAGE } else { LARGEST_FILE };
        let limit = self.read("limit", &format!("1 to {most}"), |text| {
            text.parse().ok().filter(|limit| (1..=most).contains(limit))
        })?;
        Ok((shape, limit.unwrap_or(USUAL)))
    }

    /// Nothing may be left that nobody has read.
    pub(super) fn end(self) -> Result<(), Invalid> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, came)) => Err(Invalid { name, came, expected: "no such parameter".into() }),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = axum::extract::rejection::QueryRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Query::from_request_parts(parts, state)
            .await
            .map(|Query(parameters)| Parameters(parameters))
    }
}

impl IntoResponse for Invalid {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, format!("{self}\n")).into_response()
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Parameters {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Parameters(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }
}
