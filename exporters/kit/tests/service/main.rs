//! A service of the kit as its users meet it: a process, its port, its signals and its files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authority;
mod process;
mod tls;
mod web_file;

use process::{DEADLINE, Minimal};
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn the_endpoints_that_every_service_has() {
    let service = Minimal::start("number: 42\n", None).await;
    assert_eq!(service.get("/-/healthy").await, (StatusCode::OK, "healthy\n".to_owned()));
    assert_eq!(service.get("/-/ready").await, (StatusCode::OK, "ready\n".to_owned()));
    let (status, landing) = service.get("/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        landing.contains("minimal-exporter") && landing.contains("href=\"/metrics\""),
        "{landing}"
    );
    let (_, page) = service.get("/metrics").await;
    for line in [
        "minimal_number 42",
        "# TYPE process_cpu_seconds_total counter",
        "# TYPE process_resident_memory_bytes gauge",
        "minimal_exporter_build_info{version=",
        "minimal_exporter_config_last_reload_successful 1",
    ] {
        assert!(page.contains(line), "{line} is missing in\n{page}");
    }
    assert!(!page.contains("# EOF"));
    process::promtool_check(&page);
    let open = service
        .request("/metrics")
        .header("accept", "application/openmetrics-text")
        .send()
        .await
        .unwrap();
    assert!(open.text().await.unwrap().ends_with("# EOF\n"));
    assert_eq!(service.get("/nowhere").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_reload_takes_the_new_file_or_names_its_fault_and_keeps_the_old() {
    let service = Minimal::start("number: 1\n", None).await;
    service.write("number: 2\n");
    assert_eq!(service.post("/-/reload").await.0, StatusCode::OK);
    service.wait_for_metric("minimal_number 2").await;
    service.write("number: -2\n");
    let (status, error) = service.post("/-/reload").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(error.contains("minimal.yml: number: is -2, expected 0 or more"), "{error}");
    service.write("numer: 2\n");
    let (_, error) = service.post("/-/reload").await;
    assert!(error.contains("minimal.yml:1:1: ") && error.contains("numer"), "{error}");
    service.wait_for_metric("minimal_exporter_config_last_reload_successful 0").await;
    service.wait_for_metric("minimal_number 2").await;
    service.write("number: 3\n");
    service.signal("HUP");
    service.wait_for_metric("minimal_number 3").await;
    service.wait_for_metric("minimal_exporter_config_last_reload_successful 1").await;
}

#[tokio::test]
async fn it_stops_on_both_signals_and_says_why() {
    for signal in ["TERM", "INT"] {
        let service = Minimal::start("", None).await;
        service.signal(signal);
        let (code, log) = service.wait().await;
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains(&format!("signal=SIG{signal}")), "{log}");
    }
}

#[tokio::test]
async fn a_login_is_asked_for_and_checked() {
    // "open sesame", cost 4 to keep the test quick.
    let hash = bcrypt::hash("open sesame", 4).unwrap();
    let service = Minimal::start("", Some(&format!("basic_auth_users:\n  ops: '{hash}'\n"))).await;
    for path in ["/", "/metrics", "/-/healthy", "/-/ready"] {
        let answer = service.request(path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    }
    assert_eq!(service.post("/-/reload").await.0, StatusCode::UNAUTHORIZED);
    for (user, password, expected) in [
        ("ops", "open sesame", StatusCode::OK),
        ("ops", "open sesame", StatusCode::OK),
        ("ops", "wrong", StatusCode::UNAUTHORIZED),
        ("nobody", "nobody", StatusCode::UNAUTHORIZED),
        ("ops", "", StatusCode::UNAUTHORIZED),
    ] {
        let answer =
            service.request("/metrics").basic_auth(user, Some(password)).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{user}:{password}");
    }
    let bearer = service.request("/metrics").bearer_auth(&hash).send().await.unwrap();
    assert_eq!(bearer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn tls_with_the_certificate_of_the_file() {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = [("cert.pem", key.cert.pem()), ("key.pem", key.signing_key.serialize_pem())];
    let config = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";
    let service = Minimal::start_with("", Some(config), &files).await;
    let client = reqwest::Client::builder()
        .tls_built_in_root_certs(false)
        .add_root_certificate(reqwest::Certificate::from_pem(files[0].1.as_bytes()).unwrap())
        .resolve("localhost", service.address)
        .build()
        .unwrap();
    let url = format!("https://localhost:{}/-/healthy", service.address.port());
    assert_eq!(client.get(url).send().await.unwrap().text().await.unwrap(), "healthy\n");
    assert!(service.request("/-/healthy").send().await.is_err(), "plain HTTP was answered");
}

#[tokio::test]
async fn a_start_that_cannot_work_is_one_clear_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (config, web, flags, expected) in [
        ("number: many\n", None, vec![], "minimal.yml:1:9: "),
        ("nummer: 1\n", None, vec![], "nummer"),
        ("password: ''\n", None, vec![], "password: is empty"),
        (
            "",
            Some("basic_auth_users: {ops: plain}\n"),
            vec![],
            "basic_auth_users.ops: not a bcrypt hash",
        ),
        ("", Some("basic_auth: {}\n"), vec![], "web.yml:1:1: "),
        (
            "",
            Some("tls_server_config: {cert_file: a, key_file: b}\n"),
            vec![],
            "tls_server_config.cert_file",
        ),
        (
            "",
            None,
            vec!["--web.listen-address", address.as_str()],
            "--web.listen-address: cannot listen on",
        ),
    ] {
        let (code, log) = Minimal::spawn(config, web, &[], &flags).wait().await;
        assert_eq!(code, Some(1), "{log}");
        let errors: Vec<&str> = log.lines().filter(|line| line.contains("level=error")).collect();
        assert_eq!(errors.len(), 1, "{log}");
        assert!(errors[0].contains(expected), "{expected} is missing in {log}");
    }
}

#[tokio::test]
async fn config_check_reads_everything_and_starts_nothing() {
    let (code, _) = Minimal::spawn("number: 1\n", None, &[], &["--config.check"]).wait().await;
    assert_eq!(code, Some(0));
    let (code, log) =
        Minimal::spawn("number: x\n", None, &[], &["--config.check", "--log.format=json"])
            .wait()
            .await;
    assert_eq!(code, Some(1));
    let line: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert!(line["error"].as_str().unwrap().contains("minimal.yml:1:"), "{line}");
    let (code, _) =
        Minimal::spawn("", Some("nonsense: 1\n"), &[], &["--config.check"]).wait().await;
    assert_eq!(code, Some(1));
}

#[tokio::test]
async fn a_client_that_never_finishes_its_headers_holds_nobody_up() {
    let service = Minimal::start("number: 1\n", None).await;
    let mut slow = TcpStream::connect(service.address).await.unwrap();
    slow.write_all(b"GET /metrics HTTP/1.1\r\nX-Slow: ").await.unwrap();
    assert_eq!(service.get("/-/healthy").await.0, StatusCode::OK);
    service.signal("TERM");
    let (code, log) = service.wait().await;
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test]
async fn a_client_more_than_allowed_waits_for_another_to_go() {
    let flags = ["--web.listen-address=127.0.0.1:0", "--web.max-connections=1"];
    let mut service = Minimal::spawn("number: 7\n", None, &[], &flags);
    let address = service.next_address().await;
    let (mut first, mut second) =
        (TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap());
    let request = b"GET /-/healthy HTTP/1.1\r\nhost: x\r\n\r\n";
    second.write_all(request).await.unwrap();
    let mut answer = [0; 1024];
    for _ in 0..50 {
        first.write_all(request).await.unwrap();
        assert!(timeout(DEADLINE, first.read(&mut answer)).await.unwrap().unwrap() > 0);
        let early = second.try_read(&mut answer).unwrap_err();
        assert_eq!(early.kind(), std::io::ErrorKind::WouldBlock);
    }
    drop(first);
    let length = timeout(DEADLINE, second.read(&mut answer)).await.unwrap().unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
}
