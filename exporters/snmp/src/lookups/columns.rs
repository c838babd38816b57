//! Which columns of a module only give labels, and whether those that are known still fit the device.

use std::collections::HashSet;
use std::sync::Arc;

use crate::config::{Lookup, Metric, Module};
use crate::varbind::{Answers, Oid, Value, Varbind};
use crate::walk::Subtree;

/// sysUpTime.0 (RFC 3418).
const UPTIME: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 3, 0];

/// ifNumber.0 (RFC 2863).
const INTERFACES: [u32; 9] = [1, 3, 6, 1, 2, 1, 2, 1, 0];

/// The columns of which labels are made and nothing else, as they were answered. None where rows are restricted,
/// for then a column is as long as another one's values say.
pub(super) fn columns(module: &Module, answers: &Answers) -> Vec<Subtree> {
    let mut roots: Vec<&Oid> = module.metrics.iter().flat_map(looked_up).collect();
    roots.retain(|root| !module.metrics.iter().any(|metric| is_read_by(root, metric)));
    roots.sort();
    // What lies in another column is a part of it.
    roots.dedup_by(|later, earlier| later.0.starts_with(&earlier.0));
    if !module.filters.is_empty() {
        roots.clear();
    }
    let answered = |root: &Oid| Subtree {
        root: root.clone(),
        varbinds: Arc::new(answers.iter().filter(|it| it.oid.0.starts_with(&root.0)).collect()),
    };
    roots.into_iter().map(answered).collect()
}

/// Whether an answer belongs to a column.
pub(super) fn is_in(column: &Subtree, varbind: &Varbind) -> bool {
    varbind.oid.0.starts_with(&column.root.0)
}

/// Rows of metrics, by the column of which their first label is made.
#[derive(Debug)]
pub(super) struct Rows(Vec<HashSet<Box<[u32]>>>);

impl Rows {
    /// The rows that were answered.
    pub(super) fn of(module: &Module, columns: &[Subtree], answers: &Answers) -> Self {
        let mut rows = Rows(vec![HashSet::new(); columns.len()]);
        let mut metrics: Vec<(&Oid, usize)> = Vec::new();
        for metric in &module.metrics {
            let is_of = |root: &Oid| columns.iter().position(|it| root.0.starts_with(&it.root.0));
            metrics.extend(looked_up(metric).find_map(is_of).map(|column| (&metric.oid, column)));
        }
        metrics.sort();
        for Varbind { oid, .. } in answers.iter() {
            let after = metrics.partition_point(|(metric, _)| **metric <= oid);
            let Some((metric, column)) = metrics[..after].last() else { continue };
            let Some(row) = oid.0.strip_prefix(&metric.0[..]) else { continue };
            if !rows.0[*column].contains(row) {
                rows.0[*column].insert(row.into());
            }
        }
        rows
    }

    /// Whether none of the others is new.
    pub(super) fn have_all(&self, others: &Rows) -> bool {
        std::iter::zip(&self.0, &others.0).all(|(rows, others)| others.is_subset(rows))
    }
}

/// What tells that a device may have numbered its interfaces anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signs {
    uptime: Option<u32>,
    interfaces: Option<i32>,
}

impl Signs {
    /// Those among the answers; a module need not ask for them.
    pub(super) fn of(answers: &Answers) -> Self {
        let mut signs = Signs { uptime: None, interfaces: None };
        for Varbind { oid, value } in answers.iter() {
            match (value, &oid.0[..]) {
                (Value::TimeTicks(ticks), name) if name == UPTIME => signs.uptime = Some(ticks),
                (Value::Integer(count), name) if name == INTERFACES => {
                    signs.interfaces = Some(count);
                }
                _ => {}
            }
        }
        signs
    }

    /// Whether the device has run on since.
    pub(super) fn go_on_from(&self, before: &Signs) -> bool {
        self.interfaces == before.interfaces && self.uptime >= before.uptime
    }
}

/// The columns that a metric's labels come from.
fn looked_up(metric: &Metric) -> impl Iterator<Item = &Oid> {
    metric.lookups.iter().filter_map(|lookup| match lookup {
        Lookup::Find { oid, .. } => Some(oid),
        Lookup::Drop { .. } => None,
    })
}

/// Whether a metric's value comes from a column: from its own, and for some types from the one before.
fn is_read_by(column: &Oid, metric: &Metric) -> bool {
    let own = &metric.oid.0;
    let mut after = column.0.clone();
    if let Some(last) = after.last_mut() {
        *last = last.saturating_add(1);
    }
    own.starts_with(&column.0)
        || column.0.starts_with(own)
        || (metric.kind.is_combined() && *own == after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(yaml: &str) -> Module {
        serde_saphyr::from_str(yaml).unwrap()
    }

    fn answer(name: &str, value: Value) -> Varbind {
        Varbind { oid: name.parse().unwrap(), value }
    }

    const MODULE: &str = "
walk: [1.1]
metrics:
- {name: a, oid: 1.1.9, type: gauge, lookups: &all [{labels: [i], labelname: x, oid: 1.1.2}, {labels: [i], labelname: y, oid: 1.1.3}, {labels: [i], labelname: z, oid: 1.1.4}, {labels: [], labelname: i}]}
- {name: b, oid: 1.1.3, type: DisplayString}
- {name: c, oid: 1.1.5, type: InetAddress}
";

    #[test]
    fn a_column_that_is_a_metrics_value_too_is_always_walked() {
        let answers = ["1.1.2.1", "1.1.2.2", "1.1.3.1"].map(|name| answer(name, Value::Null));
        let all = answers.iter().cloned().collect();
        let found = columns(&module(MODULE), &all);
        // 1.1.3 is a metric, 1.1.4 says what type 1.1.5 has.
        let roots: Vec<_> = found.iter().map(|column| column.root.to_string()).collect();
        assert_eq!(roots, ["1.1.2"]);
        assert_eq!(found[0].varbinds.iter().collect::<Vec<_>>(), answers[..2]);
        let filtered = MODULE.to_owned() + "filters: [{oid: 1.1.2, targets: [1.1.9]}]\n";
        assert!(columns(&module(&filtered), &all).is_empty());
    }

    #[test]
    fn a_new_row_is_noticed_and_one_that_went_is_not() {
        let module = module(MODULE);
        let both = ["1.1.9.1", "1.1.9.2", "1.1.2.1"].map(|name| answer(name, Value::Null));
        let first = both[..1].iter().cloned().collect();
        let both = both.into_iter().collect();
        let columns = columns(&module, &both);
        let (two, one) = (Rows::of(&module, &columns, &both), Rows::of(&module, &columns, &first));
        assert!(two.have_all(&one) && !one.have_all(&two));
    }

    #[test]
    fn a_restart_and_a_new_count_are_signs() {
        let signs = |ticks, count| {
            let answers = [
                answer("1.3.6.1.2.1.1.3.0", Value::TimeTicks(ticks)),
                answer("1.3.6.1.2.1.2.1.0", Value::Integer(count)),
            ];
            Signs::of(&answers.into_iter().collect())
        };
        assert!(signs(2, 3).go_on_from(&signs(1, 3)));
        assert!(!signs(1, 3).go_on_from(&signs(2, 3)));
        assert!(!signs(2, 4).go_on_from(&signs(1, 3)));
        assert!(Signs::of(&Answers::default()).go_on_from(&Signs::of(&Answers::default())));
    }
}
