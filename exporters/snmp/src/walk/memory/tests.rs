//! Sizes on the wire, and what is learnt of walks.

use bytes::Bytes;

use super::*;

fn varbind(numbers: &[u32], value: Value) -> Varbind {
    Varbind { oid: Oid(numbers.to_vec()), value }
}

#[test]
fn sizes_are_those_on_the_wire() {
    for (value, bytes) in [
        (Value::Integer(127), 1),
        (Value::Integer(128), 2),
        (Value::Integer(-129), 2),
        (Value::Counter32(u32::MAX), 5),
        (Value::Counter64(u64::MAX), 9),
        (Value::OctetString(Bytes::from_static(b"eth0")), 4),
        (Value::ObjectIdentifier(Oid(vec![1, 3, 6, 300])), 4),
        (Value::Null, 0),
    ] {
        // 30 len, 06 05 2b 06 82 2c 01, tag len value.
        assert_eq!(
            size(&varbind(&[1, 3, 6, 300, 1], value.clone())),
            2 + 2 + 5 + 2 + bytes,
            "{value:?}"
        );
    }
}

#[test]
fn what_is_out_of_order_is_not_learnt() {
    let root = Oid(vec![1, 3]);
    let row = |number| varbind(&[1, 3, number], Value::Null);
    let mut device = Device::default();
    let found = |varbinds: Vec<_>, ends| Found { varbinds: varbinds.into_iter().collect(), ends };
    device.learn(&[&root], &[found(vec![row(1), row(2), row(3)], Some(vec![2]))], 2);
    let tree = device.tree(&root, 2).unwrap();
    assert!(tree.is_regular);
    assert_eq!(tree.requests.iter().map(|asked| asked.brought).collect::<Vec<_>>(), [2, 1]);
    assert!(device.tree(&root, 25).is_none(), "other repetitions have other requests");
    device.learn(&[&root], &[found(vec![row(1), row(3), row(2)], Some(vec![2]))], 2);
    assert!(device.tree(&root, 2).is_none());
}

#[test]
fn distrust_lasts_longer_each_time() {
    let mut device = Device::default();
    for scrapes in [1, 2, 4] {
        device.distrust();
        device.learn(&[], &[], 25);
        for _ in 0..scrapes {
            assert!(!device.is_trusted());
            device.learn(&[], &[], 25);
        }
        assert!(device.is_trusted());
    }
}
