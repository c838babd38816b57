//! Basic authentication against bcrypt hashes.
//!
//! A right password is remembered by its digest, because bcrypt is slow on purpose and a scraper comes every
//! few seconds. Wrong ones are not: each costs a full bcrypt, also for a user who does not exist.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::security::Current;
use crate::config::Secret;

/// Checks under way at once; more wait, so that guessing cannot take every core.
const CONCURRENT_CHECKS: usize = 2;

/// Right logins remembered before all are forgotten: there is one per user in ordinary life.
const REMEMBERED: usize = 1000;

/// Users and the hashes of their passwords.
#[derive(Clone)]
pub(super) struct Users(Arc<Inner>);

struct Inner {
    hashes: BTreeMap<String, Secret>,
    /// Checked in place of the hash of a user who does not exist, so that both take as long.
    nobody: String,
    right: Mutex<HashSet<[u8; 32]>>,
    checks: Semaphore,
}

impl Users {
    pub(super) fn new(hashes: BTreeMap<String, Secret>) -> anyhow::Result<Self> {
        let mut cost = 10;
        for (user, hash) in &hashes {
            let parts: bcrypt::HashParts = hash.expose().parse().ok().with_context(|| {
                format!("basic_auth_users.{user}: not a bcrypt hash, expected one as `htpasswd -nB {user}` makes it")
            })?;
            cost = parts.get_cost();
        }
        let nobody = bcrypt::hash("nobody", cost).context("cannot use bcrypt")?;
        let inner = Inner {
            hashes,
            nobody,
            right: Mutex::default(),
            checks: Semaphore::new(CONCURRENT_CHECKS),
        };
        Ok(Users(Arc::new(inner)))
    }

    async fn admit(&self, user: String, password: String) -> bool {
        let inner = &self.0;
        let hash = inner.hashes.get(&user).map(|hash| hash.expose().to_owned());
        let digest: [u8; 32] = Sha256::new()
            .chain_update([user.as_bytes(), b"\0", password.as_bytes()].concat())
            .finalize()
            .into();
        if hash.is_some()
            && inner.right.lock().unwrap_or_else(PoisonError::into_inner).contains(&digest)
        {
            return true;
        }
        let Ok(_permit) = inner.checks.acquire().await else { return false };
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| inner.nobody.clone());
        let verified =
            tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash).unwrap_or(false))
                .await;
        let admitted = known && verified.unwrap_or(false);
        if admitted {
            let mut right = inner.right.lock().unwrap_or_else(PoisonError::into_inner);
            if right.len() >= REMEMBERED {
                right.clear();
            }
            right.insert(digest);
        }
        admitted
    }
}

/// Lets a request pass that carries the name and password of a user; any request where there are no users.
pub(super) async fn require(
    State(security): State<Arc<Current>>,
    request: Request,
    next: Next,
) -> Response {
    let security = security.now().await;
    let Some(users) = &security.users else { return next.run(request).await };
    if let Some((user, password)) = credentials(request.headers())
        && users.admit(user, password).await
    {
        return next.run(request).await;
    }
    let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"wisemonitor\", charset=\"UTF-8\"")];
    (StatusCode::UNAUTHORIZED, challenge, "a user name and password are needed\n").into_response()
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded =
        scheme.eq_ignore_ascii_case("basic").then(|| BASE64.decode(encoded.trim()).ok())??;
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
