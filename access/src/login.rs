//! The API of a session, at `/api/v1/session`.
//!
//! | request | answer |
//! |---|---|
//! | `POST {"name": .., "password": ..}` | 200 `{"name", "role", "csrf"}` and the cookie; 401; 429 with `Retry-After` |
//! | `GET` | 200 the same of the session that is; 401 without one |
//! | `DELETE` | 204, and the session has ended |

use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tracing::{info, warn};

use crate::guard::HASHING_LIMIT;
use crate::password::LONGEST;
use crate::request::Way;
use crate::settings::LONGEST_NAME;
use crate::{Access, Caller, PasswordHash, Refusal, Role, Settings, session};

/// Where a session is.
const PATH: &str = "/api/v1/session";

/// Bytes of a login's body at most: a name and a password, each byte escaped.
const LARGEST_BODY: usize = 16 << 10;

/// A login whose body is not complete by then is given up.
const BODY_LIMIT: Duration = Duration::from_secs(10);

/// What a login sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    name: String,
    password: String,
}

/// Who somebody is.
#[derive(Debug, Serialize)]
struct Identity<'a, R> {
    /// Empty: nobody in particular.
    name: &'a str,
    role: R,
    /// To be sent as `X-CSRF-Token` with whatever changes something.
    csrf: String,
    /// Whether there is a session to log out from.
    session: bool,
}

/// Why nobody is logged in.
#[derive(Debug, thiserror::Error)]
enum LoginError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("expected a JSON body with `name` and `password`, of at most {LARGEST_BODY} bytes")]
    Unreadable,
    #[error("the body was not complete within {} seconds", BODY_LIMIT.as_secs())]
    Slow,
    #[error("name or password is wrong")]
    Wrong,
    #[error("too many wrong passwords; wait {} seconds", .0.as_secs() + 1)]
    TooMany(Duration),
    #[error("too many logins at once")]
    Busy,
}

impl<R: Role> Access<R> {
    /// The routes of logging in and out. They need no guard.
    pub fn routes(&self) -> Router {
        Router::new()
            .route(PATH, post(log_in::<R>).get(identify::<R>).delete(log_out::<R>))
            .with_state(self.clone())
    }
}

async fn log_in<R: Role>(
    State(access): State<Access<R>>,
    request: Request,
) -> Result<Response, LoginError> {
    let (parts, body) = request.into_parts();
    let settings = access.settings();
    let way = Way::new(&parts, settings.proxy.as_ref()).ok_or(Refusal::Unknown)?;
    // A foreign page must not log its visitor in as somebody of its choice either.
    if way.is_own_origin(&parts.headers, &settings.origins) != Some(true) {
        return Err(Refusal::ForeignOrigin.into());
    }
    let Credentials { name, password } = credentials(&parts, body).await?;
    access.attempts().begin(&name, way.client, Instant::now()).map_err(|wait| {
        warn!(client = %way.client, "too many wrong passwords");
        LoginError::TooMany(wait)
    })?;
    let Some(hash) = right_password(&access, &settings, &name, password).await? else {
        warn!(client = %way.client, "login refused");
        return Err(LoginError::Wrong);
    };
    access.attempts().succeeded(&name, way.client);
    let role = settings.users.get(&name).map(|user| user.role).ok_or(LoginError::Wrong)?;
    let secret = access.sessions().begin(&name, hash.as_str(), Instant::now());
    info!(client = %way.client, user = name, "logged in");
    let caller = Caller::by_session(name, role, session::key(&secret));
    let mut response = identity(&access, &caller);
    set_cookie(response.headers_mut(), &access, &way, &secret, settings.longest);
    Ok(response)
}

/// The user's hash, if this is the password. For an unknown user another one's hash is tried, so that the
/// answer takes as long.
async fn right_password<R: Role>(
    access: &Access<R>,
    settings: &Settings<R>,
    name: &str,
    password: String,
) -> Result<Option<PasswordHash>, LoginError> {
    let own = settings.users.get(name).and_then(|user| user.password.clone());
    let known = own.is_some();
    let Some(hash) = own.or_else(|| settings.users.values().find_map(|user| user.password.clone()))
    else {
        return Ok(None);
    };
    let turn = timeout(HASHING_LIMIT, access.door().hashing.acquire()).await;
    let _turn = turn.map_err(|_| LoginError::Busy)?.map_err(|_| LoginError::Busy)?;
    let verify = tokio::task::spawn_blocking(move || hash.verify(&password).then_some(hash));
    let verified = verify.await.map_err(|_| LoginError::Busy)?;
    Ok(verified.filter(|_| known))
}

async fn credentials(parts: &Parts, body: Body) -> Result<Credentials, LoginError> {
    let json = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !json.is_some_and(|value| value.starts_with("application/json")) {
        return Err(LoginError::Unreadable);
    }
    let body =
        timeout(BODY_LIMIT, to_bytes(body, LARGEST_BODY)).await.map_err(|_| LoginError::Slow)?;
    let body = body.map_err(|_| LoginError::Unreadable)?;
    let credentials: Credentials =
        serde_json::from_slice(&body).map_err(|_| LoginError::Unreadable)?;
    if credentials.name.len() > LONGEST_NAME || credentials.password.len() > LONGEST {
        return Err(LoginError::Wrong);
    }
    Ok(credentials)
}

async fn identify<R: Role>(
    State(access): State<Access<R>>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let caller = access.caller(&parts)?;
    Ok(identity(&access, &caller))
}

async fn log_out<R: Role>(
    State(access): State<Access<R>>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let caller = access.caller(&parts)?;
    let settings = access.settings();
    let way = Way::new(&parts, settings.proxy.as_ref()).ok_or(Refusal::Unknown)?;
    if let Some(key) = caller.session_key() {
        access.sessions().end(key);
        info!(client = %way.client, user = caller.name(), "logged out");
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(response.headers_mut(), &access, &way, "", Duration::ZERO);
    Ok(response)
}

fn identity<R: Role>(access: &Access<R>, caller: &Caller<R>) -> Response {
    let identity = Identity {
        name: caller.name(),
        role: caller.role(),
        csrf: access.proof(caller),
        session: caller.session_key().is_some(),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(identity)).into_response()
}

fn set_cookie<R: Role>(
    headers: &mut HeaderMap,
    access: &Access<R>,
    way: &Way,
    secret: &str,
    age: Duration,
) {
    let cookie = format!(
        "{}={secret}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}",
        access.door().cookie_name(way.encrypted),
        age.as_secs(),
        if way.encrypted { "; Secure" } else { "" }
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.insert(header::SET_COOKIE, cookie);
    }
}

impl IntoResponse for LoginError {
    fn into_response(self) -> Response {
        let status = match &self {
            LoginError::Refused(refusal) => return refusal.into_response(),
            LoginError::Unreadable => StatusCode::BAD_REQUEST,
            LoginError::Slow => StatusCode::REQUEST_TIMEOUT,
            LoginError::Wrong => StatusCode::UNAUTHORIZED,
            LoginError::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            LoginError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut response =
            (status, [(header::CACHE_CONTROL, "no-store")], format!("{self}\n")).into_response();
        if let LoginError::TooMany(wait) = self {
            response.headers_mut().insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
        }
        response
    }
}
