//! Asks a host for what is new in its RRDs.

use super::{Parser, RrdError, Update};
use crate::{Error, Pool};

/// Where the first answer begins, in seconds before the host's own time.
const FIRST: i64 = 10;

/// After so many answers without a row the host's clock may have been set back: its rows would all be older
/// than what is asked for.
const PATIENCE: u32 = 6;

/// Longest answer, in bytes. That of 5,000 VMs takes 20 MB.
const LONGEST: usize = 128 << 20;

/// The RRDs of one host. Keep it as long as the host is polled: it knows what it has seen already.
#[derive(Debug, Default)]
pub struct Feed {
    parser: Parser,
    /// Where the next answer begins by the host's clock.
    next: Option<i64>,
    empty: u32,
}

impl Feed {
    /// The five-second rows since the last poll; at the first one, those of the last ten seconds. `host` is the
    /// address in the host's record. It may be polled as often as one likes: without a new row there is none in
    /// the answer.
    ///
    /// # Errors
    /// Any [`Error`]. The next poll asks again for what this one did not get.
    pub async fn poll(&mut self, pool: &Pool, host: &str) -> Result<&Update, Error> {
        let start = self.next.unwrap_or(-FIRST);
        let path = format!("/rrd_updates?start={start}&host=true&cf=AVERAGE&interval=5");
        let (address, mut response) = pool.get(host, &path).await?;
        let call = "/rrd_updates";
        let garbage = |error: RrdError| Error::Garbage {
            address: address.clone(),
            call: call.to_owned(),
            reason: error.to_string(),
        };
        self.parser.begin();
        let mut length = 0;
        while let Some(chunk) =
            response.chunk().await.map_err(|error| pool.broken(&address, call, error))?
        {
            length += chunk.len();
            if length > LONGEST {
                let call = call.to_owned();
                return Err(Error::TooLong { address, call, limit: LONGEST });
            }
            self.parser.push(&chunk).map_err(garbage)?;
        }
        let update = self.parser.finish().map_err(garbage)?;
        match update.newest_first().next() {
            Some(newest) => (self.next, self.empty) = (Some(newest.time + 1), 0),
            None => self.empty += 1,
        }
        if self.empty >= PATIENCE {
            (self.next, self.empty) = (None, 0);
        }
        Ok(update)
    }
}
