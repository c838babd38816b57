use std::io::Read as _;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderValue;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;

use super::*;

fn sample() -> Registry {
    let mut registry = Registry::default();
    let counter: Counter = Counter::default();
    counter.inc();
    registry.register("bread", "Loaves \\ baked", counter);
    registry.register("oven", "The oven", Info::new(vec![("maker", "A \"B\"\n\\ # {c=\"d\"} 1")]));
    let histogram = Histogram::new([0.5]);
    histogram.observe(0.1);
    registry.register("rise_seconds", "Time to rise", histogram);
    registry
}

#[test]
fn text_keeps_types_and_help_under_the_old_names() {
    let text = encode_live(&sample(), Format::Text).unwrap();
    let expected = r#"# HELP bread_total Loaves \\ baked.
# TYPE bread_total counter
bread_total 1
# HELP oven_info The oven.
# TYPE oven_info gauge
oven_info{maker="A \"B\"\n\\ # {c=\"d\"} 1"} 1
# HELP rise_seconds Time to rise.
# TYPE rise_seconds histogram
rise_seconds_sum 0.1
rise_seconds_count 1
rise_seconds_bucket{le="0.5"} 1
rise_seconds_bucket{le="+Inf"} 1
"#;
    assert_eq!(text, expected);
}

#[test]
fn exemplars_are_cut_and_nothing_else() {
    let page = "# HELP a h\n# TYPE a histogram\na_bucket{le=\"1.0\"} 2 # {id=\"x\"} 0.5\na_bucket{x=\" # {\",le=\"1.0\"} 2\n# EOF\n";
    let expected = "# HELP a h\n# TYPE a histogram\na_bucket{le=\"1.0\"} 2\na_bucket{x=\" # {\",le=\"1.0\"} 2\n";
    let mut text = text::FromOpenMetrics::new(String::new());
    // It comes in pieces of any length.
    for piece in page.split_inclusive(['_', '{', '"']) {
        fmt::Write::write_str(&mut text, piece).unwrap();
    }
    assert_eq!(text.into_inner(), expected);
}

/// A source that counts how often it is encoded.
#[derive(Debug, Default)]
struct Source {
    version: AtomicU64,
    encoded: AtomicU64,
}

impl Collector for Source {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.encoded.fetch_add(1, Ordering::Relaxed);
        let gauge = ConstGauge::new(self.version.load(Ordering::Relaxed));
        gauge.encode(encoder.encode_descriptor("version", "Version", None, gauge.metric_type())?)
    }
}

#[test]
fn a_snapshot_is_encoded_once_per_version_and_format() {
    let source = Arc::new(Source::default());
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Arc::clone(&source)));
    let version = Arc::clone(&source);
    let page = Exposition::new(sample())
        .with_snapshot(registry, move || version.version.load(Ordering::Relaxed));
    for _ in 0..3 {
        for format in [Format::Text, Format::OpenMetrics] {
            let plain = page.body(format, false).unwrap();
            let mut unzipped = Vec::new();
            flate2::read::GzDecoder::new(&page.body(format, true).unwrap()[..])
                .read_to_end(&mut unzipped)
                .unwrap();
            assert_eq!(plain, unzipped);
        }
    }
    assert_eq!(source.encoded.load(Ordering::Relaxed), 2);
    source.version.store(7, Ordering::Relaxed);
    let body = page.body(Format::OpenMetrics, false).unwrap();
    let body = std::str::from_utf8(&body).unwrap();
    assert!(body.contains("version 7\n") && body.ends_with("# EOF\n"), "{body}");
    assert_eq!(body.matches("# EOF").count(), 1);
}

#[test]
fn large_pages_survive_compression() {
    let mut seed = 1_u64;
    let noise: String = (0..3_000_000)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from((seed >> 57) as u8)
        })
        .collect();
    for size in [0, 1, 10_000, 65_536, noise.len()] {
        let expected = [&noise[..size], "tail"].concat();
        for piece in [7, 100_000] {
            let mut writer = gzip::Writer::new();
            for piece in noise.as_bytes()[..size].chunks(piece) {
                fmt::Write::write_str(&mut writer, std::str::from_utf8(piece).unwrap()).unwrap();
            }
            let head = writer.into_head();
            let mut unzipped = String::new();
            let stream = head.finish(b"tail");
            flate2::read::GzDecoder::new(&stream[..]).read_to_string(&mut unzipped).unwrap();
            assert_eq!(unzipped, expected);
            assert_eq!(head.finish_plain(b"tail"), expected);
        }
    }
}

#[test]
fn the_answer_says_what_it_is() {
    let page = Exposition::new(sample());
    let mut request = HeaderMap::new();
    request.insert(header::ACCEPT, HeaderValue::from_static("application/openmetrics-text"));
    request.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let response = page.respond(&request);
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
    assert!(
        response.headers()[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    let response = page.respond(&HeaderMap::new());
    assert!(!response.headers().contains_key(header::CONTENT_ENCODING));
    assert!(
        response.headers()[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
}

#[tokio::test]
async fn a_page_that_a_service_writes_is_the_same_plain_and_gzipped() {
    let lines: String = (0..20_000).map(|line| format!("line {line}\n")).collect();
    for (encoding, is_gzipped) in [("gzip", true), ("identity", false)] {
        let request =
            [(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding))].into_iter().collect();
        let mut page = TextPage::new(&request);
        for line in lines.split_inclusive('\n') {
            fmt::Write::write_str(&mut page, line).unwrap();
        }
        let response = page.into_response();
        assert_eq!(response.headers().contains_key(header::CONTENT_ENCODING), is_gzipped);
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let mut text = String::new();
        match is_gzipped {
            true => flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap(),
            false => (&body[..]).read_to_string(&mut text).unwrap(),
        };
        assert!(text == lines, "{encoding}");
    }
}

#[test]
fn what_is_encoded_ahead_is_what_a_scrape_gets() {
    let version = Arc::new(AtomicU64::new(1));
    let number = Gauge::<i64>::default();
    let mut registry = Registry::default();
    registry.register("ahead", "A number", number.clone());
    let seen = Arc::clone(&version);
    let exposition = Exposition::new(Registry::default())
        .with_snapshot(registry, move || seen.load(Ordering::Relaxed));
    let page = || exposition.body(Format::Text, false).unwrap();
    let ahead = exposition.ahead();
    number.set(1);
    assert!(page().ends_with(b"ahead 1\n"), "the first scrape finds nothing and encodes");
    number.set(2);
    version.store(2, Ordering::Relaxed);
    assert!(page().ends_with(b"ahead 1\n"), "a scrape waits for none");
    ahead.encode();
    assert!(page().ends_with(b"ahead 2\n"));
}

#[test]
fn a_part_is_chosen_by_the_query() {
    let part = Arc::new(Exposition::new(sample()));
    let page = Exposition::new(Registry::default())
        .with_parts("shop", move |name| (name == "corner").then(|| Arc::clone(&part)));
    let status = |query: &[(&str, &str)]| {
        let query = query.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        let response = page.answer(&query, &HeaderMap::new());
        let length = axum::body::HttpBody::size_hint(response.body()).lower();
        (response.status().as_u16(), length)
    };
    let whole = status(&[]);
    assert_eq!(whole, status(&[("other", "corner")]));
    let (code, length) = status(&[("shop", "corner")]);
    assert!(code == 200 && length > whole.1, "{code} {length}");
    assert_eq!(status(&[("shop", "none")]).0, 404);
}
