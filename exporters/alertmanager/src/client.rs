//! Alertmanager's v2 API, one address.
//!
//! Promises: each call ends within the deadline, reads a bounded answer, follows no redirect, uses no proxy,
//! and fails with an [`Error`] that names the address. Keeps no state but connections and the peer's clock.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::{Method, RequestBuilder, StatusCode, Url, header, redirect};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Address, Alert, Auth, Error, LabelSet, Matcher, Posting, Silence, SilenceRequest, SilenceState,
    error::{QUOTED, causes, quote},
};

/// Longest answer read, in bytes. Ten thousand alerts with long outputs stay well below.
const LONGEST_ANSWER: usize = 64 << 20;

/// One Alertmanager.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    address: Address,
    timeout: Duration,
    /// A time at the peer that was surely reached at that instant of ours.
    clock: Mutex<Option<(Timestamp, Instant)>>,
}

impl Client {
    /// Connects to nothing yet. `timeout` is the deadline of each call.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(address: Address, timeout: Duration) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .user_agent(concat!("wisemonitor/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Setup {
                address: address.to_string(),
                reason: causes(error),
            })?;
        Ok(Self { http, address, timeout, clock: Mutex::new(None) })
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The time at Alertmanager, as its answers tell: up to a second behind, never ahead. Our own time
    /// before the first answer.
    ///
    /// An end that lies in Alertmanager's future, by milliseconds even, loses against the later end it
    /// knows, and the alert would stay; so ends are told in this time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.estimate().unwrap_or_else(Timestamp::now)
    }

    /// Posts alerts. Those already known are changed or prolonged.
    ///
    /// # Errors
    /// Any [`Error`]. After [`Error::Refused`] with status 400 the valid ones have been accepted.
    pub async fn post_alerts(&self, postings: &[Posting]) -> Result<(), Error> {
        self.exchange(Method::POST, &["api", "v2", "alerts"], |request| request.json(postings))
            .await
            .map(drop)
    }

    /// The active alerts, silenced and inhibited ones included, that carry all of `labels`.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn alerts(&self, labels: &LabelSet) -> Result<Vec<Alert>, Error> {
        let found: Vec<GettableAlert> = self.list("alerts", labels).await?;
        Ok(found.into_iter().filter_map(GettableAlert::parse).collect())
    }

    /// The silences whose conditions include equality with each of `labels`, expired ones too.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn silences(&self, labels: &LabelSet) -> Result<Vec<Silence>, Error> {
        let found: Vec<GettableSilence> = self.list("silences", labels).await?;
        Ok(found.into_iter().map(GettableSilence::parse).collect())
    }

    /// One silence, `None` when Alertmanager does not know it.
    ///
    /// # Errors
    /// Any other [`Error`].
    pub async fn silence(&self, id: &str) -> Result<Option<Silence>, Error> {
        let path = ["api", "v2", "silence", id];
        match self.read::<GettableSilence>(Method::GET, &path, |request| request).await {
            Ok(found) => Ok(Some(found.parse())),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes or changes a silence and gives its id. Alertmanager replaces a silence that it cannot change
    /// in place, and gives the id of the new one.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Refused`] with status 404 when it does not know the silence to change.
    pub async fn put_silence(&self, silence: &SilenceRequest) -> Result<String, Error> {
        let body = PostableSilence::new(silence);
        let path = ["api", "v2", "silences"];
        let answer: SilenceAnswer =
            self.read(Method::POST, &path, |request| request.json(&body)).await?;
        Ok(answer.silence_id)
    }

    /// Ends a silence. One that is over or unknown already is a success.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn delete_silence(&self, id: &str) -> Result<(), Error> {
        let path = ["api", "v2", "silence", id];
        match self.exchange(Method::DELETE, &path, |request| request).await {
            Ok(_) => Ok(()),
            // Alertmanager answers 404 or 500, by its version, where there is nothing to end.
            Err(error @ Error::Refused { .. }) => match self.silence(id).await? {
                Some(silence) if silence.state != SilenceState::Expired => Err(error),
                _ => Ok(()),
            },
            Err(error) => Err(error),
        }
    }

    /// When this Alertmanager process started, as it writes it: tells one process from the next.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn started(&self) -> Result<String, Error> {
        let status: Status =
            self.read(Method::GET, &["api", "v2", "status"], |request| request).await?;
        Ok(status.uptime)
    }

    /// Whether it is ready to serve.
    ///
    /// # Errors
    /// Any [`Error`] when it is not.
    pub async fn ready(&self) -> Result<(), Error> {
        self.exchange(Method::GET, &["-", "ready"], |request| request).await.map(drop)
    }

    async fn list<T: DeserializeOwned>(
        &self,
        kind: &str,
        labels: &LabelSet,
    ) -> Result<Vec<T>, Error> {
        let filter: Vec<_> =
            labels.iter().map(|(name, value)| ("filter", equality(name, value))).collect();
        self.read(Method::GET, &["api", "v2", kind], |request| request.query(&filter)).await
    }

    async fn read<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        complete: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<T, Error> {
        let call = name(&method, path);
        let body = self.exchange(method, path, complete).await?;
        serde_json::from_slice(&body).map_err(|error| Error::Garbage {
            address: self.address.to_string(),
            call,
            reason: error.to_string(),
            body: quote(&body),
        })
    }

    /// One request and its whole answer.
    async fn exchange(
        &self,
        method: Method,
        path: &[&str],
        complete: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Vec<u8>, Error> {
        let (address, call) = (self.address.to_string(), name(&method, path));
        let request = self.http.request(method, join(&self.address.url, path));
        let request = match &self.address.auth {
            Auth::None => request,
            Auth::Basic { username, password } => {
                request.basic_auth(username, Some(password.expose()))
            }
            Auth::Bearer(token) => request.bearer_auth(token.expose()),
        };
        let answer = tokio::time::timeout(self.timeout, self.answer(complete(request))).await;
        match answer {
            Ok(Ok((status, body))) if status.is_success() && body.len() <= LONGEST_ANSWER => {
                Ok(body)
            }
            Ok(Ok((status, _))) if status.is_success() => {
                Err(Error::TooLong { address, call, limit: LONGEST_ANSWER })
            }
            Ok(Ok((status, body))) => {
                Err(Error::Refused { address, call, status, body: quote(&body) })
            }
            Ok(Err(error)) => Err(Error::Unreachable { address, call, reason: causes(error) }),
            Err(_) => Err(Error::Timeout { address, call, after: self.timeout }),
        }
    }

    /// Status and body, which is read until just beyond the limit; of a refusal only what is quoted.
    async fn answer(
        &self,
        request: RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), reqwest::Error> {
        let mut response = request.send().await?;
        let date = response.headers().get(header::DATE).and_then(|date| date.to_str().ok());
        if let Some(date) = date.and_then(|date| rfc2822::parse(date).ok()) {
            self.observe(date.timestamp());
        }
        let status = response.status();
        let limit = if status.is_success() { LONGEST_ANSWER } else { QUOTED };
        let mut body = Vec::new();
        while body.len() <= limit
            && let Some(chunk) = response.chunk().await?
        {
            body.extend_from_slice(&chunk);
        }
        Ok((status, body))
    }

    fn estimate(&self) -> Option<Timestamp> {
        let (time, instant) = (*self.clock.lock().unwrap_or_else(PoisonError::into_inner))?;
        time.checked_add(instant.elapsed()).ok()
    }

    /// Takes in an answer's `Date`, which is the peer's time cut to a second. Within that second an earlier
    /// answer may tell more exactly how late it is at least.
    fn observe(&self, date: Timestamp) {
        let kept = self.estimate().is_some_and(|known| {
            known >= date && known.duration_since(date) < jiff::SignedDuration::from_secs(1)
        });
        if !kept {
            let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
            *clock = Some((date, Instant::now()));
        }
    }
}

/// The call as errors name it.
fn name(method: &Method, path: &[&str]) -> String {
    format!("{method} /{}", path.join("/"))
}

fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    // Only a URL without a host has no segments, and `Address` holds none such.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// A condition in Alertmanager's own syntax: `host="web"`.
fn equality(name: &str, value: &str) -> String {
    let value = value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
    format!("{name}=\"{value}\"")
}

#[derive(Deserialize)]
struct Status {
    /// Despite its name the time of the start.
    uptime: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GettableAlert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    starts_at: Timestamp,
    #[serde(rename = "generatorURL", default)]
    generator_url: String,
}

impl GettableAlert {
    /// `None` for labels that we would never give, as newer versions of Alertmanager allow.
    fn parse(self) -> Option<Alert> {
        let Self { labels, annotations, starts_at, generator_url } = self;
        Some(Alert {
            labels: LabelSet::new(labels).ok()?,
            annotations: LabelSet::lenient(annotations),
            starts_at,
            generator_url: Url::parse(&generator_url).ok(),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GettableSilence {
    id: String,
    matchers: Vec<Matcher>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    created_by: String,
    comment: String,
    status: GettableStatus,
}

#[derive(Deserialize)]
struct GettableStatus {
    state: SilenceState,
}

impl GettableSilence {
    fn parse(self) -> Silence {
        let Self { id, matchers, starts_at, ends_at, created_by, comment, status } = self;
        Silence { id, matchers, starts_at, ends_at, created_by, comment, state: status.state }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostableSilence<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    matchers: Vec<Matcher>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    created_by: &'a str,
    comment: &'a str,
}

impl<'a> PostableSilence<'a> {
    fn new(request: &'a SilenceRequest) -> Self {
        let SilenceRequest { id, labels, starts_at, ends_at, created_by, comment } = request;
        let matchers = labels
            .iter()
            .map(|(name, value)| Matcher {
                name: name.to_owned(),
                value: value.to_owned(),
                is_regex: false,
                is_equal: true,
            })
            .collect();
        let (starts_at, ends_at) = (*starts_at, *ends_at);
        Self { id: id.as_deref(), matchers, starts_at, ends_at, created_by, comment }
    }
}

#[derive(Deserialize)]
struct SilenceAnswer {
    #[serde(rename = "silenceID")]
    silence_id: String,
}
