//! Faults of the lab's simulators, which their control interfaces list, begin and end: `GET /faults`,
//! `PUT` and `DELETE /faults/NAME?KEY=VALUE`.

use std::net::SocketAddrV4;

use anyhow::{Context as _, anyhow, ensure};
use serde::{Deserialize, Serialize};

use crate::http::{self, Answer};

/// What can be wrong with a simulator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    /// Its name, such as `host-down`.
    pub(crate) name: String,
    /// One line for who is to choose.
    pub(crate) description: String,
}

/// How a fault is set beyond its name, such as `pool=lab-pool-1`: plain characters only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Setting(String);

impl std::str::FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
        match text.split_once('=') {
            Some((key, value))
                if !key.is_empty() && key.chars().chain(value.chars()).all(is_plain) =>
            {
                Ok(Setting(text.to_owned()))
            }
            _ => Err(format!("`{text}`: expected KEY=VALUE, such as pool=lab-pool-1")),
        }
    }
}

/// All faults that a simulator knows.
///
/// # Errors
/// When it does not answer.
pub(crate) async fn faults(control: SocketAddrV4) -> anyhow::Result<Vec<Fault>> {
    let Answer { status, body } = http::get(control, "/faults").await?;
    ensure!(status == 200, "{control} answers GET /faults with status {status}, expected 200");
    serde_json::from_str(&body)
        .with_context(|| format!("{control} answers GET /faults with no list"))
}

/// Begins a fault.
///
/// # Errors
/// When there is no such fault, or the simulator refuses a setting.
pub(crate) async fn begin(
    control: SocketAddrV4,
    name: &str,
    settings: &[Setting],
) -> anyhow::Result<()> {
    let settings: Vec<_> = settings.iter().map(|Setting(text)| text.as_str()).collect();
    set(control, "PUT", name, &settings.join("&")).await
}

/// Ends a fault, wherever it is.
///
/// # Errors
/// When there is no such fault.
pub(crate) async fn end(control: SocketAddrV4, name: &str) -> anyhow::Result<()> {
    set(control, "DELETE", name, "").await
}

async fn set(control: SocketAddrV4, method: &str, name: &str, query: &str) -> anyhow::Result<()> {
    let known = faults(control).await?;
    let names: Vec<_> = known.iter().map(|fault| fault.name.as_str()).collect();
    ensure!(
        names.contains(&name),
        "there is no fault `{name}`, expected one of {}",
        names.join(", ")
    );
    let Answer { status, body } =
        http::exchange(control, method, &format!("/faults/{name}?{query}")).await?;
    match status {
        200..300 => Ok(()),
        _ => Err(anyhow!("fault `{name}`: {}", body.trim())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_a_key_and_a_plain_value() {
        assert_eq!("host=127.0.1.1:10443".parse(), Ok(Setting("host=127.0.1.1:10443".into())));
        for wrong in ["host", "=x", "a=b&c=d", "a=b c", "a=b\r\n"] {
            assert!(wrong.parse::<Setting>().unwrap_err().contains("KEY=VALUE"), "{wrong}");
        }
    }
}
