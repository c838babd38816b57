//! What every test needs: an exporter, a module that speaks to it, a real Alertmanager.

mod alertmanager;
mod exporter;
mod module;
mod ports;

use std::time::Duration;

pub(crate) use alertmanager::Alertmanager;
pub(crate) use exporter::Exporter;
pub(crate) use module::{Module, bytes, checked, hello, host, service, state};
pub(crate) use ports::free_port;

/// Nothing in these tests takes this long unless it fails.
const LIMIT: Duration = Duration::from_secs(60);

/// Asks again and again until the answer is `Some`.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, asking).await.unwrap_or_else(|_| panic!("never came: {what}"))
}
