//! What a server and a role can do, as `listApis` tells it once.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::lenient::{List, Text};
use super::{Call, Client, Error};

/// The calls that this account may make, and their parameters.
#[derive(Debug, Clone, Default)]
pub struct Rights {
    /// `None`: the role may not ask, so each call is tried.
    calls: Option<HashMap<Text, HashSet<Text>>>,
}

#[derive(Deserialize)]
struct Api {
    #[serde(default)]
    name: Text,
    #[serde(default)]
    params: List<Parameter>,
}

#[derive(Deserialize)]
struct Parameter {
    #[serde(default)]
    name: Text,
}

impl Rights {
    /// Whether a call can be made.
    ///
    /// # Errors
    /// [`Error::Right`] when it cannot.
    pub fn check(&self, command: &'static str) -> Result<(), Error> {
        match &self.calls {
            Some(calls) if !calls.contains_key(&Text::from(command)) => {
                Err(Error::Right { command, text: None })
            }
            _ => Ok(()),
        }
    }

    /// Whether a call knows a parameter; yes where nothing is known of the call.
    #[must_use]
    pub fn knows(&self, command: &str, parameter: &str) -> bool {
        let call = self.calls.as_ref().and_then(|calls| calls.get(&Text::from(command)));
        call.is_none_or(|parameters| parameters.contains(&Text::from(parameter)))
    }
}

impl Client {
    /// Asks what this account may do.
    ///
    /// # Errors
    /// When the server does not say; a role without `listApis` is no error.
    pub async fn rights(&self) -> Result<Rights, Error> {
        let call = Call { command: "listApis", key: "api", parameters: &[] };
        match self.call::<Api>(call).await {
            Ok(answer) => {
                let names = |api: Api| {
                    (api.name, api.params.0.into_iter().map(|parameter| parameter.name).collect())
                };
                Ok(Rights { calls: Some(answer.rows.into_iter().map(names).collect()) })
            }
            Err(Error::Right { .. }) => Ok(Rights::default()),
            Err(error) => Err(error),
        }
    }
}
