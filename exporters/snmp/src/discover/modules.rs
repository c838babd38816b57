//! Which modules fit a device.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Device, MANNERS};
use crate::client::{Agent, Error, Session as _, Status};
use crate::config::Module;
use crate::varbind::{Oid, Value};

/// The modules of which the device answers at least one object, by name.
///
/// # Errors
/// When the device does not answer in time.
pub(super) async fn fitting(
    device: &Device,
    modules: &BTreeMap<String, Arc<Module>>,
) -> anyhow::Result<Vec<String>> {
    let late = || Error::Deadline { target: device.target.to_string() };
    let asking = async {
        let session = device.client.connect(&device.target, &device.auth, MANNERS).await?;
        let mut known = HashMap::new();
        let mut fitting = Vec::new();
        for (name, module) in modules {
            if fits(&session, module, &mut known).await? {
                fitting.push(name.clone());
            }
        }
        Ok(fitting)
    };
    tokio::time::timeout_at(device.deadline, asking).await.unwrap_or_else(|_| Err(late().into()))
}

/// Modules share subtrees: each is asked for once.
async fn fits<'a>(
    session: &Agent,
    module: &'a Module,
    known: &mut HashMap<&'a Oid, bool>,
) -> Result<bool, Error> {
    for name in module.walk.iter().chain(&module.get) {
        let has = match known.get(name) {
            Some(has) => *has,
            None => answers(session, name).await?,
        };
        known.insert(name, has);
        if has {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether there is an object below this name, or of this name.
async fn answers(session: &Agent, name: &Oid) -> Result<bool, Error> {
    let next = session.next(name).await?;
    if next.varbinds.iter().any(|found| found.oid.0.starts_with(&name.0) && is_there(&found.value))
    {
        return Ok(true);
    }
    let reply = session.get(std::slice::from_ref(name)).await?;
    Ok(reply.status == Status::NoError && reply.varbinds.iter().any(|found| is_there(&found.value)))
}

fn is_there(value: &Value) -> bool {
    !matches!(value, Value::NoSuchObject | Value::NoSuchInstance | Value::EndOfMibView)
}
