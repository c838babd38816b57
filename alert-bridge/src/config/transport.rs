//! Transports as the file has them, and what they become.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use exporter_kit::Secret;
use serde::Deserialize;

use super::period::Period;
use super::{pattern, web_address};
use crate::delivery::gate::Limits;
use crate::transport::callback::Callback;
use crate::transport::spool::Folders;
use crate::transport::{self, Way, gammu, http, smpp, smstools};

/// The longest text that gammu-smsd and most gateways take, in parts.
const MOST_SEGMENTS: usize = 10;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transport {
    pub(crate) name: String,
    #[serde(default = "four")]
    pub(crate) max_segments: usize,
    rate_limit: Option<RateLimit>,
    #[serde(default)]
    breaker: Breaker,
    gammu: Option<Gammu>,
    http: Option<Http>,
    smpp: Option<Smpp>,
    smstools: Option<Smstools>,
}

fn four() -> usize {
    4
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateLimit {
    messages: u32,
    per: Period,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Breaker {
    failures: u32,
    pause: Period,
}

impl Default for Breaker {
    fn default() -> Self {
        Breaker { failures: 5, pause: Period::seconds(30) }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Gammu {
    spool: PathBuf,
    outbox: Option<PathBuf>,
    sent: Option<PathBuf>,
    error: Option<PathBuf>,
    inbox: Option<PathBuf>,
}

impl Default for Gammu {
    fn default() -> Self {
        let spool = "/var/spool/gammu".into();
        Gammu { spool, outbox: None, sent: None, error: None, inbox: None }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Smstools {
    spool: PathBuf,
    outgoing: Option<PathBuf>,
    checked: Option<PathBuf>,
    sent: Option<PathBuf>,
    failed: Option<PathBuf>,
    inboxes: Vec<PathBuf>,
}

impl Default for Smstools {
    fn default() -> Self {
        Smstools {
            spool: "/var/spool/sms".into(),
            outgoing: None,
            checked: None,
            sent: None,
            failed: None,
            inboxes: Vec::new(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Http {
    #[serde(default = "post")]
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, Header>,
    basic_auth: Option<BasicAuth>,
    json: Option<String>,
    form: Option<BTreeMap<String, String>>,
    #[serde(default)]
    success: Success,
    id: Option<String>,
    #[serde(default = "ten_seconds")]
    timeout: Period,
    in_doubt: Option<InDoubt>,
    receipts: Option<Receipts>,
}

fn post() -> String {
    "POST".into()
}

fn ten_seconds() -> Period {
    Period::seconds(10)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Smpp {
    address: String,
    system_id: String,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
    #[serde(default)]
    system_type: String,
    source: String,
    #[serde(default = "ten_seconds")]
    timeout: Period,
    #[serde(default = "thirty_seconds")]
    enquire_link: Period,
}

fn thirty_seconds() -> Period {
    Period::seconds(30)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    value: Option<Secret>,
    value_file: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BasicAuth {
    username: String,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Success {
    status: Vec<u16>,
    body_matches: Option<String>,
}

impl Default for Success {
    fn default() -> Self {
        Success { status: vec![200, 201, 202, 204], body_matches: None }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum InDoubt {
    Retry,
    Keep,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Receipts {
    token: Option<Secret>,
    token_file: Option<PathBuf>,
    id: String,
    state: String,
    delivered: Vec<String>,
    failed: Vec<String>,
}

impl Transport {
    pub(super) fn resolve(self, base: &Path) -> anyhow::Result<transport::Transport> {
        let Transport { name: _, max_segments, rate_limit, breaker, gammu, http, smpp, smstools } =
            self;
        ensure!(
            (1..=MOST_SEGMENTS).contains(&max_segments),
            "max_segments: {max_segments} is out of range, expected 1 to {MOST_SEGMENTS}"
        );
        let way = match (gammu, http, smpp, smstools) {
            (Some(gammu), None, None, None) => Way::Gammu(gammu.resolve(base)),
            (None, Some(http), None, None) => Way::Http(Box::new(http.resolve(base)?)),
            (None, None, Some(smpp), None) => Way::Smpp(smpp.resolve(base)?),
            (None, None, None, Some(smstools)) => Way::Smstools(smstools.resolve(base)),
            _ => bail!("expected one of `gammu`, `http`, `smpp`, `smstools`"),
        };
        Ok(transport::Transport { limits: limits(rate_limit, breaker)?, way })
    }
}

fn limits(rate: Option<RateLimit>, breaker: Breaker) -> anyhow::Result<Limits> {
    let Breaker { failures, pause } = breaker;
    ensure!(failures > 0, "breaker.failures: 0 is out of range, expected at least 1");
    let rate = match rate {
        None => None,
        Some(RateLimit { messages, per }) => {
            ensure!(messages > 0, "rate_limit.messages: 0 is out of range, expected at least 1");
            ensure!(!per.0.is_zero(), "rate_limit.per: 0s is out of range, expected more");
            Some((messages, per.0))
        }
    };
    Ok(Limits { rate, failures, pause: pause.0 })
}

impl Gammu {
    fn resolve(self, base: &Path) -> gammu::Spool {
        let Gammu { spool, outbox, sent, error, inbox } = self;
        let folder = |given, name| folder(base, &spool, given, name);
        let folders = Folders {
            outgoing: folder(outbox, "outbox"),
            sending: None,
            sent: folder(sent, "sent"),
            failed: folder(error, "error"),
        };
        gammu::Spool { folders, inbox: inbox.map(|inbox| base.join(inbox)) }
    }
}

impl Smstools {
    fn resolve(self, base: &Path) -> smstools::Spool {
        let Smstools { spool, outgoing, checked, sent, failed, inboxes } = self;
        let folder = |given, name| folder(base, &spool, given, name);
        let folders = Folders {
            outgoing: folder(outgoing, "outgoing"),
            sending: Some(folder(checked, "checked")),
            sent: folder(sent, "sent"),
            failed: folder(failed, "failed"),
        };
        let inboxes = inboxes.iter().map(|inbox| base.join(inbox)).collect();
        smstools::Spool { folders, inboxes }
    }
}

impl Smpp {
    fn resolve(self, base: &Path) -> anyhow::Result<smpp::Smsc> {
        let Smpp {
            address,
            system_id,
            password,
            password_file,
            system_type,
            source,
            timeout,
            enquire_link,
        } = self;
        let port = address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        ensure!(port.is_some(), "address: `{address}` is no address, expected HOST:PORT");
        let password = secret("password", password, password_file.as_deref(), base)?;
        // The lengths of the protocol's fields.
        for (key, text, most) in [
            ("system_id", system_id.as_str(), 15),
            ("password", password.expose(), 8),
            ("system_type", &system_type, 12),
            ("source", &source, 20),
        ] {
            ensure!(
                text.len() <= most && text.is_ascii() && !text.contains('\0'),
                "{key}: expected at most {most} ASCII characters"
            );
        }
        Ok(smpp::Smsc::new(smpp::Settings {
            address,
            system_id,
            password,
            system_type,
            source,
            timeout: timeout.0,
            enquire: enquire_link.0,
        }))
    }
}

/// A folder of a spool, where it was given or by its usual name.
fn folder(base: &Path, spool: &Path, given: Option<PathBuf>, name: &str) -> PathBuf {
    base.join(given.unwrap_or_else(|| spool.join(name)))
}

impl Http {
    fn resolve(self, base: &Path) -> anyhow::Result<http::Gateway> {
        let Http {
            method,
            url,
            headers,
            basic_auth,
            json,
            form,
            success,
            id,
            timeout,
            in_doubt,
            receipts,
        } = self;
        let mut values = BTreeMap::new();
        for (name, Header { value, value_file }) in headers {
            let key = format!("headers.{name}.value");
            values.insert(name, secret(&key, value, value_file.as_deref(), base)?);
        }
        let login = match basic_auth {
            None => None,
            Some(BasicAuth { username, password, password_file }) => {
                let key = "basic_auth.password";
                Some((username, secret(key, password, password_file.as_deref(), base)?))
            }
        };
        let body = match (json, form) {
            (Some(json), None) => http::Body::Json(json),
            (None, Some(form)) => http::Body::Form(form),
            _ => bail!("expected either `json` or `form`"),
        };
        let status = success.status.into_iter().map(|status| {
            reqwest::StatusCode::from_u16(status).ok().with_context(|| {
                format!("success.status: {status} is no HTTP status, expected 100 to 599")
            })
        });
        ensure!(
            id.as_ref().is_none_or(|id| id.starts_with('/')),
            "id: expected a JSON pointer such as /data/id"
        );
        http::Gateway::new(http::Settings {
            method: method
                .parse()
                .ok()
                .with_context(|| format!("method: `{method}` is no HTTP method"))?,
            url: web_address(&url).context("url")?,
            headers: values,
            login,
            body,
            success: http::Success {
                status: status.collect::<anyhow::Result<_>>()?,
                body_matches: success
                    .body_matches
                    .map(|text| pattern("success.body_matches", &text))
                    .transpose()?,
            },
            id,
            timeout: timeout.0,
            retry_in_doubt: in_doubt.map(|choice| matches!(choice, InDoubt::Retry)),
            callback: receipts.map(|receipts| receipts.resolve(base)).transpose()?,
        })
    }
}

impl Receipts {
    fn resolve(self, base: &Path) -> anyhow::Result<Callback> {
        let Receipts { token, token_file, id, state, delivered, failed } = self;
        ensure!(
            !delivered.iter().any(|word| failed.contains(word)),
            "receipts.failed: a word stands in `delivered` too"
        );
        let token = secret("receipts.token", token, token_file.as_deref(), base)?;
        Ok(Callback { token, id, state, delivered, failed })
    }
}

fn secret(
    key: &str,
    value: Option<Secret>,
    file: Option<&Path>,
    base: &Path,
) -> anyhow::Result<Secret> {
    Secret::resolve(key, value, file, base)?.with_context(|| format!("{key}: is missing"))
}
