//! `/metrics`: OpenMetrics or text 0.0.4 by negotiation, gzipped on request.
//!
//! A page has two parts. The snapshot part is large and changes when the source does: it is encoded and
//! compressed once per version and served from memory until the version changes. The live part (process
//! and the service's own counters) is small and made for each scrape. Both are joined without touching the
//! large one again, also when gzipped.

mod gzip;
mod negotiate;
mod text;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;

pub use negotiate::Format;

/// The metrics of a service.
pub struct Exposition {
    live: Registry,
    snapshot: Option<Snapshot>,
}

struct Snapshot {
    registry: Registry,
    version: Box<dyn Fn() -> u64 + Send + Sync>,
    cache: Mutex<Cache>,
}

/// The snapshot part of the page in one format, for the version it was made of.
#[derive(Default)]
struct Cache {
    version: Option<u64>,
    made: [Option<Arc<Part>>; 2],
}

/// A piece of a page, plain and as the beginning of a gzip stream.
struct Part {
    plain: Bytes,
    gzip: gzip::Head,
}

/// Answers with a page of text 0.0.4 that the service has made itself, gzipped on request. Takes as long as
/// compressing does: call it where blocking is allowed.
#[must_use]
pub fn text_page(request: &HeaderMap, page: String) -> Response {
    let gzip = negotiate::gzip(request);
    let page = match gzip {
        true => gzip::Head::new(b"").finish(page.as_bytes()),
        false => page.into(),
    };
    answer(page, Format::Text, gzip)
}

impl Exposition {
    /// Metrics that are read anew for each scrape.
    #[must_use]
    pub fn new(live: Registry) -> Self {
        Exposition { live, snapshot: None }
    }

    /// Adds metrics over a snapshot: they are encoded again only when `version` answers another number.
    #[must_use]
    pub fn with_snapshot(
        mut self,
        registry: Registry,
        version: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        self.snapshot =
            Some(Snapshot { registry, version: Box::new(version), cache: Mutex::default() });
        self
    }

    /// The registry of the live part, for what the kit itself adds.
    pub(crate) fn live_mut(&mut self) -> &mut Registry {
        &mut self.live
    }

    /// Answers a scrape. Takes as long as encoding does: call it where blocking is allowed.
    pub(crate) fn respond(&self, request: &HeaderMap) -> Response {
        let format = negotiate::format(request);
        let gzip = negotiate::gzip(request);
        match self.body(format, gzip) {
            Ok(body) => answer(body, format, gzip),
            Err(fmt::Error) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "a metric could not be encoded\n")
                    .into_response()
            }
        }
    }

    fn body(&self, format: Format, gzip: bool) -> Result<Bytes, fmt::Error> {
        let snapshot = self.snapshot.as_ref().map(|snapshot| snapshot.part(format)).transpose()?;
        let live = encode(&self.live, format, true)?;
        Ok(match (snapshot, gzip) {
            (Some(snapshot), true) => snapshot.gzip.finish(live.as_bytes()),
            (None, true) => gzip::Head::new(b"").finish(live.as_bytes()),
            (Some(snapshot), false) => [&snapshot.plain, live.as_bytes()].concat().into(),
            (None, false) => live.into(),
        })
    }
}

impl Snapshot {
    /// The snapshot's part of the page. Scrapes that come while it is made wait for it.
    fn part(&self, format: Format) -> Result<Arc<Part>, fmt::Error> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let version = (self.version)();
        if cache.version != Some(version) {
            *cache = Cache { version: Some(version), ..Cache::default() };
        }
        let slot = &mut cache.made[format as usize];
        if let Some(part) = slot {
            return Ok(Arc::clone(part));
        }
        let plain = encode(&self.registry, format, false)?;
        let part = Arc::new(Part { gzip: gzip::Head::new(plain.as_bytes()), plain: plain.into() });
        *slot = Some(Arc::clone(&part));
        Ok(part)
    }
}

impl fmt::Debug for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exposition")
            .field("snapshot", &self.snapshot.is_some())
            .finish_non_exhaustive()
    }
}

fn answer(body: Bytes, format: Format, gzip: bool) -> Response {
    let mut response = Body::from(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, format.content_type());
    headers.insert(header::VARY, header::HeaderValue::from_static("accept, accept-encoding"));
    if gzip {
        headers.insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("gzip"));
    }
    response
}

fn encode(registry: &Registry, format: Format, last: bool) -> Result<String, fmt::Error> {
    let mut page = String::new();
    encode_registry(&mut page, registry)?;
    Ok(match format {
        Format::OpenMetrics => {
            if last {
                encode_eof(&mut page)?;
            }
            page
        }
        Format::Text => text::from_open_metrics(&page),
    })
}

#[cfg(test)]
mod tests;
