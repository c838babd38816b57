use super::*;

const CLOUD: &str = "name: a, url: 'http://a/client/api', api_key: k3y, secret_key: s3cret";

fn load(text: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret.key"), "s3cret\n").unwrap();
    std::fs::write(folder.path().join("bridge.token"), "s3cret\n").unwrap();
    let path = folder.path().join("x.yml");
    std::fs::write(&path, text).unwrap();
    exporter_kit::config::load(Some(&path)).map_err(|error| format!("{error:#}"))
}

#[test]
fn the_sample_file_is_read_and_holds_every_key() {
    let sample = include_str!("../../cloudstack-exporter.yml");
    let config = load(sample).unwrap();
    assert!(config.clouds.is_empty() && !config.statistics && config.history.is_none());
    assert_eq!((config.alert_hold, config.state_dir), (ALERT_HOLD, PathBuf::from(STATE_DIR)));
    // The comments show settings too: uncommented they must be right as well.
    let uncommented: String = sample
        .lines()
        .filter_map(|line| line.strip_prefix("#: ").or((!line.starts_with('#')).then_some(line)))
        .map(|line| format!("{line}\n"))
        .collect();
    let config = load(&uncommented.replace("/etc/wisemonitor/", "")).unwrap();
    assert_eq!((config.clouds.len(), config.alertmanagers.len()), (2, 1));
    assert!(config.history.is_some());
    let Cloud { client, pace, .. } = &config.clouds[0];
    assert_eq!((client.method, client.expires, client.rate), (Method::Post, true, RATE));
    assert_eq!((client.timeout, client.page_size), (TIMEOUT, PAGE_SIZE));
    assert_eq!(pace.every, Tier::ALL.map(Tier::every));
    assert_eq!(pace.keep, KEEP);
}

#[test]
fn an_error_names_the_key_and_what_was_expected() {
    for (text, expected) in [
        (format!("clouds: [{{{CLOUD}, nmae: b}}]"), "nmae"),
        (format!("clouds: [{{{CLOUD}}}, {{{CLOUD}}}]"), "the name \"a\" is there twice"),
        (format!("clouds: [{{{CLOUD}, rate: 0}}]"), "clouds[0]: rate: 0 came"),
        (format!("clouds: [{{{CLOUD}, page_size: 1}}]"), "clouds[0]: page_size: 1 came"),
        (format!("clouds: [{{{CLOUD}, method: put}}]"), "get"),
        (format!("clouds: [{{{CLOUD}, ca_file: none.pem}}]"), "clouds[0]: ca_file: "),
        (format!("clouds: [{{{CLOUD}, secret_key_file: secret.key}}]"), "both secret_key and"),
        (
            "clouds: [{name: a/b, url: 'http://a', api_key: k3y, secret_key: s3cret}]".to_owned(),
            "clouds[0]: name: \"a/b\" came",
        ),
        (
            "clouds: [{name: a, url: 'ftp://a', api_key: k3y, secret_key: s3cret}]".to_owned(),
            "clouds[0]: url: \"ftp://a\" is not an address",
        ),
        (
            "clouds: [{name: a, url: 'http://a', secret_key: s3cret}]".to_owned(),
            "clouds[0]: api_key: is missing, expected api_key or api_key_file",
        ),
        ("refresh: {machines: 0s}".to_owned(), "refresh.machines: \"0s\" is not a duration"),
        ("alert_hold: 1".to_owned(), "alert_hold: \"1\" is not a duration"),
        ("alertmanagers: [{url: a}]".to_owned(), "alertmanagers[0]: url"),
    ] {
        let error = load(&text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!error.contains("s3cret") && !error.contains("k3y"), "{error}");
    }
}

#[test]
fn keys_come_from_files_and_are_not_printed() {
    let file = "clouds: [{name: a, url: 'http://a', api_key: k3y, secret_key_file: secret.key}]\n";
    let config = load(file).unwrap();
    assert_eq!(config.clouds[0].client.secret_key.expose(), "s3cret");
    let shown = format!("{config:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("k3y"), "{shown}");
}
