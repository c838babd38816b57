//! Keeps the inventory as the pool is: a snapshot, and then the pool's events.
//!
//! The token comes before the snapshot, so what changes meanwhile is in the events. The token is that of one
//! class alone: an empty one for all of them would bring every object and up to ten thousand messages.

use std::{collections::HashSet, sync::Arc};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Connected, MessageEvent, Shared, State};
use crate::{
    Error, Failure, Inventory, Ref, Session,
    inventory::{CLASSES, Table},
    record::Message,
    rpc::{Endpoint, Transport},
};

/// Classes read at the same time.
const PARALLEL: usize = 4;

/// The inventory, which outlives sessions.
pub(super) struct Following {
    shared: Arc<Shared>,
    inventory: Inventory,
    /// Whether there was a snapshot before, so that a message that is new now is news.
    followed: bool,
}

impl Following {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, inventory: Inventory::default(), followed: false }
    }

    pub(super) fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Follows the pool until the session is of no use any more, and says why.
    pub(super) async fn follow(&mut self, session: &Session) -> Error {
        let since = Timestamp::now();
        loop {
            match self.follow_from_snapshot(session, since).await {
                Ok(never) => match never {},
                Err(error) if error.code() == Some("EVENTS_LOST") => {
                    tracing::info!("events lost, reading the pool anew");
                }
                Err(error) => return error,
            }
        }
    }

    async fn follow_from_snapshot(
        &mut self,
        session: &Session,
        since: Timestamp,
    ) -> Result<std::convert::Infallible, Error> {
        let mut token = self.events(session, &["pool"], "", 0.0).await?.token;
        let (snapshot, known) = self.snapshot(session).await?;
        let messages = self.take_in(snapshot);
        self.publish(session, since, messages);
        tracing::info!(
            master = %session.address(),
            hosts = self.inventory.hosts.len(),
            vms = self.inventory.vms.len(),
            "following the pool"
        );
        let master = self.inventory.pool().map(|pool| pool.master.clone());
        let wait = self.shared.settings.deadlines.events.as_secs_f64();
        loop {
            let batch = self.events(session, &known, &token, wait).await?;
            token = batch.token;
            let (changed, messages) = apply(&mut self.inventory, &batch.events);
            if changed {
                self.publish(session, since, messages);
            }
            if self.inventory.pool().map(|pool| pool.master.clone()) != master {
                return Err(Error::NoMaster {
                    chain: format!("{} is no longer the master", session.address().host()),
                });
            }
        }
    }

    /// All records of all classes, and the classes that this version of XAPI has.
    async fn snapshot(&self, session: &Session) -> Result<(Inventory, Vec<&'static str>), Error> {
        let transport = &self.shared.transport;
        let (endpoint, parameter) = (session.endpoint(), session.parameter());
        let classes: Vec<_> = CLASSES
            .iter()
            .map(|class| read(transport.clone(), endpoint.clone(), class, parameter.clone()))
            .collect();
        let parts: Vec<_> = stream::iter(classes).buffer_unordered(PARALLEL).try_collect().await?;
        transport.counters().snapshots.count();
        let mut inventory = Inventory::default();
        let mut known = Vec::new();
        for (class, part) in parts.into_iter().flatten() {
            known.push(class);
            inventory.absorb(part);
        }
        Ok((inventory, known))
    }

    async fn events(
        &self,
        session: &Session,
        classes: &[&str],
        token: &str,
        wait: f64,
    ) -> Result<Batch, Error> {
        let deadlines = &self.shared.settings.deadlines;
        let parameters = [session.parameter(), json!(classes), json!(token), json!(wait)];
        let deadline = deadlines.events + deadlines.call;
        let transport = &self.shared.transport;
        let mut answer =
            transport.call(session.endpoint(), "event.from", &parameters, deadline).await?;
        transport.counters().event_batches.count();
        let mut take = |key| answer.get_mut(key).map(Value::take);
        match (take("events"), take("token")) {
            (Some(Value::Array(events)), Some(Value::String(token))) => Ok(Batch { events, token }),
            _ => Err(Error::Garbage {
                address: session.address().clone(),
                call: "event.from".to_owned(),
                reason: "no events or no token in the answer, expected both".to_owned(),
            }),
        }
    }

    /// Takes a snapshot as the inventory. The messages that differ, from the second one on.
    fn take_in(&mut self, snapshot: Inventory) -> Vec<MessageEvent> {
        let before = std::mem::replace(&mut self.inventory, snapshot);
        match std::mem::replace(&mut self.followed, true) {
            true => difference(&before.messages, &self.inventory.messages),
            false => Vec::new(),
        }
    }

    fn publish(&self, session: &Session, since: Timestamp, messages: Vec<MessageEvent>) {
        let clients = self.inventory.certificates.values().filter(|known| &*known.kind == "host");
        self.shared.transport.tls().learn(clients.filter_map(|known| known.fingerprint));
        self.shared.state.send_replace(Arc::new(State::Connected(Connected {
            inventory: Arc::new(self.inventory.clone()),
            master: session.address().clone(),
            dialect: session.dialect(),
            since,
        })));
        for message in messages {
            // An error only means that nobody listens.
            drop(self.shared.messages.send(message));
        }
    }
}

/// An answer of `event.from`.
struct Batch {
    events: Vec<Value>,
    token: String,
}

/// One class, `None` where there is none.
async fn read(
    transport: Transport,
    endpoint: Endpoint,
    class: &'static str,
    session: Value,
) -> Result<Option<(&'static str, Inventory)>, Error> {
    match transport.records(&endpoint, class, &session).await {
        Err(Error::Refused { failure, .. }) if is_absent(&failure) => {
            tracing::debug!(class, %failure, "class left out");
            Ok(None)
        }
        part => part.map(|part| Some((class, part))),
    }
}

/// Whether XAPI has no such class, or this user may not read it.
fn is_absent(failure: &Failure) -> bool {
    matches!(
        failure.code.as_str(),
        "MESSAGE_METHOD_UNKNOWN" | "MESSAGE_REMOVED" | "RBAC_PERMISSION_DENIED"
    )
}

/// Takes in events. Whether anything changed, and the messages that came or went.
fn apply(inventory: &mut Inventory, events: &[Value]) -> (bool, Vec<MessageEvent>) {
    let (mut changed, mut messages) = (false, Vec::new());
    for event in events {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        let (class, reference) = (text("class"), Ref::new(text("ref")));
        let before = inventory.messages.get(&reference).cloned();
        let differs = match (text("operation"), &event["snapshot"]) {
            ("del", _) => inventory.remove(class, &reference),
            // An object that is gone again has no snapshot; its end follows.
            (_, snapshot) if snapshot.is_object() => {
                inventory.put(class, reference.clone(), snapshot)
            }
            _ => false,
        };
        changed |= differs;
        if differs && class.eq_ignore_ascii_case("message") {
            messages.extend(match (before, inventory.messages.get(&reference)) {
                (None, Some(new)) => Some(MessageEvent::Raised(reference, new.clone())),
                (Some(old), None) => Some(MessageEvent::Ended(reference, old)),
                _ => None,
            });
        }
    }
    (changed, messages)
}

fn difference(before: &Table<Message>, after: &Table<Message>) -> Vec<MessageEvent> {
    let known: HashSet<&Ref> = before.iter().map(|(reference, _)| reference).collect();
    let mut events: Vec<_> = before
        .iter()
        .filter(|(reference, _)| after.get(reference).is_none())
        .map(|(reference, old)| MessageEvent::Ended(reference.clone(), old.clone()))
        .collect();
    let mut raised: Vec<_> =
        after.iter().filter(|(reference, _)| !known.contains(reference)).collect();
    raised.sort_by_key(|(_, message)| message.timestamp);
    let raised = raised
        .into_iter()
        .map(|(reference, new)| MessageEvent::Raised(reference.clone(), new.clone()));
    events.extend(raised);
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(operation: &str, class: &str, snapshot: Value) -> Value {
        json!({"operation": operation, "class": class, "ref": "OpaqueRef:1", "snapshot": snapshot})
    }

    #[test]
    fn events_change_the_inventory_and_tell_of_messages() {
        let mut inventory = Inventory::default();
        let add = event("add", "vm", json!({"name_label": "a"}));
        assert!(apply(&mut inventory, std::slice::from_ref(&add)).0);
        assert!(!apply(&mut inventory, &[add, event("mod", "vm", Value::Null)]).0);
        let (changed, messages) =
            apply(&mut inventory, &[event("add", "message", json!({"name": "ALARM"}))]);
        assert!(
            changed && matches!(&messages[..], [MessageEvent::Raised(_, m)] if &*m.name == "ALARM")
        );
        let (_, messages) = apply(&mut inventory, &[event("del", "message", Value::Null)]);
        assert!(matches!(&messages[..], [MessageEvent::Ended(..)]));
        assert!(apply(&mut inventory, &[event("del", "VM", Value::Null)]).0);
        assert!(!apply(&mut inventory, &[json!("odd"), event("add", "task", json!({}))]).0);
    }

    #[test]
    fn a_second_snapshot_tells_what_came_and_went_meanwhile() {
        let mut inventory = Inventory::default();
        let put = |inventory: &mut Inventory, text: &str| {
            inventory.put("message", Ref::new(text), &json!({"name": text}));
        };
        put(&mut inventory, "old");
        put(&mut inventory, "kept");
        let before = inventory.clone();
        inventory.remove("message", &Ref::new("old"));
        put(&mut inventory, "new");
        let events = difference(&before.messages, &inventory.messages);
        assert!(matches!(&events[..], [MessageEvent::Ended(old, _), MessageEvent::Raised(new, _)]
            if old.to_string() == "old" && new.to_string() == "new"));
    }
}
