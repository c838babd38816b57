//! Waiting for what must come, with a deadline.

use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// Asks again and again until there is an answer. Fails with what was waited for.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < DEADLINE, "still waiting for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
