//! Sends what the spool hands out, in order, again and again until alert-bridge has it.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::{StatusCode, header, redirect};
use spool::{Outlet, Record};
use tracing::{error, info, warn};

use crate::{Figures, Settings};

/// Events in one call at most; alert-bridge takes twice as many.
const EVENTS: usize = 1000;

/// Bytes of events in one call at most, unless one is larger; alert-bridge takes twice as many.
const BYTES: usize = 4 << 20;

/// Deadline of a call.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Pauses after failed calls: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Bytes of a refusal that are logged.
const QUOTED: usize = 300;

/// The one that sends.
pub(crate) struct Sender {
    http: reqwest::Client,
    settings: Settings,
    outlet: Outlet,
    figures: Figures,
}

/// Why a call did not do what it should.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error("answered {0}: {1}")]
    Answer(StatusCode, String),
}

impl Failure {
    /// Whether these events can never be taken. What a person can put right, a token or a path, is tried again.
    fn for_ever(&self) -> bool {
        matches!(
            self,
            Failure::Answer(
                StatusCode::BAD_REQUEST
                    | StatusCode::PAYLOAD_TOO_LARGE
                    | StatusCode::UNPROCESSABLE_ENTITY,
                _
            )
        )
    }
}

impl Sender {
    pub(crate) fn new(
        settings: Settings,
        outlet: Outlet,
        figures: Figures,
    ) -> anyhow::Result<Self> {
        let mut http = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .user_agent(concat!("wisemonitor/", env!("CARGO_PKG_VERSION")));
        for authority in &settings.authorities {
            http = http.add_root_certificate(authority.clone());
        }
        Ok(Sender { http: http.build().context("no HTTP client")?, settings, outlet, figures })
    }

    /// Sends for ever. May be dropped at any time: what is not done stays in the spool.
    pub(crate) async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        let mut failing = false;
        loop {
            let batch = self.outlet.batch(EVENTS, BYTES).await;
            let Some(last) = batch.last().map(|record| record.position) else { continue };
            match self.deliver(&batch).await {
                Ok(()) => {
                    self.outlet.done(last);
                    pause = FIRST_PAUSE;
                    if std::mem::take(&mut failing) {
                        info!(url = %self.settings.endpoint, "alert-bridge takes events again");
                    }
                }
                Err(reason) => {
                    self.figures.failures.inc();
                    if !std::mem::replace(&mut failing, true) {
                        warn!(url = %self.settings.endpoint, error = %reason, "alert-bridge does not take events, they wait");
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Sends all of them, or fails. Those that can never be taken are left out.
    async fn deliver(&self, batch: &[Record]) -> Result<(), Failure> {
        match self.post(batch).await {
            Err(failure) if failure.for_ever() => {}
            outcome => return outcome,
        }
        for record in batch {
            match self.post(std::slice::from_ref(record)).await {
                Err(failure) if failure.for_ever() => {
                    self.figures.refused.inc();
                    error!(error = %failure, "an event was refused and is left out");
                }
                outcome => outcome?,
            }
        }
        Ok(())
    }

    async fn post(&self, batch: &[Record]) -> Result<(), Failure> {
        let mut answer = self
            .http
            .post(self.settings.endpoint.clone())
            .bearer_auth(self.settings.token.expose())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body(batch))
            .send()
            .await?;
        let status = answer.status();
        if status == StatusCode::OK {
            self.figures.sent.inc_by(batch.len() as u64);
            return Ok(());
        }
        let text = answer.chunk().await.ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&text[..text.len().min(QUOTED)]);
        Err(Failure::Answer(status, text.trim_end().to_owned()))
    }
}

/// Records are JSON objects already.
fn body(batch: &[Record]) -> Vec<u8> {
    let mut body = br#"{"events":["#.to_vec();
    for (index, record) in batch.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&record.bytes);
    }
    body.extend_from_slice(b"]}");
    body
}
