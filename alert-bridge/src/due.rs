//! What time alone brings about: held ends that become due, problems that are told again,
//! and digests.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::config::Config;
use crate::store::{Store, StoreError, episodes, held, reminders};
use crate::{digest, intake, repeat};

/// Pause after a failure of the store.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// What is due is looked for at least so often, should the clock have been set.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Does what is due, until `shutdown`.
pub(crate) async fn run(
    config: watch::Receiver<Arc<Config>>,
    store: Store,
    shutdown: CancellationToken,
) {
    let mut due = store.signals().due.subscribe();
    loop {
        due.borrow_and_update();
        let wait = match step(&config, &store).await {
            Ok(wait) => wait,
            Err(error) => {
                warn!(%error, "cannot do what is due");
                STORE_PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = due.changed() => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Does what is due; answers how long nothing else will be.
async fn step(
    config: &watch::Receiver<Arc<Config>>,
    store: &Store,
) -> Result<Duration, StoreError> {
    let next = store.read(|connection| {
        let next = [
            episodes::next_end(connection)?,
            reminders::next(connection)?,
            held::next(connection)?,
        ];
        Ok(next.into_iter().flatten().min())
    });
    let Some(at) = next.await? else { return Ok(LONGEST_WAIT) };
    let wait = Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
    if !wait.is_zero() {
        return Ok(wait.min(LONGEST_WAIT));
    }
    let config = Arc::clone(&config.borrow());
    let write = store.write(move |writing| {
        let now = Timestamp::now();
        intake::end_held(writing, &config, now)?;
        repeat::remind(writing, &config, now)?;
        digest::fold(writing, &config, now)
    });
    write.await?;
    Ok(Duration::ZERO)
}
