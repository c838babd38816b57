//! What phones send to us.

use tracing::info;

use crate::store::StoreError;
use crate::transport::Incoming;

/// Takes in messages from phones, whatever transport received them. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Inbox {}

#[expect(dead_code, reason = "no transport receives yet")]
impl Inbox {
    /// Acts on a message. `Ok` when it needs nothing more, also when it means nothing to us; the same message
    /// may be given twice.
    ///
    /// # Errors
    /// When it should be given again later.
    pub(crate) async fn take(&self, incoming: Incoming) -> Result<(), StoreError> {
        let Incoming { from, text, at } = incoming;
        info!(from, %at, characters = text.chars().count(), "message received");
        Ok(())
    }
}
