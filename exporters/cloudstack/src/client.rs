//! One CloudStack: signed calls, paging, errors as types.
//!
//! Promises: at most four calls at once and so many a second; each has a deadline; what fails for a moment is tried
//! again, a few times; a list has each object once, and says when it may lack some. Neither key nor secret is
//! printed. Refuses to know what is done with the answers.

pub mod answer;
pub mod error;
pub mod lenient;
pub mod signing;

mod calls;
mod pace;
mod paging;
mod rights;

use std::time::Duration;

use exporter_kit::Secret;
use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Certificate, Url, redirect};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout};

pub use answer::Answer;
pub use calls::Calls;
pub use error::Error;
pub use paging::{Listing, Record};
pub use rights::Rights;

use error::refusal;
use pace::Pace;

/// How often a call that failed for a moment is made in all.
const ATTEMPTS: u32 = 3;

/// Pause before the second attempt; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// Bytes of an answer at most; a page of 500 virtual machines with all their details has two million.
const LONGEST: usize = 64 << 20;

/// How long a signature of version 3 is good for.
const EXPIRES: SignedDuration = SignedDuration::from_mins(10);

/// How a cloud is asked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name: the label `cloud`.
    pub name: String,
    /// Its API, for example `https://cloud.example/client/api`.
    pub url: Url,
    /// The account's keys.
    pub api_key: Secret,
    /// What requests are signed with.
    pub secret_key: Secret,
    /// How requests are sent.
    pub method: Method,
    /// Whether requests expire (signature version 3).
    pub expires: bool,
    /// Deadline of a call.
    pub timeout: Duration,
    /// Calls a second on average.
    pub rate: f64,
    /// Objects in a page, at most the server's `default.page.size`.
    pub page_size: usize,
    /// Whom to believe besides the system's authorities.
    pub authorities: Vec<Certificate>,
}

/// How requests are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Parameters in the query.
    Get,
    /// Parameters in a form: they are in no access log.
    #[default]
    Post,
}

/// A call: its command, where its rows stand, and its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The API's name, for example `listZones`.
    pub command: &'static str,
    /// The member of the answer that holds the rows, for example `zone`.
    pub key: &'static str,
    /// Parameters besides those that every call has.
    pub parameters: &'a [(&'static str, &'a str)],
}

/// Asks one cloud.
#[derive(Debug)]
pub struct Client {
    settings: Settings,
    http: reqwest::Client,
    pace: Pace,
    calls: Calls,
}

impl Client {
    /// A client that has not called yet. What it does is counted in `calls`.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(settings: Settings, calls: Calls) -> anyhow::Result<Self> {
        let mut http = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .user_agent(concat!("wisemonitor/", env!("CARGO_PKG_VERSION")));
        for authority in &settings.authorities {
            http = http.add_root_certificate(authority.clone());
        }
        let pace = Pace::new(settings.rate);
        Ok(Client { http: http.build()?, pace, calls, settings })
    }

    /// Name of the cloud.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Calls until it is answered, a few times at most, and reads the answer.
    ///
    /// # Errors
    /// The last attempt's.
    pub async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<Answer<T>, Error> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            match self.attempt(call).await {
                Err(error) if error.passing() => {
                    tracing::debug!(cloud = self.name(), %error, "trying again");
                    sleep(pause).await;
                    pause *= 2;
                }
                outcome => return outcome,
            }
        }
        self.attempt(call).await
    }

    async fn attempt<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<Answer<T>, Error> {
        let turn = self.pace.turn().await;
        let begin = Instant::now();
        let outcome = match timeout(self.settings.timeout, self.exchange(call)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let seconds = self.settings.timeout.as_secs();
                Err(Error::Deadline { command: call.command, seconds })
            }
        };
        drop(turn);
        let label = outcome.as_ref().map_or_else(Error::label, |_| "200");
        self.calls.made(self.name(), call.command, label, begin.elapsed());
        outcome
    }

    async fn exchange<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<Answer<T>, Error> {
        let command = call.command;
        let connection = |error: reqwest::Error| Error::Connection {
            command,
            text: causes(&error.without_url()),
        };
        let query = self.query(call);
        let url = self.settings.url.clone();
        let request = match self.settings.method {
            Method::Get => {
                let mut url = url;
                url.set_query(Some(&query));
                self.http.get(url)
            }
            Method::Post => self
                .http
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(query),
        };
        let answer = request.send().await.map_err(connection)?;
        let status = answer.status().as_u16();
        let mut body =
            Vec::with_capacity(answer.content_length().unwrap_or(0).min(4 << 20) as usize);
        let mut chunks = answer.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(connection)?;
            if body.len() + chunk.len() > LONGEST {
                let text = format!("longer than {LONGEST} bytes");
                return Err(Error::Answer { command, text });
            }
            body.extend_from_slice(&chunk);
        }
        self.calls.sanitised(self.name(), answer::sanitise(&mut body));
        let text = String::from_utf8_lossy(&body);
        match answer::read(text.as_bytes(), call.key) {
            Ok(Answer { refusal: Some((code, text)), .. }) => Err(refusal(command, code, text)),
            Ok(answer) if status == 200 => Ok(answer),
            // A proxy in front of it, or one that answers errors with something else than JSON.
            _ if status != 200 => Err(refusal(command, status, format!("HTTP status {status}"))),
            Ok(answer) => Ok(answer),
            Err(error) => Err(Error::Answer { command, text: error.to_string() }),
        }
    }

    fn query(&self, call: Call<'_>) -> String {
        let mut parameters: signing::Parameters<'_> = vec![
            ("command", call.command.to_owned()),
            ("response", "json".to_owned()),
            ("apiKey", self.settings.api_key.expose().to_owned()),
        ];
        parameters.extend(call.parameters.iter().map(|&(name, value)| (name, value.to_owned())));
        if self.settings.expires {
            let expires = Timestamp::now() + EXPIRES;
            parameters.push(("signatureVersion", "3".to_owned()));
            parameters.push(("expires", expires.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()));
        }
        signing::signed(&parameters, self.settings.secret_key.expose())
    }
}

/// An error with all its causes on one line.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
