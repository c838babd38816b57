//! `tls_server_config` as clients meet it.

use std::net::SocketAddr;

use reqwest::tls::Version as TlsVersion;
use reqwest::{ClientBuilder, StatusCode, Version};

use crate::authority::{Authority, Signed};
use crate::process::{Minimal, promtool_accepts, until};

/// A service with a certificate of the authority, and `settings` besides.
async fn start(authority: &Authority, settings: &str, rest: &str) -> Minimal {
    let Signed { certificate, key } = authority.sign("localhost");
    let files =
        [("server.crt", certificate), ("server.key", key), ("client-ca.crt", authority.pem())];
    let web = format!(
        "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n{settings}\n{rest}"
    );
    Minimal::start_with("", Some(&web), &files).await
}

async fn healthy(client: ClientBuilder, address: SocketAddr) -> reqwest::Result<Version> {
    let url = format!("https://localhost:{}/-/healthy", address.port());
    let answer = client.build()?.get(url).send().await?.error_for_status()?;
    Ok(answer.version())
}

#[tokio::test]
async fn http2_where_the_client_wants_it_unless_it_is_switched_off() {
    let authority = Authority::new("tests");
    for (settings, expected) in
        [("", Version::HTTP_2), ("http_server_config: {http2: false}\n", Version::HTTP_11)]
    {
        let service = start(&authority, "", settings).await;
        let client = || authority.client(service.address);
        assert_eq!(healthy(client(), service.address).await.unwrap(), expected);
        let old = client().http1_only();
        assert_eq!(healthy(old, service.address).await.unwrap(), Version::HTTP_11);
    }
}

#[tokio::test]
async fn each_client_auth_type_lets_in_whom_it_should() {
    let authority = Authority::new("tests");
    let (known, strange) =
        (authority.sign("scraper.example"), Authority::new("strangers").sign("scraper.example"));
    let ca = "client_ca_file: client-ca.crt";
    // Whether one without a certificate, one of a stranger, and one of our own gets in.
    for (auth, ca, expected) in [
        ("NoClientCert", "", [true, true, true]),
        ("RequestClientCert", "", [true, true, true]),
        ("RequireAnyClientCert", "", [false, true, true]),
        ("RequireClientCert", "", [false, true, true]),
        ("VerifyClientCertIfGiven", ca, [true, false, true]),
        ("RequireAndVerifyClientCert", ca, [false, false, true]),
    ] {
        let settings = format!("  client_auth_type: {auth}\n  {ca}\n");
        let service = start(&authority, &settings, "").await;
        // Both versions: whoever is refused learns it in the handshake of TLS 1.2, and after that of TLS 1.3.
        for version in [TlsVersion::TLS_1_2, TlsVersion::TLS_1_3] {
            let client = || {
                authority.client(service.address).min_tls_version(version).max_tls_version(version)
            };
            let mut let_in = [false; 3];
            for (result, client) in let_in.iter_mut().zip([
                client(),
                client().identity(strange.identity()),
                client().identity(known.identity()),
            ]) {
                *result = healthy(client, service.address).await.is_ok();
            }
            assert_eq!(let_in, expected, "{auth} {version:?}");
        }
    }
}

#[tokio::test]
async fn only_allowed_alternative_names_get_in() {
    let authority = Authority::new("tests");
    let settings = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: client-ca.crt\n  \
                    client_allowed_sans: [scraper.example, 192.0.2.7]\n";
    let mut service = start(&authority, settings, "").await;
    for (name, expected) in
        [("scraper.example", true), ("192.0.2.7", true), ("other.example", false)]
    {
        let client = authority.client(service.address).identity(authority.sign(name).identity());
        assert_eq!(healthy(client, service.address).await.is_ok(), expected, "{name}");
    }
    let line = service.log_line("TLS handshake failed").await;
    assert!(line.contains("other.example") && line.contains("ClientAllowedSans"), "{line}");
}

#[tokio::test]
async fn versions_and_suites_are_those_of_the_file() {
    let authority = Authority::new("tests");
    let version = |version| {
        move |client: ClientBuilder| client.min_tls_version(version).max_tls_version(version)
    };
    let (old, new) = (version(TlsVersion::TLS_1_2), version(TlsVersion::TLS_1_3));
    for (settings, expected) in [
        ("  min_version: TLS13\n", [false, true]),
        ("  max_version: TLS12\n", [true, false]),
        // The certificate's key is ECDSA.
        ("  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n", [true, true]),
        ("  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n", [false, true]),
        ("  cipher_suites: [TLS_AES_128_GCM_SHA256]\n", [false, true]),
        ("  curve_preferences: [CurveP384]\n  prefer_server_cipher_suites: false\n", [true, true]),
    ] {
        let service = start(&authority, settings, "").await;
        let client = || authority.client(service.address);
        let spoken = [
            healthy(old(client()), service.address).await.is_ok(),
            healthy(new(client()), service.address).await.is_ok(),
        ];
        assert_eq!(spoken, expected, "{settings}");
    }
}

#[tokio::test]
async fn a_new_certificate_is_used_and_a_broken_one_is_not() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let mut service = start(&old, "", "").await;
    let address = service.address;
    assert!(healthy(old.client(address), address).await.is_ok());
    assert!(healthy(new.client(address), address).await.is_err());

    // The certificate comes before its key, as it does in life: until both are there, the old pair serves.
    let Signed { certificate, key } = new.sign("localhost");
    service.write_file("server.crt", &certificate);
    until("the old pair is kept", async || {
        assert!(healthy(old.client(address), address).await.is_ok());
        service.seen_so_far().await.contains("web configuration not reloaded")
    })
    .await;
    service.write_file("server.key", &key);
    until("the new pair is used", async || {
        service.seen_so_far().await; // reads on, so that the service is not held up by its log
        healthy(new.client(address), address).await.is_ok()
    })
    .await;
    assert!(healthy(old.client(address), address).await.is_err());
}

#[tokio::test]
async fn the_sample_is_accepted_by_promtool_and_serves() {
    let authority = Authority::new("tests");
    let sample = include_str!("../../examples/web.yml");
    let Signed { certificate, key } = authority.sign("localhost");
    let files =
        [("server.crt", certificate), ("server.key", key), ("client-ca.crt", authority.pem())];
    let service = Minimal::start_with("", Some(sample), &files).await;
    assert!(promtool_accepts(&service.path("web.yml")));

    let scraper = authority.sign("prometheus.example");
    let client = authority.client(service.address).identity(scraper.identity()).build().unwrap();
    let url = format!("https://localhost:{}/metrics", service.address.port());
    let stranger = client.get(&url).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(stranger.headers()["x-frame-options"], "deny");
    let answer = client.get(&url).basic_auth("prometheus", Some("sample")).send().await.unwrap();
    assert_eq!((answer.status(), answer.version()), (StatusCode::OK, Version::HTTP_2));
    for (name, value) in [
        ("strict-transport-security", "max-age=31536000"),
        ("x-content-type-options", "nosniff"),
        ("x-xss-protection", "1; mode=block"),
        ("content-security-policy", "frame-ancestors 'none'"),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }

    // The settings that Debian's promtool is too old to know.
    let newer =
        sample.replace("# client_allowed", "client_allowed").replace("# rate_limit", "rate_limit");
    let newer = newer.replace("#   interval", "  interval").replace("#   burst", "  burst");
    service.write_file("web.yml", &newer);
    let (code, log) = service.check().await;
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test]
async fn promtool_and_the_service_agree_on_what_is_right() {
    let authority = Authority::new("tests");
    let Signed { certificate, key } = authority.sign("localhost");
    let service = Minimal::start("", None).await;
    service.write_file("server.crt", &certificate);
    service.write_file("server.key", &key);
    let tls = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  ";
    let agreed = [
        ("", true),
        ("client_auth_type: ''", true),
        ("client_ca_file: ''", true),
        ("client_auth_type: RequireClientCert", true),
        ("client_auth_type: Maybe", false),
        ("client_ca_file: server.crt", false),
        ("client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: server.crt", true),
        ("min_version: TLS13", true),
        ("min_version: SSL30", false),
        ("cipher_suites: [TLS_CHACHA20_POLY1305_SHA256]", true),
        ("cipher_suites: [TLS_NULL]", false),
        ("curve_preferences: [CurveP256, X25519]", true),
        ("curve_preferences: [P256]", false),
        ("nonsense: 1", false),
    ];
    // Go still speaks these, or falls back to the system's list of authorities.
    let ours_are_fewer = [
        "min_version: TLS10",
        "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA]",
        "curve_preferences: [CurveP521]",
        "client_auth_type: RequireAndVerifyClientCert",
    ];
    let agreed = agreed.map(|(settings, right)| (settings, right, right));
    let ours_are_fewer = ours_are_fewer.map(|settings| (settings, true, false));
    for (settings, theirs, ours) in agreed.into_iter().chain(ours_are_fewer) {
        service.write_file("web.yml", &format!("{tls}{settings}\n"));
        assert_eq!(promtool_accepts(&service.path("web.yml")), theirs, "promtool: {settings}");
        let (code, log) = service.check().await;
        assert_eq!(code == Some(0), ours, "{settings}: {log}");
    }
    for headers in ["X-Frame-Options: deny", "X-Frame-Options: no", "Server: mine"] {
        service.write_file("web.yml", &format!("http_server_config: {{headers: {{{headers}}}}}\n"));
        let ours = service.check().await.0 == Some(0);
        assert_eq!(promtool_accepts(&service.path("web.yml")), ours, "{headers}");
    }
}
