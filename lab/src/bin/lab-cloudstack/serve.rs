//! The API over HTTP: who asks, whether that may be asked, and what is wrong with the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use jiff::Timestamp;
use serde_json::json;

use crate::answer::{Answer, Refusal, Request, refusal};
use crate::fault::Fault;
use crate::lab::Lab;
use crate::life;
use crate::role::User;
use crate::{schema, signature};

/// How long a job takes.
const JOB: Duration = Duration::from_secs(1);
/// Fields into which raw control characters are written.
const SPOILED: [&str; 3] = ["displaytext", "displayname", "description"];

/// The interface of the server.
pub(crate) fn server(lab: Arc<Lab>) -> Router {
    Router::new().route("/client/api", get(ask).post(ask)).with_state(lab)
}

async fn ask(State(lab): State<Arc<Lab>>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let query = query.unwrap_or_default();
    let mut parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    parameters.extend(form_urlencoded::parse(&body).into_owned());
    let name = signature::value(&parameters, "command").unwrap_or_default();
    match lab.faults.delay(name) {
        Some(delay) => tokio::time::sleep(delay).await,
        None => std::future::pending().await,
    }
    let known = schema::command(name);
    let (status, body) = match admit(&lab, &parameters, name)
        .and_then(|request| lab.answer(&request))
    {
        Ok(Answer { body, job }) => {
            if let Some(job) = job {
                let lab = Arc::clone(&lab);
                tokio::spawn(async move {
                    tokio::time::sleep(JOB).await;
                    lab.with(|cloud| life::finish(cloud, &job, true));
                });
            }
            (200, body)
        }
        Err(Refusal { status, text }) => {
            let key = known.map_or("errorresponse".into(), |command| {
                format!("{}response", command.name.to_lowercase())
            });
            let error = json!({ "uuidList": [], "errorcode": status, "cserrorcode": 9999, "errortext": text });
            (status, json!({ key: error }).to_string().into_bytes())
        }
    };
    lab.count(known.map_or("unknown", |command| command.name), status);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = [(header::CONTENT_TYPE, "application/json;charset=UTF-8")];
    (status, kind, spoil(&lab, name, body)).into_response()
}

/// Lets a request in, if it is signed, the server has the call, the role has the right and the limit is not reached.
fn admit<'a>(
    lab: &'a Lab,
    parameters: &'a [(String, String)],
    name: &str,
) -> Result<Request<'a>, Refusal> {
    let wrong = |fault| lab.faults.has(fault, name);
    if wrong(Fault::Unavailable) {
        return Err(refusal(503, "Service is unavailable"));
    }
    let user = user(lab, parameters).filter(|_| !wrong(Fault::Unauthorized));
    let user = user.ok_or_else(|| {
        refusal(401, "unable to verify user credentials and/or request signature")
    })?;
    if wrong(Fault::Throttled) {
        return Err(limit(1));
    }
    lab.throttle.take(user.key, Instant::now()).map_err(limit)?;
    let command = schema::command(name)
        .filter(|command| command.is_in(lab.version()) && user.role.may(command));
    // Old servers do not tell a call that they have not from a key that they know not.
    let old = lab.faults.get(Fault::OldServer).is_some();
    let command = command.ok_or_else(|| {
        let text = format!(
            "The given command '{name}' either does not exist, is not available for user, or not available from ip address"
        );
        refusal(if old { 401 } else { 432 }, text)
    })?;
    if signature::value(parameters, "response") != Some("json") {
        return Err(refusal(431, "response: the lab answers in json alone"));
    }
    Ok(Request { command, parameters, user })
}

/// Who has signed the request.
fn user<'a>(lab: &'a Lab, parameters: &[(String, String)]) -> Option<&'a User> {
    let key = signature::value(parameters, "apikey")?;
    let user = lab.users.iter().find(|user| user.key == key)?;
    signature::holds(parameters, user.secret, Timestamp::now()).then_some(user)
}

fn limit(seconds: u64) -> Refusal {
    let text = format!(
        "The given user has reached his/her account api limit, please retry after {} ms.",
        seconds * 1000
    );
    refusal(429, text)
}

/// Does to an answer what is wrong with it.
fn spoil(lab: &Lab, name: &str, mut body: Vec<u8>) -> Vec<u8> {
    if lab.faults.has(Fault::ControlCharacters, name) {
        let mut text = String::from_utf8_lossy(&body).into_owned();
        for field in SPOILED {
            text =
                text.replace(&format!("\"{field}\":\""), &format!("\"{field}\":\"\u{7}\n\u{1b}"));
        }
        body = text.into_bytes();
    }
    if lab.faults.has(Fault::Truncated, name) {
        body.truncate(body.len() / 2);
    }
    body
}
