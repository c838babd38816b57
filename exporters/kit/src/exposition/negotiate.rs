//! Which format a client wants, from its `Accept` and `Accept-Encoding` headers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// A format of the exposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// Prometheus text 0.0.4.
    Text,
}

impl Format {
    pub(crate) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
        })
    }
}

/// The accepted format of highest quality; of equals OpenMetrics; text when neither is named.
pub(crate) fn format(request: &HeaderMap) -> Format {
    let (mut open, mut text) = (0.0, 0.0);
    for (media, quality) in items(request, &header::ACCEPT) {
        match media {
            "application/openmetrics-text" => open = quality.max(open),
            "text/plain" | "text/*" | "*/*" => text = quality.max(text),
            _ => {}
        }
    }
    if open > 0.0 && open >= text { Format::OpenMetrics } else { Format::Text }
}

/// Whether the client reads gzip.
pub(crate) fn gzip(request: &HeaderMap) -> bool {
    items(request, &header::ACCEPT_ENCODING)
        .any(|(coding, quality)| coding == "gzip" && quality > 0.0)
}

/// The items of a header's lists, without parameters, with their quality.
fn items<'a>(request: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = (&'a str, f32)> {
    let values = request.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let quality = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |q| q.parse().unwrap_or(0.0));
        (media, quality)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> Format {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        format(&headers)
    }

    #[test]
    fn the_format_that_the_client_likes_best() {
        let prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(accept(prometheus), Format::OpenMetrics);
        assert_eq!(accept("text/plain;version=0.0.4"), Format::Text);
        assert_eq!(accept("application/openmetrics-text;q=0.1,text/plain"), Format::Text);
        assert_eq!(accept("*/*"), Format::Text);
        assert_eq!(accept("application/openmetrics-text;q=nonsense"), Format::Text);
        assert_eq!(format(&HeaderMap::new()), Format::Text);
    }

    #[test]
    fn gzip_when_asked_for() {
        let asks = |value: &'static str| {
            gzip(
                &[(header::ACCEPT_ENCODING, HeaderValue::from_static(value))].into_iter().collect(),
            )
        };
        assert!(asks("deflate, gzip;q=0.5"));
        assert!(!asks("gzip;q=0"));
        assert!(!asks("br"));
    }
}
