//! Episodes as a table for people (CSV, RFC 4180) and as lines for programs (NDJSON).

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::view::EpisodeView;

const HEAD: &str = "id,started,ended,state,severity,area,host,service,alertname,instance,output,acknowledged_by\r\n";

/// A file that spreadsheets open: UTF-8 with a byte order mark, without which some take Chinese for Latin.
pub(super) fn csv<'a>(episodes: impl Iterator<Item = &'a EpisodeView>) -> Response {
    let mut text = format!("\u{feff}{HEAD}");
    for episode in episodes {
        let ended = episode.ended.map(|at| at.to_string()).unwrap_or_default();
        let who = episode.acknowledged.as_ref().map(|acknowledged| acknowledged.who.as_str());
        let cells = [
            &episode.id.to_string(),
            &episode.started.to_string(),
            &ended,
            episode.state,
            episode.severity.name(),
            episode.area.name(),
            &episode.host,
            &episode.service,
            &episode.alertname,
            &episode.instance,
            &episode.output,
            who.unwrap_or_default(),
        ];
        text.push_str(&cells.map(cell).join(","));
        text.push_str("\r\n");
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"alerts.csv\""),
    ];
    (headers, text).into_response()
}

/// One JSON object a line, as in the JSON answer.
pub(super) fn ndjson<T: Serialize>(rows: &[T]) -> Response {
    let lines = rows.iter().filter_map(|row| serde_json::to_string(row).ok());
    let text: String = lines.map(|line| line + "\n").collect();
    ([(header::CONTENT_TYPE, "application/x-ndjson")], text).into_response()
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
