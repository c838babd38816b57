//! `/metrics`: OpenMetrics or text 0.0.4 by negotiation, gzipped on request.
//!
//! A page has two parts. The snapshot part is large and changes when the source does: it is encoded and
//! compressed once per version and served from memory until the version changes. The live part (process
//! and the service's own counters) is small and made for each scrape. Both are joined without touching the
//! large one again, also when gzipped.

mod gzip;
mod negotiate;
mod text;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;

pub use negotiate::Format;

/// The metrics of a service.
pub struct Exposition {
    live: Registry,
    snapshot: Option<Arc<Snapshot>>,
    parts: Option<Parts>,
}

/// Pages of parts of the whole.
struct Parts {
    parameter: &'static str,
    find: Box<Find>,
}

type Find = dyn Fn(&str) -> Option<Arc<Exposition>> + Send + Sync;

/// Encodes the snapshot part ahead of the scrapes.
#[derive(Clone)]
pub struct Ahead(Option<Arc<Snapshot>>);

struct Snapshot {
    registry: Registry,
    version: Box<dyn Fn() -> u64 + Send + Sync>,
    cache: Mutex<Cache>,
    /// Whether somebody encodes it ahead: a scrape takes what is there then.
    ahead: AtomicBool,
}

/// The snapshot part of the page in each format, for the version it was made of. It is kept compressed only:
/// a large one takes a tenth of the memory so, and Prometheus asks for nothing else.
#[derive(Default)]
struct Cache {
    version: Option<u64>,
    made: [Option<Arc<gzip::Head>>; 2],
    /// When each was last asked for.
    asked: [Option<Instant>; 2],
}

/// A format that nobody has asked for in this time is not encoded ahead any more.
const FORGOTTEN: Duration = Duration::from_secs(5 * 60);

/// A page of text 0.0.4 that a service writes itself, gzipped on request. It is compressed while it is written
/// and never whole in memory then.
pub struct TextPage(Written);

enum Written {
    Plain(String),
    Gzip(gzip::Writer),
}

impl TextPage {
    /// An empty page, for the answer to this request.
    #[must_use]
    pub fn new(request: &HeaderMap) -> Self {
        TextPage(match negotiate::gzip(request) {
            true => Written::Gzip(gzip::Writer::new()),
            false => Written::Plain(String::new()),
        })
    }
}

impl fmt::Write for TextPage {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match &mut self.0 {
            Written::Plain(page) => page.write_str(text),
            Written::Gzip(page) => page.write_str(text),
        }
    }
}

impl IntoResponse for TextPage {
    fn into_response(self) -> Response {
        match self.0 {
            Written::Plain(page) => answer(page.into(), Format::Text, false),
            Written::Gzip(page) => answer(page.finish(), Format::Text, true),
        }
    }
}

impl Exposition {
    /// Metrics that are read anew for each scrape.
    #[must_use]
    pub fn new(live: Registry) -> Self {
        Exposition { live, snapshot: None, parts: None }
    }

    /// Adds pages of parts of the whole, for scrapes that share the work: a request whose query has `parameter`
    /// gets the part that `find` knows by its value.
    #[must_use]
    pub fn with_parts(
        mut self,
        parameter: &'static str,
        find: impl Fn(&str) -> Option<Arc<Exposition>> + Send + Sync + 'static,
    ) -> Self {
        self.parts = Some(Parts { parameter, find: Box::new(find) });
        self
    }

    /// Adds metrics over a snapshot: they are encoded again only when `version` answers another number.
    #[must_use]
    pub fn with_snapshot(
        mut self,
        registry: Registry,
        version: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        self.snapshot = Some(Arc::new(Snapshot {
            registry,
            version: Box::new(version),
            cache: Mutex::default(),
            ahead: AtomicBool::new(false),
        }));
        self
    }

    /// For a service that knows when its snapshot changes: from now on scrapes get the snapshot part as it was
    /// last encoded by [`Ahead::encode`], and wait for none.
    #[must_use]
    pub fn ahead(&self) -> Ahead {
        if let Some(snapshot) = &self.snapshot {
            snapshot.ahead.store(true, Ordering::Relaxed);
        }
        Ahead(self.snapshot.clone())
    }

    /// The registry of the live part, for what the kit itself adds.
    pub(crate) fn live_mut(&mut self) -> &mut Registry {
        &mut self.live
    }

    /// Answers a scrape of the whole, or of the part that its query asks for. Takes as long as encoding does: call
    /// it where blocking is allowed.
    pub(crate) fn answer(&self, query: &HashMap<String, String>, request: &HeaderMap) -> Response {
        let asked =
            self.parts.as_ref().and_then(|parts| Some((parts, query.get(parts.parameter)?)));
        let Some((Parts { parameter, find }, name)) = asked else { return self.respond(request) };
        match find(name) {
            Some(part) => part.respond(request),
            None => (StatusCode::NOT_FOUND, format!("{parameter}: there is no {name:?}\n"))
                .into_response(),
        }
    }

    /// Answers a scrape. Takes as long as encoding does: call it where blocking is allowed.
    #[must_use]
    pub fn respond(&self, request: &HeaderMap) -> Response {
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
        let head = match &self.snapshot {
            Some(snapshot) => snapshot.part(format)?,
            None => Arc::new(gzip::Head::empty()),
        };
        let live = encode_live(&self.live, format)?;
        Ok(if gzip { head.finish(live.as_bytes()) } else { head.finish_plain(live.as_bytes()) })
    }
}

impl Ahead {
    /// Encodes the present version, in the formats that were asked for in the last five minutes. Takes as long as encoding does:
    /// call it where blocking is allowed.
    pub fn encode(&self) {
        if let Some(snapshot) = &self.0 {
            snapshot.encode_ahead();
        }
    }
}

impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ahead").finish_non_exhaustive()
    }
}

impl Snapshot {
    fn encode_ahead(&self) {
        let version = (self.version)();
        let asked = self.cache.lock().unwrap_or_else(PoisonError::into_inner).asked;
        let mut made = [None, None];
        for format in [Format::OpenMetrics, Format::Text] {
            if asked[format as usize].is_some_and(|asked| asked.elapsed() < FORGOTTEN)
                && let Ok(writer) = encode(&self.registry, format, gzip::Writer::new())
            {
                made[format as usize] = Some(Arc::new(writer.into_head()));
            }
        }
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        (cache.version, cache.made) = (Some(version), made);
    }

    /// The snapshot's part of the page. Scrapes that come while it is made wait for it.
    fn part(&self, format: Format) -> Result<Arc<gzip::Head>, fmt::Error> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let version = (self.version)();
        let left_to_ahead =
            self.ahead.load(Ordering::Relaxed) && cache.made[format as usize].is_some();
        if cache.version != Some(version) && !left_to_ahead {
            (cache.version, cache.made) = (Some(version), [None, None]);
        }
        cache.asked[format as usize] = Some(Instant::now());
        let slot = &mut cache.made[format as usize];
        if let Some(part) = slot {
            return Ok(Arc::clone(part));
        }
        let part = Arc::new(encode(&self.registry, format, gzip::Writer::new())?.into_head());
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

/// The last part of a page.
fn encode_live(registry: &Registry, format: Format) -> Result<String, fmt::Error> {
    let mut page = encode(registry, format, String::new())?;
    if format == Format::OpenMetrics {
        encode_eof(&mut page)?;
    }
    Ok(page)
}

fn encode<W: fmt::Write>(
    registry: &Registry,
    format: Format,
    mut into: W,
) -> Result<W, fmt::Error> {
    match format {
        Format::OpenMetrics => {
            encode_registry(&mut into, registry)?;
            Ok(into)
        }
        Format::Text => {
            let mut text = text::FromOpenMetrics::new(into);
            encode_registry(&mut text, registry)?;
            Ok(text.into_inner())
        }
    }
}

#[cfg(test)]
mod tests;
