//! A device that `wisemonitor host` makes a target of Prometheus: a file of its own, which `traffic` finds as
//! it finds those that people write.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::files::{self, Device, Files};

const HEADER: &str =
    "# Written by `wisemonitor host`, which leaves it alone once it is changed by hand.\n";

/// Where the target of a device is written; `file_name` is the device's name as a part of a file name.
pub(crate) fn path(folder: &Path, file_name: &str) -> PathBuf {
    folder.join(format!("snmp-targets-host-{file_name}.yml"))
}

/// The file's text.
///
/// # Errors
/// When a text cannot be written as YAML.
pub(crate) fn text(name: &str, address: &str, auth: &str) -> anyhow::Result<String> {
    let device = Device { name: name.into(), address: address.into(), auth: auth.into() };
    files::text(HEADER, &vec![files::group(&device)])
}

/// # Errors
/// When a file of the folder names such a device already, or none can be there.
pub(crate) fn ensure_new(folder: &Path, name: &str) -> anyhow::Result<()> {
    if let Some((_, path)) = Files::open(folder.to_owned())?.device(name)? {
        anyhow::bail!("--snmp-auth: {} names a device {name:?} already", path.display());
    }
    Ok(())
}

/// # Errors
/// When the file is there and has another text.
pub(crate) fn ensure_ours(path: &Path, text: &str) -> anyhow::Result<()> {
    let shown = path.display();
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        found => {
            ensure!(
                found.with_context(|| format!("cannot read {shown}"))? == text,
                "{shown} was not written by `wisemonitor host`, or was changed since: move what is yours to another file and remove this one"
            );
            Ok(())
        }
    }
}
