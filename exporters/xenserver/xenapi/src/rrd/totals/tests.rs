use uuid::Uuid;

use super::*;
use crate::rrd::Parser;

const VM: Owner = Owner::Vm(Uuid::from_u128(7));
const OTHER: Owner = Owner::Vm(Uuid::from_u128(8));

/// An answer with one column for each owner, and rows of a time and the values' texts, newest first.
fn answer(parser: &mut Parser, step: u32, owners: &[Owner], rows: &[(i64, &[&str])]) {
    let mut xml = format!("<xport><meta><step>{step}</step><legend>");
    for owner in owners {
        let Owner::Vm(uuid) = owner else { panic!("a VM") };
        xml.push_str(&format!("<entry>AVERAGE:vm:{uuid}:rx</entry>"));
    }
    xml.push_str("</legend></meta><data>");
    for (time, values) in rows {
        let values: String = values.iter().map(|value| format!("<v>{value}</v>")).collect();
        xml.push_str(&format!("<row><t>{time}</t>{values}</row>"));
    }
    xml.push_str("</data></xport>");
    parser.begin();
    parser.push(xml.as_bytes()).unwrap();
}

/// A host that answers, and what is added up of its answers.
#[derive(Default)]
struct Host {
    parser: Parser,
    binding: Binding,
}

impl Host {
    fn tell(&mut self, totals: &mut Totals, owners: &[Owner], rows: &[(i64, &[&str])]) {
        self.tell_at(totals, 5, owners, rows);
    }

    fn tell_at(
        &mut self,
        totals: &mut Totals,
        step: u32,
        owners: &[Owner],
        rows: &[(i64, &[&str])],
    ) {
        answer(&mut self.parser, step, owners, rows);
        totals
            .add(&mut self.binding, self.parser.finish().unwrap(), |column| &**column.name == "rx");
    }
}

fn sum_and_gap(totals: &Totals, owner: Owner) -> (f64, f64) {
    let total = totals.get(owner, "rx").unwrap();
    (total.sum, total.gap_seconds)
}

#[test]
fn every_second_counts_once_however_the_rows_come() {
    let rows: [(i64, &[&str]); 4] =
        [(1020, &["4"]), (1015, &["3"]), (1010, &["2"]), (1005, &["1"])];
    let mut at_once = Totals::default();
    Host::default().tell(&mut at_once, &[VM], &rows);
    assert_eq!(sum_and_gap(&at_once, VM), (50.0, 0.0));
    let (mut one_by_one, mut host) = (Totals::default(), Host::default());
    for row in rows.iter().rev() {
        host.tell(&mut one_by_one, &[VM], std::slice::from_ref(row));
        host.tell(&mut one_by_one, &[VM], std::slice::from_ref(row));
        host.tell(&mut one_by_one, &[VM], &[]);
    }
    assert_eq!(sum_and_gap(&one_by_one, VM), (50.0, 0.0));
}

#[test]
fn missing_rows_and_nan_are_gaps() {
    let (mut totals, mut host) = (Totals::default(), Host::default());
    host.tell(&mut totals, &[VM], &[(1010, &["NaN"]), (1005, &["2"])]);
    assert_eq!(sum_and_gap(&totals, VM), (10.0, 5.0));
    host.tell(&mut totals, &[VM], &[(1040, &["1"])]);
    assert_eq!(sum_and_gap(&totals, VM), (15.0, 30.0));
}

#[test]
fn rows_of_a_minute_are_cut_where_they_overlap() {
    let (mut totals, mut host) = (Totals::default(), Host::default());
    host.tell(&mut totals, &[VM], &[(1000, &["1"])]);
    host.tell_at(&mut totals, 60, &[VM], &[(1040, &["2"])]);
    assert_eq!(sum_and_gap(&totals, VM), (85.0, 0.0));
}

#[test]
fn a_vm_that_two_hosts_tell_of_counts_once() {
    let (mut totals, mut from, mut to) = (Totals::default(), Host::default(), Host::default());
    from.tell(&mut totals, &[OTHER, VM], &[(1005, &["9", "1"])]);
    to.tell(&mut totals, &[VM], &[(1005, &["1"])]);
    from.tell(&mut totals, &[OTHER, VM], &[(1010, &["9", "1"])]);
    to.tell(&mut totals, &[VM], &[(1015, &["1"]), (1010, &["1"])]);
    from.tell(&mut totals, &[OTHER], &[(1015, &["9"])]);
    assert_eq!(sum_and_gap(&totals, VM), (15.0, 0.0));
    assert_eq!(sum_and_gap(&totals, OTHER), (135.0, 0.0));
}

#[test]
fn a_clock_that_is_set_back_begins_anew() {
    let (mut totals, mut host) = (Totals::default(), Host::default());
    host.tell(&mut totals, &[VM], &[(100_000, &["1"])]);
    host.tell(&mut totals, &[VM], &[(50_000, &["1"])]);
    host.tell(&mut totals, &[VM], &[(50_005, &["1"])]);
    assert_eq!(sum_and_gap(&totals, VM), (15.0, 0.0));
}

#[test]
fn a_vm_that_is_gone_is_forgotten_and_its_place_begins_at_zero() {
    let (mut totals, mut host) = (Totals::default(), Host::default());
    host.tell(&mut totals, &[VM, OTHER], &[(1005, &["7", "1"])]);
    totals.retain(|owner| owner != VM);
    assert!(totals.get(VM, "rx").is_none());
    host.tell(&mut totals, &[VM, OTHER], &[(1010, &["1", "1"])]);
    assert_eq!(sum_and_gap(&totals, VM), (5.0, 0.0));
    assert_eq!(sum_and_gap(&totals, OTHER), (10.0, 0.0));
}
