//! The peer's own way: one request at a time.

use super::{Rules, is_under};
use crate::client::{Error, Session, Status};
use crate::varbind::{Answers, Oid, Value};

/// Gets objects, as many at once as a GETBULK may answer. What the agent does not have is left out.
pub(super) async fn get(
    session: &impl Session,
    names: &[Oid],
    max_repetitions: u32,
) -> Result<Answers, Error> {
    // SNMPv1 refuses all when one is missing.
    let at_once = if session.is_version_1() { 1 } else { (max_repetitions as usize).max(1) };
    let mut found = Answers::default();
    for names in names.chunks(at_once) {
        let reply = session.get(names).await?;
        match reply.status {
            Status::NoError => {}
            Status::NoSuchName if session.is_version_1() => continue,
            status => return Err(Error::Refused { target: session.target().to_owned(), status }),
        }
        let known = reply
            .varbinds
            .into_iter()
            .filter(|it| !matches!(it.value, Value::NoSuchObject | Value::NoSuchInstance));
        found.extend(known);
    }
    Ok(found)
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) varbinds: Answers,
    /// Where each answer but the last one ended, if that may be used again.
    pub(super) ends: Option<Vec<usize>>,
}

/// Walks a subtree. An error that the agent answers ends it.
pub(super) async fn walk(session: &impl Session, root: &Oid, rules: Rules) -> Result<Found, Error> {
    let mut ends = Vec::new();
    let varbinds = go_on(session, root, rules, Answers::default(), &mut ends).await?;
    Ok(Found { varbinds, ends: Some(ends) })
}

/// Walks the rest of a subtree, of which the beginning has been found.
pub(super) async fn finish(
    session: &impl Session,
    root: &Oid,
    rules: Rules,
    beginning: Answers,
) -> Result<Found, Error> {
    let varbinds = go_on(session, root, rules, beginning, &mut Vec::new()).await?;
    Ok(Found { varbinds, ends: None })
}

async fn go_on(
    session: &impl Session,
    root: &Oid,
    rules: Rules,
    mut found: Answers,
    ends: &mut Vec<usize>,
) -> Result<Answers, Error> {
    let mut is_first = found.is_empty();
    let last = found.len().checked_sub(1).and_then(|last| found.name(last));
    let mut from = last.unwrap_or_else(|| root.clone());
    loop {
        let reply = if session.is_version_1() {
            session.next(&from).await?
        } else {
            session.bulk(std::slice::from_ref(&from), rules.max_repetitions).await?
        };
        let (Status::NoError, Some(last)) = (reply.status, reply.varbinds.last()) else {
            return Ok(found);
        };
        let last = last.oid.clone();
        for varbind in reply.varbinds {
            if is_end(&varbind.value) {
                return Ok(found);
            }
            if !is_under(root, &varbind.oid) {
                if is_first {
                    return scalar(session, root).await;
                }
                if varbind.oid == *root {
                    found.push(&varbind);
                }
                return Ok(found);
            }
            if !rules.allow_nonincreasing && varbind.oid == from {
                let target = session.target().to_owned();
                return Err(Error::NotIncreasing { target, root: root.clone(), oid: varbind.oid });
            }
            found.push(&varbind);
            is_first = false;
        }
        ends.push(found.len());
        from = last;
    }
}

/// Nothing is under the root: it may be an object itself.
async fn scalar(session: &impl Session, root: &Oid) -> Result<Answers, Error> {
    let reply = session.get(std::slice::from_ref(root)).await?;
    let first =
        reply.varbinds.into_iter().next().filter(|it| it.oid == *root && !is_end(&it.value));
    Ok(first.into_iter().collect())
}

/// Whether a value says that there is no more.
pub(super) fn is_end(value: &Value) -> bool {
    matches!(value, Value::NoSuchObject | Value::NoSuchInstance | Value::EndOfMibView)
}
