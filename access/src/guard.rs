//! Who is calling, and whether they may.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use tracing::warn;

use crate::attempts::Attempts;
use crate::request::Way;
use crate::session::{self, Key, Limits, Sessions};
use crate::settings::{Proxy, User};
use crate::{Role, Settings, token};

/// The header in which a page proves that it is ours.
pub(crate) const PROOF: &str = "x-csrf-token";

/// Passwords that are hashed at the same time: each takes a core and 19 MiB.
const HASHING: usize = 2;

/// How long a login may wait for its turn to be hashed.
pub(crate) const HASHING_LIMIT: Duration = Duration::from_secs(10);

/// What a caller without a name is while the configuration has no users.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unnamed<R> {
    /// Refused.
    Refused,
    /// This, when asked by a name of this machine: for a program that listens on loopback alone.
    Local(R),
    /// This: for a program behind another login.
    Trusted(R),
}

/// The door of a program. Clones share it.
#[derive(Debug)]
pub struct Access<R: Role>(Arc<Door<R>>);

pub(crate) struct Door<R> {
    pub(crate) program: &'static str,
    settings: Box<dyn Fn() -> Arc<Settings<R>> + Send + Sync>,
    unnamed: Unnamed<R>,
    sessions: Mutex<Sessions>,
    attempts: Mutex<Attempts>,
    pub(crate) hashing: Semaphore,
    /// Binds a proof to its session or user; new with each start.
    secret: [u8; 32],
}

/// Who sent a request that a guard has let through.
#[derive(Debug, Clone)]
pub struct Caller<R> {
    name: String,
    role: R,
    by: By,
}

/// How a caller is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum By {
    Token,
    Session(Key),
    Proxy,
    Nothing,
}

/// Why a request is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody that is known: 401.
    #[error("a login or a bearer token is needed")]
    Unknown,
    /// A bearer token that is none of ours: 401.
    #[error("this bearer token is not known")]
    WrongToken,
    /// Known, but may not: 403.
    #[error("your role does not allow this")]
    NotAllowed,
    /// From another site's page: 403.
    #[error("the request comes from a page of another origin")]
    ForeignOrigin,
    /// Without the session's proof: 403.
    #[error("the header X-CSRF-Token is missing or wrong")]
    NoProof,
}

impl<R: Role> Access<R> {
    /// The door of `program`, which names its cookie; `settings` answers those in force.
    pub fn new(
        program: &'static str,
        unnamed: Unnamed<R>,
        settings: impl Fn() -> Arc<Settings<R>> + Send + Sync + 'static,
    ) -> Self {
        Access(Arc::new(Door {
            program,
            settings: Box::new(settings),
            unnamed,
            sessions: Mutex::default(),
            attempts: Mutex::default(),
            hashing: Semaphore::new(HASHING),
            secret: crate::random(),
        }))
    }

    /// Lets through to `routes` who has `right`; their handlers can take a [`Caller`].
    pub fn guard(&self, right: R::Right, routes: Router) -> Router {
        let access = self.clone();
        routes.route_layer(middleware::from_fn_with_state((access, right), pass::<R>))
    }

    /// Whether what let the caller in still does: for a connection that stays open. Does not count as use.
    #[must_use]
    pub fn still(&self, caller: &Caller<R>) -> bool {
        let settings = self.settings();
        match &caller.by {
            By::Session(key) => {
                self.session(&settings, key, false).is_some_and(|user| user.role == caller.role)
            }
            By::Proxy => proxied(&settings, &caller.name) == Some(caller.role),
            By::Nothing => !settings.has_users(),
            By::Token => true,
        }
    }

    /// Where a request comes from: the client behind a trusted proxy.
    #[must_use]
    pub fn client(&self, parts: &Parts) -> Option<IpAddr> {
        Way::new(parts, self.settings().proxy.as_ref()).map(|way| way.client)
    }

    /// Who sends a request, and proof that it was meant where it changes something.
    ///
    /// # Errors
    /// Why it is not let through.
    pub fn caller(&self, parts: &Parts) -> Result<Caller<R>, Refusal> {
        let settings = self.settings();
        if token::bearer(&parts.headers).is_some() {
            let token = settings.tokens.find(&parts.headers).ok_or(Refusal::WrongToken)?;
            return Ok(Caller { name: token.name.clone(), role: token.value, by: By::Token });
        }
        let way = Way::new(parts, settings.proxy.as_ref()).ok_or(Refusal::Unknown)?;
        let caller = self.person(&settings, &way, &parts.headers).ok_or(Refusal::Unknown)?;
        let own = way.is_own_origin(&parts.headers, &settings.origins);
        let changes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if own == Some(false) || (changes && own.is_none()) {
            return Err(Refusal::ForeignOrigin);
        }
        if changes && !self.is_proof(&caller, &parts.headers) {
            return Err(Refusal::NoProof);
        }
        Ok(caller)
    }

    /// Whom a browser stands for.
    fn person(&self, settings: &Settings<R>, way: &Way, headers: &HeaderMap) -> Option<Caller<R>> {
        if let Some(key) = self.0.cookie(way, headers).map(session::key)
            && let Some(user) = self.session(settings, &key, true)
        {
            return Some(Caller { name: user.name, role: user.role, by: By::Session(key) });
        }
        let header = settings.proxy.as_ref().and_then(|proxy| proxy.user_header.as_ref());
        if let Some(header) = header.filter(|_| way.proxied)
            && let Some(name) = headers.get(header).and_then(|name| name.to_str().ok())
        {
            let role = proxied(settings, name)?;
            return Some(Caller { name: name.to_owned(), role, by: By::Proxy });
        }
        let role = match self.0.unnamed {
            _ if settings.has_users() => None,
            Unnamed::Refused => None,
            Unnamed::Local(role) => way.asked_locally().then_some(role),
            Unnamed::Trusted(role) => Some(role),
        };
        role.map(|role| Caller { name: String::new(), role, by: By::Nothing })
    }

    /// The user of a session that has not ended in any way.
    fn session(&self, settings: &Settings<R>, key: &Key, used: bool) -> Option<NamedUser<R>> {
        let limits = Limits { idle: settings.idle, longest: settings.longest };
        let mut sessions = self.sessions();
        let now = Instant::now();
        let session = match used {
            true => sessions.touch(key, limits, now)?,
            false => sessions.look(key, limits, now)?.clone(),
        };
        let user =
            settings.users.get(&session.user).filter(|user| has_password(user, &session.password));
        let Some(user) = user else {
            sessions.end(key);
            return None;
        };
        Some(NamedUser { name: session.user, role: user.role })
    }

    /// What a page of this caller must send along with whatever changes something.
    pub(crate) fn proof(&self, caller: &Caller<R>) -> String {
        crate::hexadecimal(&self.proof_of(caller).finalize().into_bytes())
    }

    fn is_proof(&self, caller: &Caller<R>, headers: &HeaderMap) -> bool {
        let given = headers.get(PROOF).map(|value| value.as_bytes()).unwrap_or_default();
        given.ct_eq(self.proof(caller).as_bytes()).into()
    }

    fn proof_of(&self, caller: &Caller<R>) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0.secret)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        mac.update(caller.name.as_bytes());
        if let By::Session(key) = &caller.by {
            mac.update(b"\0");
            mac.update(key);
        }
        mac
    }

    pub(crate) fn settings(&self) -> Arc<Settings<R>> {
        (self.0.settings)()
    }

    pub(crate) fn door(&self) -> &Door<R> {
        &self.0
    }

    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.0.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct NamedUser<R> {
    name: String,
    role: R,
}

fn has_password<R>(user: &User<R>, hash: &str) -> bool {
    user.password.as_ref().is_some_and(|password| password.as_str() == hash)
}

/// The role of whom the proxy names.
fn proxied<R: Role>(settings: &Settings<R>, name: &str) -> Option<R> {
    let Proxy { default_role, .. } = settings.proxy.as_ref()?;
    settings.users.get(name).map(|user| user.role).or(*default_role)
}

impl<R> Door<R> {
    /// Cookies do not tell ports apart, so two programs of one host need two names. A browser takes `__Host-`
    /// only from this very host, encrypted.
    pub(crate) fn cookie_name(&self, encrypted: bool) -> String {
        format!("{}{}-session", if encrypted { "__Host-" } else { "" }, self.program)
    }

    fn cookie<'a>(&self, way: &Way, headers: &'a HeaderMap) -> Option<&'a str> {
        let name = self.cookie_name(way.encrypted);
        let cookies =
            headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
    }
}

impl<R> Caller<R> {
    /// The user's or token's name; empty for one without a name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The caller's role.
    #[must_use]
    pub fn role(&self) -> R
    where
        R: Copy,
    {
        self.role
    }

    /// Whether the caller has this right.
    #[must_use]
    pub fn may(&self, right: R::Right) -> bool
    where
        R: Role,
    {
        self.role.may(right)
    }

    pub(crate) fn by_session(name: String, role: R, key: Key) -> Self {
        Caller { name, role, by: By::Session(key) }
    }

    pub(crate) fn session_key(&self) -> Option<&Key> {
        match &self.by {
            By::Session(key) => Some(key),
            By::Token | By::Proxy | By::Nothing => None,
        }
    }
}

/// The layer of [`Access::guard`].
async fn pass<R: Role>(
    State((access, right)): State<(Access<R>, R::Right)>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let caller = access.caller(&parts).and_then(|caller| match caller.may(right) {
        true => Ok(caller),
        false => Err(Refusal::NotAllowed),
    });
    let caller = caller.inspect_err(|refusal| {
        if *refusal != Refusal::Unknown {
            warn!(path = parts.uri.path(), %refusal, "refused");
        }
    })?;
    parts.extensions.insert(caller);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

impl<R: Role, S: Sync> FromRequestParts<S> for Caller<R> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // Without a guard nobody is known: that is what refuses by default.
        parts.extensions.get::<Caller<R>>().cloned().ok_or(Refusal::Unknown)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Refusal::Unknown | Refusal::WrongToken => StatusCode::UNAUTHORIZED,
            Refusal::NotAllowed | Refusal::ForeignOrigin | Refusal::NoProof => {
                StatusCode::FORBIDDEN
            }
        };
        (status, [(header::CACHE_CONTROL, "no-store")], format!("{self}\n")).into_response()
    }
}

impl<R: Role> Clone for Access<R> {
    fn clone(&self) -> Self {
        Access(Arc::clone(&self.0))
    }
}

impl<R: fmt::Debug> fmt::Debug for Door<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door")
            .field("program", &self.program)
            .field("unnamed", &self.unnamed)
            .finish_non_exhaustive()
    }
}
