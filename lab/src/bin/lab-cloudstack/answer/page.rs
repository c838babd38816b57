//! Pages of lists: what is chosen, in which part of it, and what the server says there is.

use serde::Serialize;

use super::{Refusal, Request, refusal};
use crate::fault::Fault;
use crate::lab::Lab;
use crate::record::{Owner, Record};
use crate::role::Role;

/// Parameters that choose no object, though objects may have fields of these names.
const NO_FILTERS: [&str; 4] = ["account", "domainid", "projectid", "keyword"];
/// How much pages overlap, if they do.
const OVERLAP: usize = 10;
/// How many objects too many are counted, if they are.
const TOO_MANY: usize = 7;

/// A page that is asked for.
pub(super) struct Page<'a> {
    request: &'a Request<'a>,
    /// The first object, and how many.
    from: usize,
    size: usize,
    count: Count,
}

/// What the server counts.
#[derive(Clone, Copy)]
enum Count {
    List,
    Page,
    TooMany,
}

impl<'a> Page<'a> {
    pub(super) fn of(lab: &Lab, request: &'a Request<'a>) -> Result<Self, Refusal> {
        let number = |name: &str| -> Result<Option<usize>, Refusal> {
            let wrong = |value| format!("Unable to parse {name} {value:?}: a number is expected");
            let value = request.value(name);
            value.map(|value| value.parse().map_err(|_| refusal(431, wrong(value)))).transpose()
        };
        let (page, size) = (number("page")?, number("pagesize")?);
        if page.is_some() && size.is_none() {
            return Err(refusal(431, "\"page\" parameter has to be specified with \"pagesize\""));
        }
        let most = lab.page_size;
        let size = size.unwrap_or(most);
        if size > most {
            return Err(refusal(
                431,
                format!("Page size can not exceed max allowed page size value: {most}"),
            ));
        }
        let page = page.unwrap_or(1).max(1) - 1;
        let wrong = |fault| lab.faults.has(fault, request.command.name);
        let step = match wrong(Fault::OverlappingPages) {
            true => size.saturating_sub(OVERLAP).max(1),
            false => size,
        };
        let count = match (wrong(Fault::CountTooHigh), wrong(Fault::CountOfPage)) {
            (true, _) => Count::TooMany,
            (_, true) => Count::Page,
            _ if lab.faults.get(Fault::OldServer).is_some() => Count::Page,
            _ => Count::List,
        };
        Ok(Self { request, from: page.saturating_mul(step), size, count })
    }

    /// A page of these as they are.
    pub(super) fn list<T: Record>(&self, rows: &[T]) -> Vec<u8> {
        self.with(rows, |_| None::<()>)
    }

    /// A page of these, with something more for each.
    pub(super) fn with<'r, T: Record, M: Serialize>(
        &self,
        rows: &'r [T],
        more: impl Fn(&'r T) -> Option<M>,
    ) -> Vec<u8> {
        let chosen: Vec<_> = rows.iter().filter(|row| self.chooses(*row)).collect();
        let page: Vec<_> = chosen.iter().skip(self.from).take(self.size).collect();
        if page.is_empty() {
            return b"{}".to_vec();
        }
        let count = match self.count {
            Count::List => chosen.len(),
            Count::Page => page.len(),
            Count::TooMany => chosen.len() + TOO_MANY,
        };
        let key = self.request.command.key;
        let mut body = format!("{{\"count\":{count},\"{key}\":[").into_bytes();
        for (number, row) in page.iter().enumerate() {
            if number > 0 {
                body.push(b',');
            }
            body.extend(super::text(row));
            if let Some(more) = more(row) {
                // Both are objects: the end of one and the beginning of the other make one.
                body.pop();
                body.push(b',');
                body.extend(super::text(&more).into_iter().skip(1));
            }
        }
        body.extend(b"]}");
        body
    }

    fn chooses<T: Record>(&self, row: &T) -> bool {
        let mine = row.owner().is_none_or(|owner| self.may_see(owner));
        mine && self.request.parameters.iter().all(|(name, value)| {
            let name = name.to_lowercase();
            match name.as_str() {
                "keyword" => row.field("name").is_none_or(|name| name.contains(value.as_str())),
                name if value.is_empty() || NO_FILTERS.contains(&name) => true,
                name => row.field(name).is_none_or(|field| field == value),
            }
        })
    }

    /// Whether objects of an owner are in the list: a user's own, or everybody's for who asks for all. Those of
    /// projects have to be asked for.
    fn may_see(&self, owner: &Owner) -> bool {
        let (user, ask) = (self.request.user, |name| self.request.value(name));
        let project = match (ask("projectid"), &owner.projectid) {
            (None, projectid) => projectid.is_none(),
            (Some("-1"), _) => true,
            (Some(asked), projectid) => projectid.as_deref() == Some(asked),
        };
        let own = owner.account.as_deref() == Some(user.account);
        let all = user.role != Role::User && ask("listall") == Some("true");
        let named = ask("account").is_none_or(|name| owner.account.as_deref() == Some(name));
        let domain = ask("domainid").is_none_or(|id| *owner.domainid == *id);
        project && (own || all) && named && domain
    }
}
