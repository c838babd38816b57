use super::*;

/// A folder with a certificate, its key, and the file.
fn load(web: &str) -> anyhow::Result<Security> {
    let dir = tempfile::tempdir().unwrap();
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(dir.path().join("server.crt"), key.cert.pem()).unwrap();
    std::fs::write(dir.path().join("server.key"), key.signing_key.serialize_pem()).unwrap();
    let other = rcgen::KeyPair::generate().unwrap();
    std::fs::write(dir.path().join("other.key"), other.serialize_pem()).unwrap();
    let path = dir.path().join("web.yml");
    std::fs::write(&path, web).unwrap();
    Security::load(Some(&path))
}

fn tls(settings: &str) -> String {
    format!("tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  {settings}\n")
}

fn error(web: &str) -> String {
    let error = load(web).err().unwrap_or_else(|| panic!("accepted:\n{web}"));
    let error = format!("{error:#}");
    assert!(!error.contains('\n'), "{error}");
    error
}

#[test]
fn what_rustls_cannot_honour_is_named_with_what_it_can() {
    for (settings, wanted) in [
        ("min_version: TLS10", ["tls_server_config.min_version", "TLS10", "TLS12"]),
        ("max_version: TLS11", ["tls_server_config.max_version", "TLS11", "TLS13"]),
        (
            "cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]",
            [
                "tls_server_config.cipher_suites[0]",
                "TLS_RSA_WITH_AES_128_CBC_SHA",
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            ],
        ),
        (
            "curve_preferences: [X25519, CurveP521]",
            ["tls_server_config.curve_preferences[1]", "CurveP521", "CurveP384"],
        ),
        (
            "client_auth_type: Maybe",
            ["tls_server_config.client_auth_type", "Maybe", "RequireAndVerifyClientCert"],
        ),
    ] {
        let error = error(&tls(settings));
        for part in wanted {
            assert!(error.contains(part), "{part} is missing in {error}");
        }
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    for (web, wanted) in [
        (tls("min_version: TLS13\n  max_version: TLS12"), "max_version: is TLS12"),
        (tls("max_version: TLS12\n  cipher_suites: [TLS_AES_128_GCM_SHA256]"), "cipher_suites"),
        (tls("client_ca_file: server.crt"), "client_auth_type: is NoClientCert"),
        (tls("client_auth_type: RequireAndVerifyClientCert"), "client_ca_file: is missing"),
        (
            tls(
                "client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: server.crt\n  client_allowed_sans: [a]",
            ),
            "client_auth_type: is VerifyClientCertIfGiven",
        ),
        (tls("cert: text"), "both tls_server_config.cert and"),
        (tls("").replace("server.key", "other.key"), "do not fit"),
        (
            tls("").replace("server.key", "server.crt"),
            "tls_server_config.key_file: no PEM private key",
        ),
        (
            tls("").replace("server.crt", "server.key"),
            "tls_server_config.cert_file: no PEM certificate",
        ),
        ("tls_server_config: {cert_file: server.crt}\n".into(), "key_file: is missing"),
        ("tls_server_config: {min_version: TLS13}\n".into(), "cert_file: is missing"),
    ] {
        let error = error(&web);
        assert!(error.contains(wanted), "{wanted} is missing in {error}");
    }
}

#[test]
fn headers_are_those_of_the_toolkit() {
    for (header, wanted) in [
        ("X-Frame-Options: maybe", "is \"maybe\", expected deny or sameorigin"),
        ("X-Content-Type-Options: sniff", "expected nosniff"),
        ("Server: mine", "Content-Security-Policy"),
        ("X-XSS-Protection: \"a\\nb\"", "expected printable ASCII"),
    ] {
        let error = error(&format!("http_server_config: {{headers: {{{header}}}}}\n"));
        assert!(error.contains(wanted), "{wanted} is missing in {error}");
    }
    let blank = load("http_server_config: {headers: {X-Frame-Options: ''}}\n").unwrap();
    assert!(blank.headers.is_empty());
}

#[test]
fn sections_may_be_empty_and_pem_may_stand_in_the_file() {
    for web in [
        "",
        "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:\n",
        "tls_server_config: {}\nhttp_server_config: {}\nbasic_auth_users: {}\nrate_limit: {}\n",
    ] {
        let security = load(web).unwrap_or_else(|error| panic!("{web}: {error:#}"));
        assert!(security.tls.is_none() && security.users.is_none());
    }
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let inline = |pem: String| pem.replace('\n', "\n    ");
    let web = format!(
        "tls_server_config:\n  cert: |\n    {}\n  key: |\n    {}\n  prefer_server_cipher_suites: false\n",
        inline(key.cert.pem()),
        inline(key.signing_key.serialize_pem())
    );
    let tls = load(&web).unwrap().tls.unwrap();
    assert!(!tls.ignore_client_order);
    assert_eq!(tls.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
}
