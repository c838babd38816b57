//! Asks the Alertmanagers which of our alerts they hold from an earlier life.

use std::time::Duration;

use alertmanager::{Address, Alert, Client, LabelSet};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::debug;

use crate::alerts::Style;
use crate::config::Config;

/// Deadline of one question.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Pause before an Alertmanager that did not answer is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// Asks each, again and again; the first answer is enough, the others may then be dropped.
pub(super) fn ask(config: &Config, style: &Style) -> anyhow::Result<JoinSet<Vec<Alert>>> {
    let ours = style.ours()?;
    let mut asking = JoinSet::new();
    for address in &config.alertmanagers {
        asking.spawn(ask_one(Client::new(Address::clone(address), TIMEOUT)?, ours.clone()));
    }
    Ok(asking)
}

async fn ask_one(client: Client, ours: LabelSet) -> Vec<Alert> {
    loop {
        match client.alerts(&ours).await {
            Ok(found) => return found,
            Err(error) => debug!(%error, "Alertmanager has not told which alerts it holds"),
        }
        sleep(PAUSE).await;
    }
}
