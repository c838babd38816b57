//! Finds out whether a part is ready, by asking it as its users do.

use std::fmt;
use std::time::Duration;

use tokio::time::sleep;

use crate::component::Ready;
use crate::http;
use crate::supervise::output::Tail;

const PAUSE: Duration = Duration::from_millis(50);

/// Returns when the part is ready.
pub(super) async fn wait(ready: &Ready, tail: Tail) {
    loop {
        let is_ready = match ready {
            Ready::Answers(server, path) => {
                http::get(*server, path).await.is_ok_and(|answer| answer.status == 200)
            }
            Ready::Says(text) => tail.text().contains(text),
        };
        if is_ready {
            return;
        }
        sleep(PAUSE).await;
    }
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ready::Answers(server, path) => {
                write!(f, "http://{server}{path} does not answer with 200")
            }
            Ready::Says(text) => write!(f, "it has not said `{text}`"),
        }
    }
}
