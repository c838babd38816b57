//! The methods of `message` that other classes do not have.

use super::object::records;
use super::{Parameters, unknown};
use crate::pool::State;
use crate::rpc::{Failure, Outcome};
use crate::schema;
use crate::value::Value;

/// Whether a method is answered here.
pub(super) fn knows(verb: &str) -> bool {
    matches!(verb, "create" | "destroy" | "get" | "get_since")
}

pub(super) fn answer(
    state: &mut State,
    verb: &str,
    parameters: &mut Parameters,
    now: f64,
) -> Outcome {
    match verb {
        "create" => {
            let (name, priority) = (parameters.text()?, parameters.number()? as i64);
            let (class, uuid) = (parameters.text()?, parameters.text()?);
            let body = parameters.text()?;
            let known = schema::class(&class).is_some_and(|class| {
                state.database.all(class).any(|(_, o)| *o.text("uuid") == *uuid)
            });
            if !known {
                return Err(Failure::new("UUID_INVALID", [&class, &uuid]));
            }
            Ok(Value::Text(state.message((&name, priority), (&class, &uuid), &body, now)))
        }
        "destroy" => {
            let reference = parameters.text()?;
            match state.database.remove("message", &reference) {
                true => Ok(Value::nothing()),
                false => Err(Failure::new("HANDLE_INVALID", ["message", &reference])),
            }
        }
        "get" => {
            let (class, uuid, since) = (parameters.text()?, parameters.text()?, parameters.text()?);
            Ok(records(state, "message", |message| {
                message.text("cls").eq_ignore_ascii_case(&class)
                    && *message.text("obj_uuid") == *uuid
                    && later(message.text("timestamp"), &since)
            }))
        }
        "get_since" => {
            let since = parameters.text()?;
            Ok(records(state, "message", |message| later(message.text("timestamp"), &since)))
        }
        _ => Err(unknown(&format!("message.{verb}"))),
    }
}

/// Whether a time is after another. Some clients write dashes and colons that XAPI does not.
fn later(time: &str, since: &str) -> bool {
    let digits = |time: &str| time.chars().filter(char::is_ascii_digit).collect::<String>();
    digits(time) > digits(since)
}
