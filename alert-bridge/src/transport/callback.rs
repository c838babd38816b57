//! How a gateway tells what became of a message: `POST /api/v1/receipts/TRANSPORT` with a form or a JSON object.
//!
//! | answer | when |
//! |---|---|
//! | 204 | the receipt is on disk, or says nothing final |
//! | 400 | the body has no id or no state where the configuration says so |
//! | 401 | the token is missing or wrong, or there is no such transport: strangers cannot tell which |
//! | 503 | it may succeed later |
//!
//! The token comes as `Authorization: Bearer`, or as the password of `Authorization: Basic`, which is what
//! gateways make of an address such as `https://gateway:TOKEN@alerts.example/api/v1/receipts/NAME`.

use std::collections::BTreeMap;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exporter_kit::Secret;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tracing::warn;

use super::{Fate, Receipt, Way};
use crate::body::{self, BodyError};
use crate::delivery::inbound::Inbound;
use crate::store::StoreError;

/// Bytes of a receipt at most.
const LARGEST_BODY: usize = 64 << 10;

/// How to read a gateway's receipts.
#[derive(Debug)]
pub(crate) struct Callback {
    pub(crate) token: Secret,
    /// Where the message's id and state stand: a field's name, or a JSON pointer with a leading `/`.
    pub(crate) id: String,
    pub(crate) state: String,
    /// The words of `state` that are final. Others say nothing yet.
    pub(crate) delivered: Vec<String>,
    pub(crate) failed: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the token of this transport's receipts is needed")]
    Unauthorized,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("expected a form or a JSON object with `{id}` and `{state}`")]
    Unreadable { id: String, state: String },
    #[error("not stored: {0}")]
    Store(#[from] StoreError),
}

/// `POST /api/v1/receipts/{transport}`.
pub(crate) async fn receive(
    State(inbound): State<Inbound>,
    Path(transport): Path<String>,
    request: Request,
) -> Response {
    match take(&inbound, &transport, request).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => {
            warn!(transport, error = %refusal, "receipt not taken");
            let status = match &refusal {
                Refusal::Unauthorized => StatusCode::UNAUTHORIZED,
                Refusal::Body(BodyError::Large(_)) => StatusCode::PAYLOAD_TOO_LARGE,
                Refusal::Body(BodyError::Slow) => StatusCode::REQUEST_TIMEOUT,
                Refusal::Body(BodyError::Broken(_)) | Refusal::Unreadable { .. } => {
                    StatusCode::BAD_REQUEST
                }
                Refusal::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            // Some gateways send the password of their address only when asked for it.
            let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"receipts\"")];
            match status {
                StatusCode::UNAUTHORIZED => {
                    (status, challenge, format!("{refusal}\n")).into_response()
                }
                _ => (status, format!("{refusal}\n")).into_response(),
            }
        }
    }
}

async fn take(inbound: &Inbound, name: &str, request: Request) -> Result<(), Refusal> {
    let transport = inbound.config.borrow().transports.get(name).cloned();
    let callback = match transport.as_deref().map(|transport| &transport.way) {
        Some(Way::Http(gateway)) => gateway.callback(),
        _ => None,
    };
    let callback = callback.ok_or(Refusal::Unauthorized)?;
    if !callback.admits(request.headers()) {
        return Err(Refusal::Unauthorized);
    }
    let body = body::read(request, LARGEST_BODY).await?;
    match callback.read(&body)? {
        Some(receipt) => Ok(inbound.receipt(name, receipt).await?),
        None => Ok(()),
    }
}

impl Callback {
    /// Whether a request brings the token. Takes as long for any wrong one.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, given)) = given.and_then(|value| value.split_once(' ')) else {
            return false;
        };
        let given = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => given.trim().as_bytes().to_vec(),
            "basic" => {
                let decoded = STANDARD.decode(given.trim()).unwrap_or_default();
                let colon = decoded.iter().position(|&byte| byte == b':');
                colon.map(|colon| decoded[colon + 1..].to_vec()).unwrap_or_default()
            }
            _ => return false,
        };
        let expected = Sha256::digest(self.token.expose().trim());
        Sha256::digest(given).ct_eq(&expected).into()
    }

    /// The receipt in a body; none when it is not final.
    fn read(&self, body: &[u8]) -> Result<Option<Receipt>, Refusal> {
        let unreadable = || Refusal::Unreadable { id: self.id.clone(), state: self.state.clone() };
        let value = serde_json::from_slice(body).unwrap_or_else(|_| form(body));
        let reference = field(&value, &self.id).ok_or_else(unreadable)?;
        let state = field(&value, &self.state).ok_or_else(unreadable)?;
        let fate = if self.delivered.contains(&state) {
            Fate::Delivered
        } else if self.failed.contains(&state) {
            Fate::Failed { why: format!("the gateway tells `{state}`") }
        } else {
            return Ok(None);
        };
        Ok(Some(Receipt { reference, fate }))
    }
}

/// The fields of a form, as a JSON object.
fn form(body: &[u8]) -> Value {
    let fields: BTreeMap<_, _> = form_urlencoded::parse(body).into_owned().collect();
    serde_json::json!(fields)
}

/// The text of a field, by name or pointer.
fn field(value: &Value, at: &str) -> Option<String> {
    let found = if at.starts_with('/') { value.pointer(at) } else { value.get(at) };
    match found? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callback(id: &str, state: &str) -> Callback {
        Callback {
            token: Secret::new("token"),
            id: id.into(),
            state: state.into(),
            delivered: vec!["delivered".into()],
            failed: vec!["failed".into(), "2".into()],
        }
    }

    fn fate(callback: &Callback, body: &str) -> Option<Receipt> {
        callback.read(body.as_bytes()).unwrap()
    }

    #[test]
    fn forms_and_json_are_read() {
        let form = callback("MessageSid", "MessageStatus");
        let delivered = Receipt { reference: "SM1".into(), fate: Fate::Delivered };
        assert_eq!(fate(&form, "MessageStatus=delivered&MessageSid=SM1"), Some(delivered));
        assert_eq!(fate(&form, "MessageStatus=sent&MessageSid=SM1"), None);
        let json = callback("/m/id", "/m/state");
        let failed = fate(&json, r#"{"m": {"id": 17, "state": 2}}"#).unwrap();
        assert_eq!(failed.reference, "17");
        assert!(matches!(failed.fate, Fate::Failed { .. }));
    }

    #[test]
    fn a_body_without_the_fields_is_refused_and_says_which() {
        for body in ["", "null", "[1]", "{\"id\": {}}", "MessageSid=SM1", "\u{0}\u{1}"] {
            let error = callback("MessageSid", "state").read(body.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("`MessageSid` and `state`"), "{error}");
        }
    }

    #[test]
    fn the_token_comes_as_bearer_or_as_a_password() {
        let admits = |value: &str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            callback("id", "state").admits(&headers)
        };
        assert!(admits("Bearer token"));
        assert!(admits(&format!("Basic {}", STANDARD.encode("gateway:token"))));
        for wrong in
            ["Bearer other", "Bearer ", "Basic !", "Basic dG9rZW4=", "token", "Digest token"]
        {
            assert!(!admits(wrong), "{wrong}");
        }
        assert!(!callback("id", "state").admits(&HeaderMap::new()));
    }
}
