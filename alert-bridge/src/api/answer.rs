//! A page of a list: JSON for programs, a table for people (CSV, RFC 4180), lines for other tools (NDJSON).

use axum::Json;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

/// Tells the cursor of the next page where the body has no place for it.
const NEXT: HeaderName = HeaderName::from_static("x-next-cursor");

/// How a page is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Shape {
    #[default]
    Json,
    Csv,
    Ndjson,
}

/// What a list consists of.
pub(super) trait Row: Serialize {
    /// What the rows are called: a key of the JSON, and the name of the file.
    const NAME: &'static str;
    /// The columns of the table.
    const COLUMNS: &'static [&'static str];

    /// The cells, in the order of the columns.
    fn cells(&self) -> Vec<String>;
}

/// Some rows, and how to go on.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    /// The `cursor` that goes on behind these; none after the last.
    pub(super) next: Option<String>,
    /// The feed as of this page: listen from here and nothing is missed.
    pub(super) last_id: Option<u64>,
}

impl Shape {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Shape::Json),
            "csv" => Some(Shape::Csv),
            "ndjson" => Some(Shape::Ndjson),
            _ => None,
        }
    }

    pub(super) fn write<T: Row>(self, page: &Page<T>) -> Response {
        let (kind, text) = match self {
            Shape::Json => return Json(page).into_response(),
            Shape::Csv => ("text/csv; charset=utf-8", csv(&page.rows)),
            Shape::Ndjson => ("application/x-ndjson", ndjson(&page.rows)),
        };
        let name = format!("attachment; filename=\"{}.{}\"", T::NAME, self.extension());
        let next = page.next.iter().map(|next| (NEXT, next.clone()));
        let mut response =
            ([(CONTENT_TYPE, kind)], [(CONTENT_DISPOSITION, name)], text).into_response();
        response
            .headers_mut()
            .extend(next.filter_map(|(name, value)| Some((name, value.try_into().ok()?))));
        response
    }

    fn extension(self) -> &'static str {
        match self {
            Shape::Json => "json",
            Shape::Csv => "csv",
            Shape::Ndjson => "ndjson",
        }
    }
}

impl<T> Page<T> {
    /// A page of a list of which at most `limit` rows were asked for; `cursor` is the one behind a row.
    pub(super) fn new(rows: Vec<T>, limit: usize, cursor: impl FnOnce(&T) -> String) -> Self {
        let next = rows.last().filter(|_| rows.len() >= limit).map(cursor);
        Page { rows, next, last_id: None }
    }
}

impl<T: Row> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Page { rows, next, last_id } = self;
        let mut map = serializer.serialize_map(None)?;
        if let Some(last_id) = last_id {
            map.serialize_entry("last_id", last_id)?;
        }
        map.serialize_entry("next", next)?;
        map.serialize_entry(T::NAME, rows)?;
        map.end()
    }
}

/// UTF-8 with a byte order mark, without which some spreadsheets take Chinese for Latin.
fn csv<T: Row>(rows: &[T]) -> String {
    let mut text = format!("\u{feff}{}\r\n", T::COLUMNS.join(","));
    for row in rows {
        let cells: Vec<_> = row.cells().iter().map(|text| cell(text)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// One JSON object a line, as in the JSON answer.
fn ndjson<T: Serialize>(rows: &[T]) -> String {
    rows.iter().filter_map(|row| serde_json::to_string(row).ok()).map(|line| line + "\n").collect()
}

/// A cell, quoted. What a spreadsheet would calculate is kept a text by an apostrophe.
fn cell(text: &str) -> String {
    let calculated = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if calculated { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_text_whatever_is_in_it() {
        assert_eq!(cell("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(cell("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
    }
}
