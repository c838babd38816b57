//! Answers on a table of two columns with two rows.

use super::*;
use crate::ber::Reader;

fn table() -> Table {
    Table::new([
        (vec![1, 3, 1, 1], 0x02, vec![11]),
        (vec![1, 3, 1, 2], 0x02, vec![12]),
        (vec![1, 3, 2, 1], 0x46, vec![21]),
        (vec![1, 3, 2, 2], 0x02, vec![22]),
    ])
}

fn request(version: Version, kind: Kind, names: &[&[u32]]) -> Request {
    let names = names.iter().map(|name| name.to_vec()).collect();
    Request { version, community: b"public".to_vec(), id: 9, kind, names }
}

/// Status, index, and the names and tags of an answer.
fn read(answer: &Answer) -> (i32, i32, Vec<(Vec<u32>, u8)>) {
    let mut message = Reader::new(Reader::new(&answer.message).tagged(0x30).unwrap());
    message.integer().unwrap();
    message.tagged(0x04).unwrap();
    let mut pdu = Reader::new(message.tagged(0xa2).unwrap());
    assert_eq!(pdu.integer(), Some(9));
    let (status, index) = (pdu.integer().unwrap(), pdu.integer().unwrap());
    let mut list = Reader::new(pdu.tagged(0x30).unwrap());
    let mut varbinds = Vec::new();
    while !list.is_empty() {
        let mut varbind = Reader::new(list.tagged(0x30).unwrap());
        varbinds.push((varbind.object_identifier().unwrap(), varbind.element().unwrap().0));
    }
    (status, index, varbinds)
}

fn ask(
    version: Version,
    kind: Kind,
    names: &[&[u32]],
    bent: &Bent,
) -> (i32, i32, Vec<(Vec<u32>, u8)>) {
    read(&answer(&table(), &request(version, kind, names), bent))
}

#[test]
fn get_finds_only_the_name_itself() {
    let (status, _, varbinds) =
        ask(Version::TwoC, Kind::Get, &[&[1, 3, 1, 1], &[1, 3, 1]], &Bent::default());
    assert_eq!(status, 0);
    assert_eq!(varbinds, [(vec![1, 3, 1, 1], 0x02), (vec![1, 3, 1], NO_SUCH_INSTANCE)]);
    let (status, index, varbinds) =
        ask(Version::One, Kind::Get, &[&[1, 3, 1, 1], &[1, 3, 1]], &Bent::default());
    assert_eq!((status, index), (2, 2));
    assert_eq!(varbinds, [(vec![1, 3, 1, 1], 0x05), (vec![1, 3, 1], 0x05)]);
}

#[test]
fn version_one_passes_over_what_it_cannot_say() {
    let (_, _, varbinds) = ask(Version::One, Kind::Next, &[&[1, 3, 1, 2]], &Bent::default());
    assert_eq!(varbinds, [(vec![1, 3, 2, 2], 0x02)]);
    let (_, _, varbinds) = ask(Version::TwoC, Kind::Next, &[&[1, 3, 1, 2]], &Bent::default());
    assert_eq!(varbinds, [(vec![1, 3, 2, 1], 0x46)]);
}

#[test]
fn the_end_is_told_in_each_versions_way() {
    let (status, _, varbinds) = ask(Version::TwoC, Kind::Next, &[&[1, 3, 2, 2]], &Bent::default());
    assert_eq!((status, varbinds), (0, vec![(vec![1, 3, 2, 2], END_OF_MIB_VIEW)]));
    let (status, index, _) = ask(Version::One, Kind::Next, &[&[1, 3, 2, 2]], &Bent::default());
    assert_eq!((status, index), (2, 1));
}

#[test]
fn bulk_interleaves_its_columns() {
    let kind = Kind::Bulk { non_repeaters: 1, max_repetitions: 2 };
    let (_, _, varbinds) =
        ask(Version::TwoC, kind, &[&[1, 3], &[1, 3, 1], &[1, 3, 2]], &Bent::default());
    let names: Vec<_> = varbinds.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [[1, 3, 1, 1], [1, 3, 1, 1], [1, 3, 2, 1], [1, 3, 1, 2], [1, 3, 2, 2]]);
}

#[test]
fn bulk_ends_with_one_row_that_says_so() {
    let kind = Kind::Bulk { non_repeaters: 0, max_repetitions: 25 };
    let (_, _, varbinds) = ask(Version::TwoC, kind, &[&[1, 3, 2, 1]], &Bent::default());
    assert_eq!(varbinds, [(vec![1, 3, 2, 2], 0x02), (vec![1, 3, 2, 2], END_OF_MIB_VIEW)]);
}

#[test]
fn a_short_message_holds_fewer_varbinds_and_then_none() {
    let kind = Kind::Bulk { non_repeaters: 0, max_repetitions: 25 };
    let longest = |max_message_size| Bent { max_message_size, ..Bent::default() };
    let (status, _, varbinds) = ask(Version::TwoC, kind, &[&[1, 3]], &longest(70));
    assert_eq!((status, varbinds.len()), (0, 2));
    let (status, _, varbinds) = ask(Version::TwoC, kind, &[&[1, 3]], &longest(50));
    assert_eq!((status, varbinds.len()), (1, 0));
    let (status, _, _) = ask(Version::TwoC, Kind::Get, &[&[1, 3, 1, 1]], &longest(50));
    assert_eq!(status, 1);
}

#[test]
fn the_last_name_can_fall_back() {
    let kind = Kind::Bulk { non_repeaters: 0, max_repetitions: 3 };
    let bent = Bent { non_increasing: true, ..Bent::default() };
    let (_, _, varbinds) = ask(Version::TwoC, kind, &[&[1, 3, 1]], &bent);
    let names: Vec<_> = varbinds.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [vec![1, 3, 1, 1], vec![1, 3, 1, 2], vec![1, 3, 1]]);
}
