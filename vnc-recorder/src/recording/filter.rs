//! Which recordings a list shows.

use jiff::Timestamp;
use serde::Deserialize;

use super::store::Summary;

/// Which recordings are asked for; all that is given must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// The host that the target ran on.
    pub host: Option<String>,
    /// The VM: its UUID, reference or name; or the name of a configured target.
    pub vm: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// Still running at this time or begun after it.
    pub from: Option<Timestamp>,
    /// Begun before this time.
    pub until: Option<Timestamp>,
}

impl Filter {
    pub(super) fn fits(&self, summary: &Summary) -> bool {
        let Filter { host, vm, user, from, until } = self;
        let Summary { begin, ended, .. } = summary;
        let is = |wanted: &Option<String>, known: &[Option<&str>]| {
            wanted.as_deref().is_none_or(|wanted| known.contains(&Some(wanted)))
        };
        let member = begin.target.split_once('/').map(|(_, member)| member);
        let reference = begin.reference.as_deref();
        is(host, &[begin.host.as_deref()])
            && is(vm, &[member, reference, Some(&begin.name)])
            && is(user, &[Some(&begin.user)])
            && from.is_none_or(|from| ended.is_none_or(|ended| ended >= from))
            && until.is_none_or(|until| begin.started < until)
    }
}
