//! The newest state of each host and service, as the frame that tells it.

use crate::abi::layout::Kind;
use crate::abi::objects::ObjectId;

/// By the objects' places in Nagios' arrays. Room for each is there from the start.
#[derive(Default)]
pub(crate) struct States {
    hosts: Vec<Vec<u8>>,
    services: Vec<Vec<u8>>,
}

impl States {
    /// None known yet, of so many objects.
    pub(crate) fn of(hosts: usize, services: usize) -> States {
        States { hosts: vec![Vec::new(); hosts], services: vec![Vec::new(); services] }
    }

    /// The frame of an object, empty while its state is not known; `None` when there is no such object.
    pub(crate) fn frame(&mut self, id: ObjectId) -> Option<&mut Vec<u8>> {
        let of_kind = match id.kind {
            Kind::Host => &mut self.hosts,
            Kind::Service => &mut self.services,
        };
        of_kind.get_mut(id.index)
    }

    /// All that are known, one after the other.
    pub(crate) fn frames(&self) -> impl Iterator<Item = &[u8]> {
        self.hosts.iter().chain(&self.services).map(Vec::as_slice)
    }
}
