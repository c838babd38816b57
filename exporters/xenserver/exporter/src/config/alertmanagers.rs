//! An Alertmanager in the configuration.

use std::path::{Path, PathBuf};

use alertmanager::{Address, Auth};
use anyhow::Context as _;
use exporter_kit::Secret;
use serde::Deserialize;

/// An Alertmanager as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenAlertmanager {
    url: String,
    basic_auth: Option<WrittenBasicAuth>,
    bearer_token: Option<Secret>,
    bearer_token_file: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBasicAuth {
    username: String,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
}

impl WrittenAlertmanager {
    pub(super) fn resolve(self, base: &Path) -> anyhow::Result<Address> {
        let WrittenAlertmanager { url, basic_auth, bearer_token, bearer_token_file } = self;
        let token =
            Secret::resolve("bearer_token", bearer_token, bearer_token_file.as_deref(), base)?;
        let auth = match (basic_auth, token) {
            (Some(_), Some(_)) => {
                anyhow::bail!("both basic_auth and bearer_token are set, expected one of them")
            }
            (Some(WrittenBasicAuth { username, password, password_file }), None) => {
                let password =
                    Secret::resolve("password", password, password_file.as_deref(), base)
                        .context("basic_auth")?
                        .context("basic_auth: no password, expected password or password_file")?;
                Auth::Basic { username, password: handed_on(&password) }
            }
            (None, Some(token)) => Auth::Bearer(handed_on(&token)),
            (None, None) => Auth::None,
        };
        Ok(Address::new(&url, auth)?)
    }
}

fn handed_on(secret: &Secret) -> alertmanager::Secret {
    alertmanager::Secret::new(secret.expose().to_owned())
}
