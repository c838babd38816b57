//! The configuration: the official generated `snmp.yml`, read strictly.
//!
//! `--config.file` may be given several times, and each is a pattern of file names; auths and modules of all
//! files are joined, and of equals the last one stands. Without the flag, `snmp.yml` in the working folder is
//! read where there is one, and what is built in stands where there is none.
//!
//! Promises: an error names file, line, column and key; secrets are neither printed nor shown by
//! [`Config::shown`]. Refuses to know sockets.

mod auth;
pub(crate) mod duration;
mod kind;
mod module;
mod pattern;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use exporter_kit::config::{Load, parse};
use serde::{Deserialize, Serialize};

pub use auth::{
    Auth, AuthProtocol, Authentication, BadEngineId, EngineId, Environment, Level, PrivProtocol,
    Privacy, Version, WrittenAuth,
};
pub use kind::Type;
pub use module::{EnumValues, Extract, Filter, Index, Lookup, Metric, MetricName, Module, Size};
pub use pattern::{Anchored, Pattern};

use crate::flags::Flags;

/// The file that is read when no flag names one.
const DEFAULT_FILE: &str = "snmp.yml";

/// What the exporter works with.
#[derive(Debug, Clone)]
pub struct Config {
    /// How devices are asked, by name.
    pub auths: BTreeMap<String, Arc<Auth>>,
    /// What is asked of them, by name.
    pub modules: BTreeMap<String, Arc<Module>>,
    written: BTreeMap<String, WrittenAuth>,
}

/// A file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    auths: BTreeMap<String, WrittenAuth>,
    modules: BTreeMap<String, Module>,
    version: u32,
}

impl Load<Flags> for Config {
    fn load(patterns: &[PathBuf], flags: &Flags) -> anyhow::Result<Self> {
        let files = match patterns {
            [] if Path::new(DEFAULT_FILE).exists() => vec![parse::<File>(Path::new(DEFAULT_FILE))?],
            [] => vec![built_in()?],
            patterns => {
                let mut files = Vec::new();
                for pattern in patterns {
                    for path in matching(pattern)? {
                        files.push(parse::<File>(&path)?);
                    }
                }
                files
            }
        };
        let environment = |name: &str| std::env::var(name).ok();
        let environment: Option<Environment<'_>> =
            flags.expand_environment_variables.then_some(&environment);
        Config::joined(files, environment)
    }
}

impl Config {
    /// Joins files, and puts environment variables into user names and passwords where a source is given.
    ///
    /// # Errors
    /// When nothing is configured, or an auth lacks what it needs.
    pub fn joined(
        files: impl IntoIterator<Item = File>,
        environment: Option<Environment<'_>>,
    ) -> anyhow::Result<Self> {
        let mut written = BTreeMap::new();
        let mut modules = BTreeMap::new();
        for file in files {
            written.extend(file.auths);
            modules.extend(file.modules.into_iter().map(|(name, module)| (name, Arc::new(module))));
        }
        anyhow::ensure!(
            !modules.is_empty(),
            "--config.file: no modules in any file, expected some under modules"
        );
        anyhow::ensure!(
            !written.is_empty(),
            "--config.file: no auths in any file, expected some under auths"
        );
        let resolve = |(name, auth): (&String, &WrittenAuth)| {
            let expanded = match environment {
                Some(variable) => auth.clone().expanded(variable),
                None => Ok(auth.clone()),
            };
            let auth = expanded.and_then(|auth| auth.resolve());
            Ok((name.clone(), Arc::new(auth.with_context(|| format!("auths.{name}"))?)))
        };
        let auths = written.iter().map(resolve).collect::<anyhow::Result<_>>()?;
        Ok(Config { auths, modules, written })
    }

    /// The configuration in force as YAML, with `<secret>` in the place of secrets.
    ///
    /// # Errors
    /// When it cannot be written as YAML.
    pub fn shown(&self) -> anyhow::Result<String> {
        #[derive(Serialize)]
        struct Shown<'a> {
            auths: &'a BTreeMap<String, WrittenAuth>,
            modules: BTreeMap<&'a str, &'a Module>,
        }
        let modules =
            self.modules.iter().map(|(name, module)| (name.as_str(), &**module)).collect();
        serde_saphyr::to_string(&Shown { auths: &self.written, modules })
            .context("cannot write the configuration as YAML")
    }
}

/// What stands without any file.
fn built_in() -> anyhow::Result<File> {
    serde_saphyr::from_str(include_str!("../snmp.yml")).context("the built-in configuration")
}

/// The files whose names fit a pattern, by name. A name without wildcards stands for itself.
fn matching(pattern: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let text = pattern.to_str().context("--config.file: is not UTF-8")?;
    if !text.contains(['*', '?', '[']) {
        return Ok(vec![pattern.to_owned()]);
    }
    let paths = glob::glob(text)
        .with_context(|| format!("--config.file: {text:?} is not a pattern of file names"))?;
    paths
        .map(|path| path.with_context(|| format!("--config.file: cannot look for {text}")))
        .collect()
}

#[cfg(test)]
mod tests;
