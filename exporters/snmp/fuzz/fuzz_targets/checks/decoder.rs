//! A message, whatever it is, is refused or becomes varbinds that every built-in module can make a page of.

use std::sync::OnceLock;

use bytes::Bytes;
use snmp_exporter::client::decoded;
use snmp_exporter::config::{Config, File};

use super::page;

/// Reads a message as a session does, and counts the samples that it becomes.
pub(crate) fn check(message: &[u8]) -> usize {
    let Some(answers) = decoded(Bytes::copy_from_slice(message)) else { return 0 };
    static BUILT_IN: OnceLock<Config> = OnceLock::new();
    let config = BUILT_IN.get_or_init(|| {
        let file: File = serde_saphyr::from_str(include_str!("../../../snmp.yml")).unwrap();
        Config::joined([file], None).unwrap()
    });
    config.modules.values().map(|module| page::check(module, &answers)).sum()
}
