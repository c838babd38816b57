//! Lists of which only the length is read: a page of one object tells it.

use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::{Collector, Follower, Update};
use crate::client::lenient::Text;
use crate::client::{Call, Error, Listing, Rights};
use crate::record::{Count, Zone};
use crate::snapshot::{Part, Snapshot};

impl Follower {
    pub(super) async fn count(
        &self,
        collector: Collector,
        rights: &Rights,
        part: fn(&mut Snapshot) -> &mut Part<Count>,
    ) -> Update {
        let begin = Instant::now();
        let count = self.count_one(collector, rights, Text::default(), "").await;
        let listing = count.map(|count| Listing { rows: vec![count], partial: false });
        self.outcome(collector, listing, begin, part)
    }

    /// Volumes: all of each zone, and those that are `Ready` and `Destroy` of each zone or of the cloud.
    pub(super) async fn volumes(&self, collector: Collector, rights: &Rights) -> Update {
        let begin = Instant::now();
        let listing = self.count_volumes(collector, rights).await;
        self.outcome(collector, listing, begin, |snapshot| &mut snapshot.volumes)
    }

    async fn count_volumes(
        &self,
        collector: Collector,
        rights: &Rights,
    ) -> Result<Listing<Count>, Error> {
        rights.check(collector.call().command)?;
        let snapshot = self.store.snapshot(self.client.name());
        let zones: Vec<Text> = if snapshot.zones.known() {
            snapshot.zones.rows().iter().map(|zone| zone.id.clone()).collect()
        } else {
            let zones = self.listing::<Zone>(Collector::Zones, rights).await?;
            zones.rows.into_iter().map(|zone| zone.id).collect()
        };
        let by_state = rights.knows(collector.call().command, "state");
        let states: &[_] = if by_state { &["Ready", "Destroy"] } else { &[] };
        let whole = [Text::default()];
        let parts = if self.pace.volumes_by_zone { &zones[..] } else { &whole };
        let all = zones.iter().map(|zone| (zone, ""));
        let of_state = parts.iter().flat_map(|part| states.iter().map(move |state| (part, *state)));
        let counts = all
            .chain(of_state)
            .map(|(zone, state)| self.count_one(collector, rights, zone.clone(), state));
        Ok(Listing { rows: try_join_all(counts).await?, partial: false })
    }

    async fn count_one(
        &self,
        collector: Collector,
        rights: &Rights,
        zone_id: Text,
        state: &'static str,
    ) -> Result<Count, Error> {
        let call = collector.call();
        rights.check(call.command)?;
        let mut parameters: Vec<(&'static str, &str)> = self.parameters(collector, rights);
        parameters.extend(zone_id.known().map(|zone| ("zoneid", zone)));
        parameters.extend((!state.is_empty()).then_some(("state", state)));
        let count = self.client.count(Call { parameters: &parameters, ..call }).await?;
        Ok(Count { zone_id, state, count })
    }
}
