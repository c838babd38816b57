//! Walks of agents that behave, the peer's way and the swift way.

use snmp_exporter::varbind::{Oid, Value};
use snmp_exporter::walk::{Request, Restriction, Walked, Walker};

use crate::lab::{Lab, oid, oids, request, v1, v2c, varbinds, walker};

/// The subtrees of if_mib.
fn if_mib() -> Vec<Oid> {
    oids(&["1.3.6.1.2.1.2", "1.3.6.1.2.1.31.1.1"])
}

#[tokio::test]
async fn a_parallelism_of_one_sends_the_peers_packets() {
    let lab = Lab::start(&[]);
    let (target, auth, walk) = (lab.target(), v2c(), if_mib());
    let walker = walker(1);
    for _ in 0..2 {
        let fetched = walker.fetch(&request(&target, &auth, &walk), None).await;
        // 7,877 objects take 316 requests of 25, and 6,802 take 273.
        assert_eq!((fetched.packets, fetched.retries), (589, 0));
        let varbinds = varbinds(fetched);
        assert_eq!(varbinds.len(), 7_877 + 6_802);
        assert!(varbinds.is_sorted_by(|left, right| left.oid < right.oid));
    }
    assert_eq!(lab.counts().await.0, 2 * 589);
}

#[tokio::test]
async fn a_swift_walk_finds_the_same_in_fewer_packets() {
    let lab = Lab::start(&[]);
    let (target, auth, walk) = (lab.target(), v2c(), if_mib());
    let expected = varbinds(walker(1).fetch(&request(&target, &auth, &walk), None).await);
    let walker = walker(16);
    let first = walker.fetch(&request(&target, &auth, &walk), None).await;
    assert_eq!(first.packets, 589);
    assert!(varbinds(first) == expected);
    let second = walker.fetch(&request(&target, &auth, &walk), None).await;
    assert!(second.packets < 300, "{}", second.packets);
    assert!(varbinds(second) == expected);
}

#[tokio::test]
async fn rows_that_come_and_go_between_walks_are_seen() {
    let lab = Lab::start(&["--snmp.interfaces", "200"]);
    let (target, auth, walk) = (lab.target(), v2c(), if_mib());
    let walker = walker(16);
    varbinds(walker.fetch(&request(&target, &auth, &walk), None).await);
    let address = lab.agent.to_string();
    drop(lab);
    for interfaces in ["201", "260", "120", "121", "30", "1", "400"] {
        let lab = Lab::start_at(&address, &["--snmp.interfaces", interfaces]);
        let plain = crate::lab::walker(1).fetch(&request(&target, &auth, &walk), None).await;
        let swift = walker.fetch(&request(&target, &auth, &walk), None).await;
        // Where more than half is gone at once, what was under way is lost.
        let more = if matches!(interfaces, "120" | "30" | "1") { 24 } else { 0 };
        assert!(
            swift.packets <= plain.packets + more,
            "{interfaces}: {} > {}",
            swift.packets,
            plain.packets
        );
        assert!(varbinds(swift) == varbinds(plain), "{interfaces} interfaces");
        drop(lab);
    }
}

#[tokio::test]
async fn a_root_that_is_an_object_is_got() {
    let lab = Lab::start(&[]);
    let (target, auth) = (lab.target(), v2c());
    let walk = oids(&["1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.5", "1.3.6.1.2.1.1.99", "1.3.6.1.9"]);
    for parallelism in [1, 16] {
        let walker = walker(parallelism);
        for _ in 0..2 {
            let fetched = walker.fetch(&request(&target, &auth, &walk), None).await;
            // A miss takes a GET after it, the end of everything does not.
            assert_eq!(fetched.packets, 2 + 1 + 2 + 1);
            let names: Vec<_> = varbinds(fetched).into_iter().map(|varbind| varbind.oid).collect();
            assert_eq!(names, oids(&["1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.5.0"]));
        }
    }
}

#[tokio::test]
async fn objects_are_got_as_many_at_once_as_repetitions() {
    let lab = Lab::start(&[]);
    let (target, auth) = (lab.target(), v2c());
    let get = oids(&["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.99.0", "1.3.6.1.2.1.1.3.0"]);
    let asked = Request { get: &get, max_repetitions: 2, ..request(&target, &auth, &[]) };
    let fetched = walker(1).fetch(&asked, None).await;
    assert_eq!(fetched.packets, 2);
    let found = varbinds(fetched);
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].value, Value::TimeTicks(123_456_789));
}

#[tokio::test]
async fn version_one_goes_from_object_to_object() {
    let lab = Lab::start(&["--snmp.interfaces", "3"]);
    let (target, auth) = (lab.target(), v1());
    let walk = oids(&["1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.31.1.1.1.6"]);
    let get = oids(&["1.3.6.1.2.1.1.99.0", "1.3.6.1.2.1.1.5.0"]);
    let asked = Request { get: &get, ..request(&target, &auth, &walk) };
    let fetched = walker(16).fetch(&asked, None).await;
    // Two GETs, three names and one too far, nothing of Counter64 and a GET to be sure.
    assert_eq!(fetched.packets, 2 + 4 + 2);
    assert_eq!(varbinds(fetched).len(), 1 + 3);
}

#[tokio::test]
async fn tcp_carries_the_same() {
    let lab = Lab::start(&["--snmp.interfaces", "50"]);
    let (auth, walk) = (v2c(), if_mib());
    let expected = varbinds(walker(1).fetch(&request(&lab.target(), &auth, &walk), None).await);
    let target = format!("tcp://{}", lab.agent).parse().unwrap();
    let walker = walker(16);
    for _ in 0..2 {
        assert!(varbinds(walker.fetch(&request(&target, &auth, &walk), None).await) == expected);
    }
}

#[tokio::test]
async fn ipv6_carries_the_same() {
    let lab = Lab::start_at("[::1]:0", &["--snmp.interfaces", "2"]);
    let (target, auth, walk) = (lab.target(), v2c(), if_mib());
    assert_eq!(
        varbinds(walker(16).fetch(&request(&target, &auth, &walk), None).await).len(),
        1 + 2 * 41
    );
}

#[tokio::test]
async fn modules_of_one_scrape_walk_once() {
    let lab = Lab::start(&["--snmp.interfaces", "10"]);
    let (target, auth, walk) = (lab.target(), v2c(), if_mib());
    let narrow = oids(&["1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.2.1.0"]);
    let expected = varbinds(walker(1).fetch(&request(&target, &auth, &narrow), None).await);
    let walker = walker(16);
    let walked = Walked::default();
    varbinds(walker.fetch(&request(&target, &auth, &walk), Some(&walked)).await);
    let fetched = walker.fetch(&request(&target, &auth, &narrow), Some(&walked)).await;
    assert_eq!(fetched.packets, 0);
    assert!(varbinds(fetched) == expected);
}

#[tokio::test]
async fn a_restriction_gets_the_rows_that_it_admits() {
    let lab = Lab::start(&["--snmp.interfaces", "6"]);
    let (target, auth) = (lab.target(), v2c());
    let walk = oids(&["1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.2.2.1.5"]);
    let (column, targets) = (oid("1.3.6.1.2.1.2.2.1.8"), oids(&["1.3.6.1.2.1.2.2.1.2"]));
    let is_up = |value: &Value| *value == Value::Integer(1);
    let restrictions = [Restriction { column: &column, targets: &targets, admits: &is_up }];
    let asked = Request { restrictions: &restrictions, ..request(&target, &auth, &walk) };
    let found =
        varbinds(Walker::new(None, 1, std::sync::Arc::new(|_| ())).fetch(&asked, None).await);
    let names: Vec<_> = found.iter().map(|varbind| varbind.oid.to_string()).collect();
    let expected: Vec<String> = [2, 4, 6]
        .map(|row| format!("1.3.6.1.2.1.2.2.1.2.{row}"))
        .into_iter()
        .chain((1..=6).map(|row| format!("1.3.6.1.2.1.2.2.1.5.{row}")))
        .collect();
    assert_eq!(names, expected);
}
