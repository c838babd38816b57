//! The stage of the other tests: an exporter, a module that speaks to it, a real Alertmanager.

#[expect(dead_code, reason = "the other tests use more of it")]
#[path = "../scrape/stage/alertmanager.rs"]
mod alertmanager;
#[expect(dead_code, reason = "the other tests use more of it")]
#[path = "../scrape/stage/exporter.rs"]
mod exporter;
#[expect(dead_code, reason = "the other tests use more of it")]
#[path = "../scrape/stage/module.rs"]
mod module;

pub(crate) use crate::ports::free_port;
pub(crate) use crate::until as eventually;
pub(crate) use alertmanager::Alertmanager;
pub(crate) use exporter::Exporter;
pub(crate) use module::{Module, checked, host, service, state};

/// Nothing in these tests takes this long unless it fails.
const LIMIT: std::time::Duration = crate::PATIENCE;
