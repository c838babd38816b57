//! Logging in: finding the master among a pool's members, and the dialect it speaks.
//!
//! One round tries each address once at most, so that members that name each other end it, and ends at once when
//! a password is refused: no other member would take it.

use std::collections::HashSet;

use exporter_kit::Secret;
use serde_json::{Value, json};

use crate::{
    Address, DialectChoice, Error, PoolSettings,
    rpc::{Dialect, Endpoint, Transport},
};

/// Most members asked in one round. Each slave answers with the master's address, so a few are enough.
const MOST_ASKED: usize = 8;

/// The version of the API that we say we speak. XAPI takes any.
const API_VERSION: &str = "1.0";

/// A session with the master.
#[derive(Debug)]
pub struct Session {
    endpoint: Endpoint,
    reference: Secret,
    number: u64,
}

impl Session {
    /// The master.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.endpoint.address
    }

    /// The dialect that the master is spoken to in.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.endpoint.dialect
    }

    /// What consoles and RRDs take in the cookie `session_id`.
    #[must_use]
    pub fn reference(&self) -> &Secret {
        &self.reference
    }

    /// Grows with each session of a pool.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// As the first parameter of a call.
    pub(crate) fn parameter(&self) -> Value {
        Value::from(self.reference.expose())
    }
}

/// Logs in at the first of `members` that is the master or names it.
pub(crate) async fn login(
    transport: &Transport,
    settings: &PoolSettings,
    members: &[Address],
    number: u64,
) -> Result<Session, Error> {
    let mut asked = HashSet::new();
    let mut chain = Vec::new();
    let mut worst: Option<Error> = None;
    for member in members {
        let mut next = Some(member.clone());
        while let Some(address) = next.take() {
            if asked.len() >= MOST_ASKED || !asked.insert(address.clone()) {
                break;
            }
            match login_at(transport, settings, &address, number).await {
                Ok(session) => return Ok(session),
                Err(error @ Error::Credentials { .. }) => return Err(error),
                Err(error) => match error.master() {
                    Some(master) => {
                        transport.counters().redirects.count();
                        chain.push(format!("{} names {master}", address.host()));
                        next = Address::parse(master, address.port()).ok();
                    }
                    None if worst.as_ref().is_none_or(|worst| weight(worst) < weight(&error)) => {
                        worst = Some(error);
                    }
                    None => {}
                },
            }
        }
    }
    Err(worst.unwrap_or_else(|| Error::NoMaster { chain: chain.join(", ") }))
}

/// Ends a session, as far as that is possible.
pub(crate) async fn logout(transport: &Transport, session: &Session) {
    let deadline = transport.deadlines().connect;
    let parameters = [session.parameter()];
    let ended = transport.call(session.endpoint(), "session.logout", &parameters, deadline).await;
    if let Err(error) = ended {
        tracing::debug!(%error, "session not ended");
    }
}

/// How much an error helps the operator: of several, the heaviest is told.
fn weight(error: &Error) -> u8 {
    match error {
        Error::Certificate { .. } | Error::TlsVersion { .. } => 3,
        Error::Refused { .. } => 2,
        Error::Http { .. }
        | Error::Garbage { .. }
        | Error::NotJson { .. }
        | Error::TooLong { .. } => 1,
        _ => 0,
    }
}

async fn login_at(
    transport: &Transport,
    settings: &PoolSettings,
    address: &Address,
    number: u64,
) -> Result<Session, Error> {
    let dialect = match settings.dialect {
        DialectChoice::Automatic | DialectChoice::Json => Dialect::Json,
        DialectChoice::Xml => Dialect::Xml,
    };
    let mut endpoint = Endpoint { address: address.clone(), dialect };
    let mut found = ask(transport, settings, &endpoint).await;
    if settings.dialect == DialectChoice::Automatic
        && let Err(error) = &found
        && lacks_json(error)
    {
        endpoint.dialect = Dialect::Xml;
        found = ask(transport, settings, &endpoint).await;
    }
    let reference = found?;
    Ok(Session { endpoint, reference, number })
}

/// Whether a host may know no `/jsonrpc`: old ones refuse the path, or take the call for broken XML-RPC. None of
/// these answers comes from a login.
fn lacks_json(error: &Error) -> bool {
    matches!(error, Error::Http { .. } | Error::NotJson { .. })
}

async fn ask(
    transport: &Transport,
    settings: &PoolSettings,
    at: &Endpoint,
) -> Result<Secret, Error> {
    let password = settings.password.expose();
    let all =
        [json!(settings.username), json!(password), json!(API_VERSION), json!(settings.originator)];
    let mut answer = attempt(transport, at, &all).await;
    if answer.as_ref().is_err_and(|error| error.code() == Some("MESSAGE_PARAMETER_COUNT_MISMATCH"))
    {
        // Hosts before XenServer 6.2 know no originator.
        answer = attempt(transport, at, &all[..2]).await;
    }
    let reference = answer.map_err(|error| match error {
        Error::Refused { address, failure, .. } if is_about_user(&failure.code) => {
            Error::Credentials { address, code: failure.code }
        }
        other => other,
    });
    match reference {
        Ok(Value::String(reference)) if !reference.is_empty() => Ok(Secret::new(reference)),
        Ok(_) => Err(Error::Garbage {
            address: at.address.clone(),
            call: LOGIN.to_owned(),
            reason: "the answer is no text, expected a session".to_owned(),
        }),
        Err(error) => {
            if error.master().is_none() {
                transport.counters().login_failures.count();
            }
            Err(error)
        }
    }
}

const LOGIN: &str = "session.login_with_password";

async fn attempt(transport: &Transport, at: &Endpoint, all: &[Value]) -> Result<Value, Error> {
    transport.counters().logins.count();
    transport.call(at, LOGIN, all, transport.deadlines().call).await
}

fn is_about_user(code: &str) -> bool {
    matches!(
        code,
        "SESSION_AUTHENTICATION_FAILED"
            | "SESSION_AUTHORIZATION_FAILED"
            | "USER_IS_NOT_LOCAL_SUPERUSER"
            | "SUBJECT_CANNOT_BE_RESOLVED"
            | "RBAC_PERMISSION_DENIED"
    )
}
