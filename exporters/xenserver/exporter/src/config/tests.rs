use super::*;

const POOL: &str = "pools:\n- {name: a, addresses: [10.0.0.1], username: root, password: s3cret}\n";

fn load(text: &str) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("password"), "s3cret\n").unwrap();
    std::fs::write(dir.path().join("ca.pem"), "no certificate\n").unwrap();
    let path = dir.path().join("x.yml");
    std::fs::write(&path, text).unwrap();
    exporter_kit::config::load(Some(&path))
        .map_err(|error| format!("{error:#}").replace(&format!("{}/", dir.path().display()), ""))
}

#[test]
fn the_sample_file_is_read_and_its_comments_are_right_as_well() {
    let sample = include_str!("../../xenserver-exporter.yml");
    let config = load(sample).unwrap();
    let common = &config.common;
    assert!(config.pools.is_empty() && common.metrics.is_empty());
    assert_eq!((common.stale_after, common.alert_hold), (STALE_AFTER, ALERT_HOLD));
    let uncommented: String = sample
        .lines()
        .filter_map(|line| line.strip_prefix("#: ").or((!line.starts_with('#')).then_some(line)))
        .map(|line| format!("{line}\n"))
        .collect();
    let config = load(&uncommented.replace("/etc/wisemonitor/", "")).unwrap();
    assert_eq!((config.pools.len(), config.common.alertmanagers.len()), (2, 1));
    assert_eq!(config.common.metrics.len(), 10);
    assert!(config.history.is_some());
}

#[test]
fn an_error_names_the_key_and_what_was_expected() {
    for (text, expected) in [
        ("pools: [{name: a}]\n", "x.yml:1:"),
        ("pool: []\n", "x.yml:1:1: "),
        ("metrics: [everything]\n", "metrics[0]: "),
        ("stale_after: 5\n", "stale_after: \"5\" is not a duration"),
        ("alert_priority: 6\n", "alert_priority: is 6, expected 1"),
        (&POOL.replace("10.0.0.1", ""), "addresses: is empty"),
        (&POOL.replace("10.0.0.1", "'https://a'"), "addresses[0]: \"https://a\" is no address"),
        (&POOL.replace("password: s3cret", "ca_file: ca.pem"), "password: is missing"),
        (&POOL.replace("s3cret}", "s3cret, pins: [ab]}"), "pins[0]: \"ab\""),
        (&POOL.replace("s3cret}", "s3cret, ca_file: gone}"), "ca_file: cannot read"),
        (
            &format!("{POOL}{}", POOL.replace("pools:\n", "")),
            "pools[1]: name: \"a\" is there twice",
        ),
    ] {
        let error = load(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!error.contains("s3cret") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn passwords_come_from_files_and_are_not_printed() {
    let config = load(&POOL.replace("password: s3cret", "password_file: password")).unwrap();
    assert_eq!(config.pools[0].settings.password.expose(), "s3cret");
    assert!(!format!("{config:?}").contains("s3cret"));
}
