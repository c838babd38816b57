//! What every class has: records, getters, setters, and the keys and members of maps and sets.

use std::sync::Arc;

use super::{Parameters, unknown};
use crate::pool::State;
use crate::rpc::{Failure, Outcome};
use crate::schema::{self, Kind};
use crate::value::{Fields, Value};

/// Answers the method `class.verb`.
pub(super) fn answer(
    state: &mut State,
    class: &'static str,
    verb: &str,
    parameters: &mut Parameters,
) -> Outcome {
    match verb {
        "get_all" => Ok(Value::Set(
            state
                .database
                .all(class)
                .map(|(reference, _)| Value::Text(reference.clone()))
                .collect(),
        )),
        "get_all_records" => Ok(records(state, class, |_| true)),
        "get_record" => {
            let (_, fields) = object(state, class, parameters)?;
            Ok(Value::Map(fields))
        }
        "get_by_uuid" => {
            let uuid = parameters.text()?;
            let mut all = state.database.all(class);
            let found = all.find(|(_, fields)| fields.text("uuid") == &*uuid);
            let found = found.map(|(reference, _)| Value::Text(reference.clone()));
            found.ok_or_else(|| Failure::new("UUID_INVALID", [class, &uuid]))
        }
        "get_by_name_label" => {
            let name = parameters.text()?;
            let all = state.database.all(class);
            let named = all.filter(|(_, fields)| fields.text("name_label") == &*name);
            Ok(Value::Set(named.map(|(reference, _)| Value::Text(reference.clone())).collect()))
        }
        _ => field(state, class, verb, parameters),
    }
}

/// The records of a class that are asked for, by their references.
pub(super) fn records(state: &State, class: &str, wanted: impl Fn(&Fields) -> bool) -> Value {
    let all = state.database.all(class).filter(|(_, fields)| wanted(fields));
    Value::Map(Arc::new(
        all.map(|(reference, fields)| (reference.clone(), Value::Map(Arc::clone(fields))))
            .collect(),
    ))
}

/// The methods of one field: `get_F`, `set_F`, `add_to_F`, `remove_from_F`, `add_F`, `remove_F`.
fn field(
    state: &mut State,
    class: &'static str,
    verb: &str,
    parameters: &mut Parameters,
) -> Outcome {
    let known = |name: &&str| schema::kind(class, name).is_some();
    if let Some(name) = verb.strip_prefix("get_") {
        let (_, fields) = object(state, class, parameters)?;
        return fields.get(name).cloned().ok_or_else(|| unknown(&format!("{class}.{verb}")));
    }
    if let Some(name) = verb.strip_prefix("set_").filter(known) {
        let (reference, _) = object(state, class, parameters)?;
        state.database.set(class, &reference, name, parameters.value()?);
    } else if let Some(name) = verb.strip_prefix("add_to_").filter(known) {
        let (reference, fields) = object(state, class, parameters)?;
        let (key, value) = (parameters.text()?, parameters.value()?);
        let mut map = fields.get(name).and_then(Value::as_map).cloned().unwrap_or_default();
        if map.get(&key).is_some() {
            return Err(Failure::new("MAP_DUPLICATE_KEY", [class, name, &reference, &key]));
        }
        map.set(&key, value);
        state.database.set(class, &reference, name, Value::Map(Arc::new(map)));
    } else if let Some(name) = verb.strip_prefix("remove_from_").filter(known) {
        let (reference, fields) = object(state, class, parameters)?;
        let key = parameters.text()?;
        let mut map = fields.get(name).and_then(Value::as_map).cloned().unwrap_or_default();
        map.remove(&key);
        state.database.set(class, &reference, name, Value::Map(Arc::new(map)));
    } else if let Some((name, adds)) = member(class, verb) {
        let (reference, fields) = object(state, class, parameters)?;
        let value = parameters.value()?;
        let mut set = fields.get(name).and_then(Value::as_set).unwrap_or_default().to_vec();
        set.retain(|other| *other != value);
        set.extend(adds.then_some(value));
        state.database.set(class, &reference, name, Value::Set(set));
    } else {
        return Err(unknown(&format!("{class}.{verb}")));
    }
    Ok(Value::nothing())
}

/// The set that `add_F` or `remove_F` is about, and whether it adds.
fn member<'a>(class: &str, verb: &'a str) -> Option<(&'a str, bool)> {
    let (name, adds) = match verb.strip_prefix("add_") {
        Some(name) => (name, true),
        None => (verb.strip_prefix("remove_")?, false),
    };
    (schema::kind(class, name) == Some(Kind::Set)).then_some((name, adds))
}

/// The object that a method is about.
fn object(
    state: &State,
    class: &str,
    parameters: &mut Parameters,
) -> Result<(Arc<str>, Arc<Fields>), Failure> {
    let reference = parameters.text()?;
    match state.database.get(class, &reference) {
        Some(fields) => Ok((reference, Arc::clone(fields))),
        None => Err(Failure::new("HANDLE_INVALID", [class, &reference])),
    }
}
