//! Messages of SNMPv1 (RFC 1157) and SNMPv2c (RFC 1901, RFC 3416): requests in, responses out.

use crate::ber::{self, Reader};

/// The version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    TwoC,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Get,
    Next,
    Bulk { non_repeaters: usize, max_repetitions: usize },
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) version: Version,
    pub(crate) community: Vec<u8>,
    pub(crate) id: i32,
    pub(crate) kind: Kind,
    /// The names that are asked for.
    pub(crate) names: Vec<Vec<u32>>,
}

impl Request {
    /// Reads a message; `None` if it is no request that an agent answers.
    pub(crate) fn read(message: &[u8]) -> Option<Self> {
        let mut message = Reader::new(Reader::new(message).tagged(0x30)?);
        let version = match message.integer()? {
            0 => Version::One,
            1 => Version::TwoC,
            _ => return None,
        };
        let community = message.tagged(0x04)?.to_vec();
        let (tag, pdu) = message.element()?;
        let mut pdu = Reader::new(pdu);
        let (id, first, second) = (pdu.integer()?, pdu.integer()?, pdu.integer()?);
        let kind = match (tag, version) {
            (0xa0, _) => Kind::Get,
            (0xa1, _) => Kind::Next,
            // RFC 3416, section 3: what is negative counts as zero.
            (0xa5, Version::TwoC) => Kind::Bulk {
                non_repeaters: usize::try_from(first).unwrap_or(0),
                max_repetitions: usize::try_from(second).unwrap_or(0),
            },
            _ => return None,
        };
        let mut varbinds = Reader::new(pdu.tagged(0x30)?);
        let mut names = Vec::new();
        while !varbinds.is_empty() {
            names.push(Reader::new(varbinds.tagged(0x30)?).object_identifier()?);
        }
        Some(Self { version, community, id, kind, names })
    }

    /// The varbinds of the request itself, as an error answers them: names with NULL.
    pub(crate) fn varbinds(&self) -> Vec<u8> {
        self.names.iter().flat_map(|name| varbind(name, 0x05, &[])).collect()
    }

    /// The response to this request; `index` tells which varbind is to blame, from 1.
    pub(crate) fn response(&self, status: Status, index: usize, varbinds: &[u8]) -> Vec<u8> {
        let mut pdu = Vec::with_capacity(varbinds.len() + 24);
        ber::push(&mut pdu, 0x02, &ber::integer(i64::from(self.id)));
        ber::push(&mut pdu, 0x02, &[status as u8]);
        ber::push(&mut pdu, 0x02, &ber::integer(index as i64));
        ber::push(&mut pdu, 0x30, varbinds);
        let mut message = Vec::with_capacity(pdu.len() + self.community.len() + 16);
        ber::push(&mut message, 0x02, &[if self.version == Version::One { 0 } else { 1 }]);
        ber::push(&mut message, 0x04, &self.community);
        ber::push(&mut message, 0xa2, &pdu);
        ber::element(0x30, &message)
    }
}

/// How a request went: RFC 3416's error-status, those of them that a reading request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Status {
    NoError = 0,
    TooBig = 1,
    NoSuchName = 2,
    GenErr = 5,
}

/// One varbind, encoded.
pub(crate) fn varbind(name: &[u32], tag: u8, content: &[u8]) -> Vec<u8> {
    let mut pair = ber::element(0x06, &ber::object_identifier(name));
    ber::push(&mut pair, tag, content);
    ber::element(0x30, &pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GETBULK of ifDescr with 25 repetitions, id 1, community "public", as RFC 1901 and RFC 3416 write it.
    const BULK: &[u8] = &[
        0x30, 0x28, 0x02, 0x01, 0x01, 0x04, 0x06, b'p', b'u', b'b', b'l', b'i', b'c', 0xa5, 0x1b,
        0x02, 0x01, 0x01, 0x02, 0x01, 0x00, 0x02, 0x01, 0x19, 0x30, 0x10, 0x30, 0x0e, 0x06, 0x0a,
        0x2b, 6, 1, 2, 1, 2, 2, 1, 2, 1, 0x05, 0x00,
    ];

    #[test]
    fn a_request_is_read() {
        let request = Request::read(BULK).unwrap();
        assert_eq!(
            request,
            Request {
                version: Version::TwoC,
                community: b"public".to_vec(),
                id: 1,
                kind: Kind::Bulk { non_repeaters: 0, max_repetitions: 25 },
                names: vec![vec![1, 3, 6, 1, 2, 1, 2, 2, 1, 2, 1]],
            }
        );
    }

    #[test]
    fn a_response_carries_id_status_and_varbinds() {
        let request = Request::read(BULK).unwrap();
        let response = request.response(Status::GenErr, 1, &request.varbinds());
        let mut expected = BULK.to_vec();
        expected[13] = 0xa2;
        expected[20] = 5;
        expected[23] = 1;
        assert_eq!(response, expected);
    }

    #[test]
    fn what_is_cut_off_or_no_request_is_refused() {
        for end in 0..BULK.len() {
            assert_eq!(Request::read(&BULK[..end]), None, "{end} bytes");
        }
        let mut bulk_of_version_one = BULK.to_vec();
        bulk_of_version_one[4] = 0;
        assert_eq!(Request::read(&bulk_of_version_one), None);
        let mut response = BULK.to_vec();
        response[13] = 0xa2;
        assert_eq!(Request::read(&response), None);
    }
}
