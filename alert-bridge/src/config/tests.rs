//! The sample files, and what is said of a wrong one.

use exporter_kit::config::load;

use super::*;

fn read(text: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.yml");
    std::fs::write(&path, text).unwrap();
    load(Some(&path))
        .map_err(|error| format!("{error:#}").replace(&format!("{}/", folder.path().display()), ""))
}

const TOKENS: &str = "tokens: [{name: am, token: secret}]\n";

#[test]
fn the_sample_is_read_and_shows_the_defaults() {
    let sample = read(include_str!("../../alert-bridge.yml")).unwrap();
    let defaults = read(TOKENS).unwrap();
    assert_eq!(
        sample.transports.keys().collect::<Vec<_>>(),
        ["gateway", "modem", "smsc", "smstools"]
    );
    assert_eq!(sample.contacts["duty"].max_segments, 4);
    assert_eq!(sample.routes.len(), 4);
    assert_eq!(sample.contacts["duty"].time_zone.iana_name(), Some("Asia/Shanghai"));
    let shown = |config: &Config| {
        let Config {
            notify_resolved,
            resolve_hold,
            vanish_after,
            repeat,
            acknowledge_by_reply,
            digest_after,
            give_up_after,
            retention,
            ..
        } = config;
        let lengths = [*resolve_hold, *vanish_after, *give_up_after, *retention];
        (*notify_resolved, lengths, *repeat, *acknowledge_by_reply, *digest_after)
    };
    assert_eq!(shown(&sample), shown(&defaults));
}

#[test]
fn the_examples_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for secret in ["webhook.token", "receipts.token", "twilio.token"] {
        std::fs::write(folder.path().join(secret), "secret\n").unwrap();
    }
    for example in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).unwrap() {
        let example = example.unwrap().path();
        let path = folder.path().join(example.file_name().unwrap());
        std::fs::copy(&example, &path).unwrap();
        let config: Config = load(Some(&path)).unwrap();
        assert!(!config.routes.is_empty(), "{}", example.display());
    }
}

#[test]
fn whether_a_message_in_doubt_is_sent_again_follows_the_template() {
    let idempotent = |extra: &str, json: &str| {
        let http = format!("{{url: 'http://gw/', json: '{json}'{extra}}}");
        let config = read(&format!("{TOKENS}transports: [{{name: gw, http: {http}}}]\n")).unwrap();
        config.transports["gw"].idempotent()
    };
    assert!(idempotent("", r#"{"id": {{ id }}, "text": {{ text }}}"#));
    assert!(!idempotent("", r#"{"to": {{ phone }}, "text": {{ text }}}"#));
    assert!(!idempotent(", in_doubt: keep", r#"{"id": {{ id }}}"#));
    assert!(idempotent(", in_doubt: retry", r#"{"to": {{ phone }}}"#));
}

#[test]
fn an_error_names_file_key_what_came_and_what_was_expected() {
    let gateway = |rest: &str| {
        format!("{TOKENS}transports: [{{name: gw, http: {{url: 'http://gw/'{rest}}}}}]\n")
    };
    let contact = |rest: &str| {
        format!(
            "{TOKENS}transports: [{{name: t, gammu: {{}}}}]\ncontacts: [{{name: duty, {rest}}}]\n"
        )
    };
    let cases = [
        ("tokens: []\n".to_owned(), "tokens: none is configured"),
        (
            "tokens: [{name: am, token: x, cluster: alert-bridge}]\n".into(),
            "tokens.am.cluster: `alert-bridge` is what alert-bridge calls itself",
        ),
        (format!("{TOKENS}texts: [{{template: '{{{{ tag'}}]\n"), "texts[0]: template: "),
        (
            format!("{TOKENS}texts: [{{transport: fax, template: x}}]\n"),
            "texts[0].transport: no transport is called `fax`",
        ),
        (format!("{TOKENS}heartbeat: {{after: 0s}}\n"), "heartbeat: after: `0s` is too short"),
        ("tokens: [{name: am}]\n".into(), "tokens.am.token: is missing"),
        (format!("{TOKENS}tokenz: 1\n"), "bridge.yml:2:1: "),
        (format!("{TOKENS}retention: 30\n"), "expected one such as 15m"),
        (format!("{TOKENS}repeat: {{every: 0s}}\n"), "repeat: every: `0s` is no pause"),
        (format!("{TOKENS}time_zone: Mars/Base\n"), "time_zone: `Mars/Base`"),
        (format!("{TOKENS}alertmanagers: [am:9093]\n"), "alertmanagers: `am:9093`: url: "),
        (
            format!("{TOKENS}transports: [{{name: t}}]\n"),
            "transports.t: expected one of `gammu`, `http`, `smpp`, `smstools`",
        ),
        (
            format!("{TOKENS}transports: [{{name: t, max_segments: 11, gammu: {{}}}}]\n"),
            "11 is out of range, expected 1 to 10",
        ),
        (gateway(""), "transports.gw: expected either `json` or `form`"),
        (gateway(", json: '{\"text\": \"{{ text }}\"}'"), "json: the template makes no JSON"),
        (gateway(", json: '{{ texst }}'"), "texst"),
        (gateway(", form: {to: '{{ phone'}"), "form.to"),
        (gateway(", form: {}, success: {status: [1000]}"), "success.status: 1000"),
        (gateway(", form: {}, success: {body_matches: '('}"), "success.body_matches: `(`"),
        (
            contact("phone: '+4915', transport: t, quiet: {from: '22:00', to: '7 am'}"),
            "contacts.duty: quiet: to: `7 am` is no time of day",
        ),
        (
            contact("phone: '+4915', transport: t, time_zone: Mars/Base"),
            "contacts.duty: time_zone: `Mars/Base`",
        ),
        (contact("phone: '12 34', transport: t"), "phone: `12 34` is no phone number"),
        (
            contact("phone: '+4915', transport: modem"),
            "no transport is called `modem`, expected one of: t",
        ),
        (
            format!("{TOKENS}routes: [{{contacts: [nobody]}}]\n"),
            "routes[0]: contacts: no contact is called `nobody`",
        ),
        (
            format!("{TOKENS}groups: [{{name: all, contacts: [nobody]}}]\n"),
            "groups.all.contacts: no contact is called `nobody`",
        ),
        (
            contact("phone: '+4915', transport: t") + "groups: [{name: duty, contacts: []}]\n",
            "groups.duty: a contact is called so, too",
        ),
        (
            format!("{TOKENS}routes: [{{match: {{labels: {{team: '('}}}}, contacts: []}}]\n"),
            "routes[0]: match.labels.team: `(`",
        ),
        (
            format!("{TOKENS}routes: [{{match: {{host: '['}}, contacts: []}}]\n"),
            "routes[0]: match.host: `[`",
        ),
        (
            contact("phone: '+4915', transport: t, fallbacks: [modem]"),
            "no transport is called `modem`, expected one of: t",
        ),
        (contact("phone: '+4915'"), "transport: is missing, and no one of `prefixes`"),
        (
            gateway(", form: {}, receipts: {id: a, state: b, delivered: [], failed: []}"),
            "receipts.token",
        ),
        (
            format!(
                "{TOKENS}transports: [{{name: t, gammu: {{}}, rate_limit: {{messages: 0, per: 1m}}}}]\n"
            ),
            "rate_limit.messages: 0 is out of range",
        ),
    ];
    for (text, expected) in cases {
        let error = read(&text).map(|_| ()).unwrap_err();
        assert!(error.starts_with("bridge.yml"), "{error}");
        assert!(error.contains(expected), "expected `{expected}` in: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn no_secret_is_printed() {
    let headers = "headers: {X-Key: {value: hidden-key}}, form: {to: '{{ phone }}'}";
    let config = read(&format!(
        "{TOKENS}transports: [{{name: gw, http: {{url: 'http://gw/', {headers}}}}}]\n"
    ))
    .unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("hidden-key") && !shown.contains("\"secret\""), "{shown}");
}
