//! The client by itself: each call against a real Alertmanager, each failure against a bad server.

use std::{sync::Arc, time::Duration};

use alertmanager::{
    Address, Alert, Auth, Client, Error, LabelSet, Posting, SilenceRequest, SilenceState,
};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::Redirect,
    routing::get,
};
use exporter_kit::Secret;
use jiff::SignedDuration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::harness::{Alertmanager, ago, alert, client, free_port, ours, serve};

#[tokio::test]
async fn alerts_are_found_by_labels_with_awkward_values() {
    let alertmanager = Alertmanager::start().await;
    let client = alertmanager.client();
    for value in ["主机 一", r#"a "quoted" \ one"#, "two\nlines", "{a=b,c!~d}", "\\"] {
        let labels = LabelSet::new([("host", value), ("source", "test")]).unwrap();
        let posted = Alert { labels: labels.clone(), ..alert("", "") };
        let posting = Posting::new(Arc::new(posted.clone()), ago(-600));
        client.post_alerts(&[posting]).await.unwrap();
        assert_eq!(client.alerts(&labels).await.unwrap(), [posted], "{value}");
    }
    let other = LabelSet::new([("source", "other")]).unwrap();
    assert!(client.alerts(&other).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_end_before_the_start_is_accepted() {
    let alertmanager = Alertmanager::start().await;
    let client = alertmanager.client();
    let future = Alert { starts_at: ago(-60), ..alert("web", "critical") };
    client.post_alerts(&[Posting::new(Arc::new(future), ago(0))]).await.unwrap();
    assert!(client.alerts(&ours()).await.unwrap().is_empty());
}

#[tokio::test]
async fn silences_are_made_prolonged_and_ended() {
    let alertmanager = Alertmanager::start().await;
    let client = alertmanager.client();
    let mut request = SilenceRequest {
        id: None,
        labels: LabelSet::new([("host", "主机"), ("source", "test")]).unwrap(),
        starts_at: ago(10),
        ends_at: ago(-60),
        created_by: "test-exporter".to_owned(),
        comment: "downtime".to_owned(),
    };
    let id = client.put_silence(&request).await.unwrap();
    let made = client.silence(&id).await.unwrap().unwrap();
    assert_eq!((made.labels(), made.state), (Some(request.labels.clone()), SilenceState::Active));

    request.id = Some(id.clone());
    request.starts_at = made.starts_at;
    request.ends_at = ago(-120);
    assert_eq!(client.put_silence(&request).await.unwrap(), id);
    assert_eq!(client.silence(&id).await.unwrap().unwrap().ends_at, request.ends_at);

    client.delete_silence(&id).await.unwrap();
    client.delete_silence(&id).await.expect("over already");
    assert_eq!(client.silence(&id).await.unwrap().unwrap().state, SilenceState::Expired);

    let unknown = "00000000-0000-4000-8000-000000000000";
    client.delete_silence(unknown).await.expect("nothing to end");
    assert_eq!(client.silence(unknown).await.unwrap(), None);
    request.id = Some(unknown.to_owned());
    let error = client.put_silence(&request).await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::NOT_FOUND));
}

#[tokio::test]
async fn a_refusal_names_address_status_and_reason() {
    let alertmanager = Alertmanager::start().await;
    let nameless = Alert { labels: LabelSet::default(), ..alert("", "") };
    let posting = Posting::new(Arc::new(nameless), ago(-60));
    let error = alertmanager.client().post_alerts(&[posting]).await.unwrap_err().to_string();
    let expected = format!("POST /api/v2/alerts at {}: 400 Bad Request", alertmanager.url);
    assert!(error.starts_with(&expected), "{error}");
    assert!(error.contains("at least one label"), "{error}");
}

#[tokio::test]
async fn a_long_refusal_is_quoted_in_part() {
    let answer = || async { (StatusCode::BAD_GATEWAY, "x".repeat(10_000)) };
    let (url, _task) = serve(Router::new().fallback(answer)).await;
    let error = client(&url).ready().await.unwrap_err();
    let Error::Refused { status, body, .. } = error else { panic!("{error}") };
    assert_eq!((status, body.len()), (StatusCode::BAD_GATEWAY, 256));
}

#[tokio::test]
async fn a_redirect_is_a_refusal() {
    let (url, _task) =
        serve(Router::new().fallback(|| async { Redirect::temporary("/other") })).await;
    let error = client(&url).ready().await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::TEMPORARY_REDIRECT));
}

#[tokio::test]
async fn garbage_is_an_error_of_its_own() {
    for body in ["<html>login</html>", r#"{"alerts":[]}"#, r#"[{"labels":{}}]"#, "", "\u{0}\u{1}"] {
        let (url, _task) = serve(Router::new().fallback(move || async move { body })).await;
        let error = client(&url).alerts(&ours()).await.unwrap_err();
        assert!(matches!(error, Error::Garbage { .. }), "{body:?}: {error}");
        assert!(error.to_string().contains(&url), "{error}");
        assert!(!error.to_string().contains('\u{0}'), "{error}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let endless = || async {
        let chunk = axum::body::Bytes::from(vec![b' '; 1 << 20]);
        let forever = std::iter::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
        Body::from_stream(futures_util::stream::iter(forever))
    };
    let (url, _task) = serve(Router::new().fallback(endless)).await;
    let address = Address::new(&url, Auth::None).unwrap();
    let client = Client::new(address, Duration::from_secs(20)).unwrap();
    let error = client.silences(&ours()).await.unwrap_err();
    assert!(matches!(error, Error::TooLong { .. }), "{error}");
}

#[tokio::test]
async fn a_slow_peer_meets_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = |url: &str| {
        let address = Address::new(url, Auth::None).unwrap();
        Client::new(address, Duration::from_millis(100)).unwrap()
    };
    let error = client(&url).started().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");

    // One that begins to answer and then stops.
    let half = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.read_buf(&mut Vec::with_capacity(4096)).await.ok();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[").await.ok();
            open.push(stream);
        }
    });
    let error = client(&url).started().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    half.abort();
}

#[tokio::test]
async fn no_listener_is_unreachable_and_says_why() {
    let url = format!("http://127.0.0.1:{}", free_port().await);
    let error = client(&url).ready().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("Connection refused"), "{error}");
}

#[tokio::test]
async fn logs_in_and_keeps_the_path_prefix() {
    let answer = |headers: HeaderMap| async move {
        let sent = headers[header::AUTHORIZATION].to_str().unwrap().to_owned();
        match sent.as_str() {
            "Bearer t0p" | "Basic bWU6dDBw" => StatusCode::OK,
            _ => StatusCode::UNAUTHORIZED,
        }
    };
    let (url, _task) = serve(Router::new().route("/am/-/ready", get(answer))).await;
    let basic = |password| Auth::Basic { username: "me".to_owned(), password };
    for (auth, expected) in [
        (Auth::Bearer(Secret::new("t0p")), None),
        (Auth::Bearer(Secret::new("wr0ng")), Some(StatusCode::UNAUTHORIZED)),
        (basic(Secret::new("t0p")), None),
        (basic(Secret::new("wr0ng")), Some(StatusCode::UNAUTHORIZED)),
    ] {
        let address = Address::new(&format!("{url}/am/"), auth).unwrap();
        let client = Client::new(address, Duration::from_secs(2)).unwrap();
        assert!(!format!("{client:?}").contains("t0p"));
        let outcome = client.ready().await;
        assert_eq!(outcome.as_ref().err().and_then(Error::status), expected);
        assert!(!format!("{outcome:?}").contains("wr0ng"));
    }
}

#[tokio::test]
async fn tells_the_time_of_the_peer() {
    let behind = ago(3600);
    let date =
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&behind).unwrap();
    let answer = move || async move { [(header::DATE, date)] };
    let (url, _task) = serve(Router::new().fallback(answer)).await;
    let client = client(&url);
    assert!(client.now() > ago(10), "ours before the first answer");
    client.ready().await.unwrap();
    let ahead = client.now().duration_since(behind);
    assert!(!ahead.is_negative() && ahead < SignedDuration::from_secs(5), "{ahead}");
}
