//! Any SMS gateway that takes one HTTP request a message.
//!
//! Guarantee: nothing is lost; a message goes out twice only if the gateway's answer was lost, and only where
//! `in_doubt: retry` holds. That is the default when the template hands the gateway our `id` (by which it can
//! drop what it has already); else a message in doubt stays so and is shown. What became of a message the gateway
//! may tell later, see [`super::callback`].

use std::collections::BTreeMap;
use std::error::Error as _;
use std::time::Duration;

use anyhow::Context as _;
use axum::http::{HeaderName, HeaderValue, header};
use exporter_kit::Secret;
use futures_util::StreamExt as _;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use regex::Regex;
use reqwest::{Method, StatusCode, Url};

use super::callback::Callback;
use super::{Message, Outcome};

/// Bytes of a gateway's answer that are looked at.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Characters of an answer that an error quotes.
const QUOTED: usize = 200;

/// A gateway as configured.
#[derive(Debug)]
pub(crate) struct Gateway {
    client: reqwest::Client,
    settings: Settings,
    templates: Environment<'static>,
}

/// What a gateway needs to know.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: BTreeMap<String, Secret>,
    /// User and password of `Authorization: Basic`.
    pub(crate) login: Option<(String, Secret)>,
    pub(crate) body: Body,
    pub(crate) success: Success,
    /// JSON pointer (RFC 6901) to the gateway's own id in its answer.
    pub(crate) id: Option<String>,
    pub(crate) timeout: Duration,
    /// Whether to send again when it is unknown whether the gateway took the message.
    pub(crate) retry_in_doubt: Option<bool>,
    pub(crate) callback: Option<Callback>,
}

/// Templates of the request's body.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// One JSON text; values appear in it as JSON, quotes and all.
    Json(String),
    /// The fields of a form.
    Form(BTreeMap<String, String>),
}

/// By what an answer is known as success.
#[derive(Debug)]
pub(crate) struct Success {
    pub(crate) status: Vec<StatusCode>,
    pub(crate) body_matches: Option<Regex>,
}

impl Gateway {
    /// # Errors
    /// When a template or a header cannot be used; the error names it.
    pub(crate) fn new(settings: Settings) -> anyhow::Result<Self> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|name| match name {
            "json" => AutoEscape::Json,
            _ => AutoEscape::None,
        });
        for (name, template) in settings.body.templates() {
            templates
                .add_template_owned(name.clone(), template.to_owned())
                .with_context(|| name)?;
        }
        let headers = settings.headers.iter().map(|(name, value)| {
            let mut value = HeaderValue::from_str(value.expose())
                .ok()
                .with_context(|| format!("headers.{name}: its value cannot stand in a header"))?;
            value.set_sensitive(true);
            let name: HeaderName = name
                .parse()
                .ok()
                .with_context(|| format!("headers.{name}: expected the name of a header"))?;
            anyhow::Ok((name, value))
        });
        let client = reqwest::Client::builder()
            .default_headers(headers.collect::<anyhow::Result<_>>()?)
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("alert-bridge/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("cannot set up an HTTP client")?;
        let gateway = Gateway { client, settings, templates };
        // A template that cannot work is found now, not with the first alarm.
        let sample = Message {
            id: "sample-1".into(),
            contact: "sample".into(),
            phone: "+10000000000".into(),
            text: "a \"quoted\"\\\n文字".into(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let _unsent = gateway.request(&sample)?;
        Ok(gateway)
    }

    pub(crate) fn idempotent(&self) -> bool {
        self.settings.retry_in_doubt.unwrap_or_else(|| self.hands_over_id())
    }

    /// Whether the gateway gets our id of the message.
    fn hands_over_id(&self) -> bool {
        self.templates
            .templates()
            .any(|(_, template)| template.undeclared_variables(false).contains("id"))
    }

    /// How it tells what became of a message, if it does.
    pub(crate) fn callback(&self) -> Option<&Callback> {
        self.settings.callback.as_ref()
    }

    pub(crate) async fn send(&self, message: &Message) -> Outcome {
        let request = match self.request(message) {
            Ok(request) => request,
            Err(error) => return Outcome::Rejected { why: format!("{error:#}") },
        };
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if error.is_connect() => return Outcome::Refused { why: causes(error) },
            Err(error) => return Outcome::InDoubt { why: causes(error) },
        };
        let status = answer.status();
        if let Some(outcome) = refusal(status, &self.settings.success) {
            return outcome(format!(
                "the gateway answered {}: {}",
                status,
                quote(&read(answer).await.unwrap_or_default())
            ));
        }
        match read(answer).await {
            Ok(body) => self.judge(status, &body, &message.id),
            Err(why) => Outcome::InDoubt { why },
        }
    }

    fn judge(&self, status: StatusCode, body: &str, id: &str) -> Outcome {
        let matches = self
            .settings
            .success
            .body_matches
            .as_ref()
            .is_none_or(|pattern| pattern.is_match(body));
        if !matches {
            return Outcome::Refused {
                why: format!(
                    "the gateway answered {status}, but not what `success.body_matches` expects: {}",
                    quote(body)
                ),
            };
        }
        let reference = self.settings.id.as_ref().and_then(|pointer| {
            let answer: serde_json::Value = serde_json::from_str(body).ok()?;
            match answer.pointer(pointer)? {
                serde_json::Value::String(id) => Some(id.clone()),
                other => Some(other.to_string()),
            }
        });
        // Else its receipts can only speak of our own id.
        let own = self.hands_over_id().then(|| id.to_owned());
        Outcome::Accepted { references: reference.or(own).into_iter().collect() }
    }

    fn request(&self, message: &Message) -> anyhow::Result<reqwest::RequestBuilder> {
        let Message { id, contact, phone, text, created_at: _ } = message;
        let receipt_token = self.settings.callback.as_ref().map(|callback| callback.token.expose());
        let values = context! { id, contact, phone, text, receipt_token };
        let render = |name: &str| self.templates.get_template(name)?.render(values.clone());
        let mut request =
            self.client.request(self.settings.method.clone(), self.settings.url.clone());
        if let Some((user, password)) = &self.settings.login {
            request = request.basic_auth(user, Some(password.expose()));
        }
        Ok(match &self.settings.body {
            Body::Json(_) => {
                let text = render("json").context("json")?;
                serde_json::from_str::<serde::de::IgnoredAny>(&text).context(
                    "json: the template makes no JSON; write {{ text }} without quotes around it",
                )?;
                request.header(header::CONTENT_TYPE, "application/json").body(text)
            }
            Body::Form(fields) => {
                let fields = fields.keys().map(|name| {
                    let key = format!("form.{name}");
                    Ok((name, render(&key).context(key)?))
                });
                request.form(&fields.collect::<anyhow::Result<BTreeMap<_, _>>>()?)
            }
        })
    }
}

impl Body {
    /// Its templates with the names under which the configuration knows them.
    fn templates(&self) -> Vec<(String, &str)> {
        match self {
            Body::Json(template) => vec![("json".into(), template)],
            Body::Form(fields) => fields
                .iter()
                .map(|(name, template)| (format!("form.{name}"), template.as_str()))
                .collect(),
        }
    }
}

/// What a status that is no success means; none for a success.
fn refusal(status: StatusCode, success: &Success) -> Option<fn(String) -> Outcome> {
    if success.status.contains(&status) {
        return None;
    }
    Some(match status {
        // These speak of the message. Others (no credit, wrong password, too many) can be mended.
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNPROCESSABLE_ENTITY => |why| Outcome::Rejected { why },
        // Said by something between us and the gateway, which may have taken the message.
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => |why| Outcome::InDoubt { why },
        _ => |why| Outcome::Refused { why },
    })
}

/// The answer's body, at most [`LONGEST_ANSWER`] of it. The client's deadline covers this too.
async fn read(answer: reqwest::Response) -> Result<String, String> {
    let mut body = Vec::new();
    let mut chunks = answer.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.map_err(causes)?);
        if body.len() >= LONGEST_ANSWER {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

fn quote(body: &str) -> String {
    body.chars().take(QUOTED).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// An error with its causes, without the address: it may carry a password.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
