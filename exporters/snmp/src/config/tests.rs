use super::*;

/// Reads files by the names and texts given, as the flag names them.
fn load_files(
    files: &[(&str, &str)],
    patterns: &[&str],
    environment: Option<Environment<'_>>,
) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let read = || {
        let mut read = Vec::new();
        for pattern in patterns {
            for path in matching(&dir.path().join(pattern))? {
                read.push(parse::<File>(&path)?);
            }
        }
        Config::joined(read, environment)
    };
    let name = format!("{}/", dir.path().display());
    read().map_err(|error| format!("{error:#}").replace(&name, ""))
}

fn load(text: &str) -> Result<Config, String> {
    load_files(&[("x.yml", text)], &["x.yml"], None)
}

/// A file with one auth, and a module with one metric of these further keys.
fn with_metric(keys: &str) -> String {
    format!(
        "auths: {{a: {{}}}}\nmodules:\n  m:\n    walk: [1.3]\n    metrics:\n    - {{name: n, oid: 1.3.6, type: gauge, help: h{keys}}}\n"
    )
}

fn with_auth(keys: &str) -> String {
    format!("auths:\n  a: {{{keys}}}\nmodules: {{m: {{}}}}\n")
}

#[test]
fn the_built_in_file_is_complete() {
    let config = Config::joined([built_in().unwrap()], None).unwrap();
    assert!(config.auths.contains_key("public_v2"));
    assert!(config.modules.contains_key("if_mib") && config.modules.contains_key("system"));
    for (name, module) in &config.modules {
        for metric in &module.metrics {
            let walked = module.walk.iter().any(|root| metric.oid.0.starts_with(&root.0));
            assert!(walked, "{name} does not walk {}", metric.oid);
        }
        let found = module.metrics.iter().flat_map(|metric| &metric.lookups);
        for lookup in found {
            let Lookup::Find { oid, .. } = lookup else { continue };
            assert!(module.walk.iter().any(|root| oid.0.starts_with(&root.0)), "{name}: {oid}");
        }
    }
}

#[test]
fn defaults_are_the_peers() {
    let config = load("auths: {a: {}}\nmodules: {m: {walk: [1.3]}}\n").unwrap();
    let module = &config.modules["m"];
    assert_eq!((module.max_repetitions, module.retries), (25, 3));
    assert_eq!(module.timeout, std::time::Duration::from_secs(5));
    let Auth { version, context_name, .. } = &*config.auths["a"];
    assert!(matches!(version, Version::V2c { community } if community.expose() == "public"));
    assert_eq!(context_name, "");
}

#[test]
fn an_error_names_file_line_column_and_key() {
    for (text, expected) in [
        ("modules:\n  m:\n    wolk: [1.3]\n", "x.yml:3:5: modules.m.wolk: "),
        ("auths:\n  a: {comunity: x}\n", "x.yml:2:7: auths.a.comunity: "),
        ("module: {}\n", "x.yml:1:1: "),
        (&with_metric(", sort: x"), "x.yml:6:51: modules.m.metrics[0].sort: unknown field"),
        (&with_metric("").replace("gauge", "gouge"), "modules.m.metrics[0].type: "),
        (&with_metric("").replace("name: n", "name: 1-n"), "\"1-n\" is not a metric name"),
        (&with_metric("").replace("1.3.6", "1.x.6"), "\"1.x.6\" is not an object identifier"),
        (
            &with_metric(", regex_extracts: {X: [{regex: '('}]}"),
            "\"(\" is not a regular expression: unclosed group",
        ),
        (
            &with_metric(", indexes: [{labelname: l, type: Bits}]"),
            "type: Bits cannot be the type of the index \"l\"",
        ),
        (
            &with_metric(", lookups: [{labels: [l], labelname: k}]"),
            "oid: missing in the lookup of \"k\"",
        ),
        (
            "auths: {a: {}}\nmodules: {m: {timeout: 5}}\n",
            "x.yml:2:24: modules.m.timeout: \"5\" is not a duration",
        ),
        (&with_auth("version: 4"), "auths.a: version: is 4, expected 1, 2 or 3"),
        (&with_auth("version: 3"), "auths.a: username: is missing, version 3 needs one"),
        (
            &with_auth("version: 3, username: u, security_level: authNoPriv"),
            "auths.a: password: is missing",
        ),
        (
            &with_auth("version: 3, username: u, password: t0p, security_level: authPriv"),
            "auths.a: priv_password: is missing, security_level authPriv needs one",
        ),
        (&with_auth("auth_protocol: SHA3"), "auths.a.auth_protocol: "),
        ("auths: {a: {}}\n", "no modules in any file"),
        ("modules: {m: {}}\n", "no auths in any file"),
    ] {
        let error = load(text).unwrap_err();
        assert!(error.contains(expected), "{text}\n{error}");
        assert!(!error.contains("t0p") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn files_are_joined_and_the_last_of_equals_stands() {
    let module = |name: &str, root: &str| format!("modules: {{{name}: {{walk: [{root}]}}}}\n");
    let (first, second) = (module("a", "1.1"), module("b", "1.2"));
    let third = module("a", "1.3") + "auths: {x: {}}\n";
    let files = [("1.yml", first.as_str()), ("2.yml", &second), ("other.yml", &third)];
    let config = load_files(&files, &["[0-9].yml", "other.yml"], None).unwrap();
    assert_eq!(config.modules["a"].walk, ["1.3".parse().unwrap()]);
    assert_eq!(config.modules.len(), 2);
    let error = load_files(&files, &["gone.yml"], None).unwrap_err();
    assert!(error.contains("cannot read gone.yml"), "{error}");
    let error = load_files(&files, &["gone*.yml"], None).unwrap_err();
    assert!(error.contains("no modules in any file"), "{error}");
}

#[test]
fn environment_variables_are_put_in_where_they_are_asked_for() {
    let text = with_auth(
        "version: 3, security_level: authPriv, username: '${USER}-x', password: $PASS, priv_password: 'a${PASS}b', community: $PASS",
    );
    let files = [("x.yml", text.as_str())];
    let known = |name: &str| match name {
        "USER" => Some("monitor".to_owned()),
        "PASS" => Some("s3cret".to_owned()),
        _ => None,
    };
    let version = |environment| {
        load_files(&files, &["x.yml"], environment).unwrap().auths["a"].version.clone()
    };
    let v3 = |user: &str, password: &str, privacy: &str| Version::V3 {
        username: user.to_owned(),
        level: Level::AuthPriv(
            Authentication {
                protocol: AuthProtocol::Md5,
                password: exporter_kit::Secret::new(password),
            },
            Privacy { protocol: PrivProtocol::Des, password: exporter_kit::Secret::new(privacy) },
        ),
    };
    assert_eq!(version(Some(&known)), v3("monitor-x", "s3cret", "as3cretb"));
    assert_eq!(version(None), v3("${USER}-x", "$PASS", "a${PASS}b"));
    let error = load_files(&files, &["x.yml"], Some(&|_| None)).unwrap_err();
    assert!(error.contains("auths.a: password: names an environment variable"), "{error}");
}

#[test]
fn secrets_are_neither_printed_nor_shown() {
    let text = with_auth(
        "version: 3, security_level: authPriv, username: u, password: t0p1, priv_password: t0p2, community: t0p3",
    );
    let config = load(&text).unwrap();
    assert!(!format!("{config:?}").contains("t0p"));
    let shown = config.shown().unwrap();
    assert!(!shown.contains("t0p"), "{shown}");
    assert_eq!(shown.matches("<secret>").count(), 3, "{shown}");
}

#[test]
fn what_is_shown_is_read_as_the_same() {
    let text = with_metric(
        ", scale: 0.1, offset: -2, display_hint: '1x:', datetime_pattern: '%Y',\
         indexes: [{labelname: a, type: OctetString, fixed_size: 3}, {labelname: b, type: EnumAsInfo, enum_values: {1: x}}, {labelname: c, type: DisplayString, implied: true}],\
         lookups: [{labels: [a], labelname: d, oid: 1.3.7, type: Bits, enum_values: {0: y}}, {labels: [], labelname: b}],\
         regex_extracts: {'': [{regex: '(.*)'}], X: [{regex: 'a|b', value: '1'}]}, enum_values: {-1: minus}",
    );
    let filtered = text.replace(
        "    walk: [1.3]\n",
        "    walk: [1.3]\n    get: [1.3.6.1.0]\n    timeout: 1m30s\n    filters: [{oid: 1.3.8, targets: [1.3.9], values: ['^up']}]\n    allow_nonincreasing_oids: true\n",
    );
    let shown = load(&filtered).unwrap().shown().unwrap();
    assert_eq!(load(&shown).unwrap().shown().unwrap(), shown);
    for kept in [
        "1m30s",
        "fixed_size: 3",
        "implied: true",
        "scale: 0.1",
        "offset: -2",
        "1.3.9",
        "a|b",
        "minus",
    ] {
        assert!(shown.contains(kept), "{kept} in {shown}");
    }
}
