//! Reading the body of a request: bounded in size and in time.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;

/// Bytes that are read and thrown away so that a client which sends too much hears why.
const LARGEST_DISCARD: usize = 100 << 20;

/// A body that is not complete by then is given up.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// Why there is no body.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is larger than {0} bytes")]
    Large(usize),
    #[error("the body was not complete within {} seconds", LIMIT.as_secs())]
    Slow,
    #[error("the body broke off: {0}")]
    Broken(axum::Error),
}

/// The body, if it is complete in time and of at most `largest` bytes. One that is too large is read to its end,
/// without keeping it: a client whose connection is closed while it still sends does not see the answer.
pub(crate) async fn read(request: Request, largest: usize) -> Result<Vec<u8>, BodyError> {
    let read = tokio::time::timeout(LIMIT, gather(request, largest));
    read.await.map_err(|_| BodyError::Slow)?
}

async fn gather(request: Request, largest: usize) -> Result<Vec<u8>, BodyError> {
    let announced = content_length(request.headers());
    if announced > LARGEST_DISCARD {
        return Err(BodyError::Large(largest));
    }
    let mut body = Vec::with_capacity(if announced <= largest { announced } else { 0 });
    let mut chunks = Body::into_data_stream(request.into_body());
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(BodyError::Broken)?;
        length += chunk.len();
        if length > LARGEST_DISCARD {
            break;
        }
        if announced <= largest && length <= largest {
            body.extend_from_slice(&chunk);
        } else {
            body = Vec::new();
        }
    }
    if length > largest { Err(BodyError::Large(largest)) } else { Ok(body) }
}

fn content_length(headers: &HeaderMap) -> usize {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|value| value.parse().ok()).unwrap_or(0)
}
