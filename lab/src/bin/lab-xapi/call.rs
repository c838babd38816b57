//! What a host answers to a call: who may call, and which part of XenAPI it is for.

mod event;
mod message;
mod object;

use std::sync::Arc;

use crate::fault::Fault;
use crate::host::Host;
use crate::pool::Pool;
use crate::rpc::{Call, Failure, Outcome};
use crate::schema;
use crate::value::Value;

/// Answers a call.
pub(crate) async fn answer(pool: &Arc<Pool>, host: &Host, call: Call) -> Outcome {
    let Call { method, parameters } = call;
    host.count(&method);
    if method == "system.listMethods" {
        return Ok(methods());
    }
    let master = pool.master();
    match master {
        Some(master) if master.reference != host.reference => {
            let address = crate::pool::redirection(&master).to_string();
            return Err(Failure::new("HOST_IS_SLAVE", [&address]));
        }
        _ => {}
    }
    let mut parameters = Parameters { method, rest: parameters.into_iter(), taken: 0 };
    if parameters.method == "session.login_with_password" {
        return login(pool, host, &mut parameters).await;
    }
    let session = parameters.text()?;
    if !authorised(pool, &session) {
        return Err(Failure::new("SESSION_INVALID", [&session]));
    }
    let method = parameters.method.clone();
    let Some((class, verb)) = method.split_once('.') else {
        return Err(unknown(&method));
    };
    match (class, verb) {
        ("event", "from") => event::from(pool, &mut parameters).await,
        ("event", "inject") => pool.with(|state| event::inject(state, &mut parameters)),
        ("session", "logout") => pool.with(|state| {
            state.sessions.logout(&session);
            Ok(Value::nothing())
        }),
        ("session", "get_this_host") => Ok(Value::Text(host.reference.clone())),
        ("session", "get_this_user") => {
            pool.with(|state| Ok(Value::text(state.sessions.user(&session).unwrap_or_default())))
        }
        ("host", "get_servertime") => Ok(Value::time(crate::clock::written(host.now()))),
        ("message", verb) if message::knows(verb) => {
            pool.with(|state| message::answer(state, verb, &mut parameters, host.now()))
        }
        (class, verb) => match schema::classes().find(|known| *known == class) {
            Some(class) => pool.with(|state| object::answer(state, class, verb, &mut parameters)),
            None => Err(unknown(&method)),
        },
    }
}

/// Whether a session is one of the pool, and has not ended.
pub(crate) fn authorised(pool: &Pool, session: &str) -> bool {
    let longest = pool.faults.get(Fault::ShortSessions).map(|present| present.seconds);
    pool.with(|state| state.sessions.check(session, crate::clock::now(), longest))
}

/// Whether a user may log in. Whoever may not waits for the answer.
pub(crate) async fn admitted(pool: &Pool, user: &str, password: &str) -> bool {
    let settings = &pool.settings;
    let right = settings.user == user && settings.password == password;
    if right && !pool.faults.has(Fault::WrongPassword) {
        return true;
    }
    tokio::time::sleep(settings.wrong_password_delay).await;
    false
}

async fn login(pool: &Pool, host: &Host, parameters: &mut Parameters) -> Outcome {
    let (user, password) = (parameters.text()?, parameters.text()?);
    let _version = parameters.next();
    let originator = parameters.next().and_then(|value| value.as_text().cloned());
    if !admitted(pool, &user, &password).await {
        host.count("session.login_with_password:refused");
        return Err(Failure::new(
            "SESSION_AUTHENTICATION_FAILED",
            [&user, "Authentication failure"],
        ));
    }
    let originator = originator.as_deref().unwrap_or_default();
    let session = pool.with(|state| state.sessions.login(&user, originator, crate::clock::now()));
    Ok(Value::text(session))
}

/// What clients look into to learn the classes.
fn methods() -> Value {
    let mut methods: Vec<String> = ["event.from", "event.inject", "session.login_with_password"]
        .into_iter()
        .chain(["session.logout", "system.listMethods", "host.get_servertime"])
        .map(str::to_owned)
        .collect();
    for class in schema::classes() {
        for verb in ["get_all", "get_all_records", "get_by_uuid", "get_record"] {
            methods.push(format!("{class}.{verb}"));
        }
    }
    Value::texts(methods.iter().map(String::as_str))
}

fn unknown(method: &str) -> Failure {
    Failure::new("MESSAGE_METHOD_UNKNOWN", [method])
}

/// The parameters of a call, one after the other.
struct Parameters {
    method: String,
    rest: std::vec::IntoIter<Value>,
    taken: usize,
}

impl Parameters {
    fn next(&mut self) -> Option<Value> {
        self.taken += 1;
        self.rest.next()
    }

    /// The next one, whatever it is.
    fn value(&mut self) -> Result<Value, Failure> {
        self.next().ok_or_else(|| {
            let (expected, came) = (self.taken.to_string(), (self.taken - 1).to_string());
            Failure::new("MESSAGE_PARAMETER_COUNT_MISMATCH", [&self.method, &expected, &came])
        })
    }

    /// The next one, which must be text.
    fn text(&mut self) -> Result<Arc<str>, Failure> {
        let value = self.value()?;
        value.as_text().cloned().ok_or_else(|| self.wrong("a string", &value))
    }

    /// The next one, which must be a number.
    fn number(&mut self) -> Result<f64, Failure> {
        let value = self.value()?;
        value.as_float().ok_or_else(|| self.wrong("a number", &value))
    }

    fn wrong(&self, expected: &str, came: &Value) -> Failure {
        let came = format!("{came:?}");
        Failure::new("FIELD_TYPE_ERROR", [&self.method, &format!("expected {expected}"), &came])
    }
}
