//! The table of what has been added.

use super::file::{HostDefinition, HostFile};
use super::or_none;
use super::place::Site;
use super::text::{Alias, Name};
use crate::table;

/// One line a host; files that are not ours are named below.
///
/// # Errors
/// When the folder cannot be read.
pub(super) fn of(site: &Site) -> anyhow::Result<String> {
    let (files, others) = HostFile::all(&site.hosts)?;
    let headings = ["HOST", "ADDRESS", "ALIAS", "TEMPLATES", "PARENTS", "GROUPS", "SNMP", "CHECKS"];
    let names = |names: &[Name]| or_none(&names.iter().map(Name::as_str).collect::<Vec<_>>());
    let mut text = table::columns(
        headings,
        files.iter().map(|HostFile { name, host, checks }| {
            let checks: Vec<_> = checks.iter().map(|(_, check)| check.service.as_str()).collect();
            let of = |field: fn(&HostDefinition) -> Option<&str>| {
                host.as_ref().and_then(field).unwrap_or("-").to_owned()
            };
            let all = |field: fn(&HostDefinition) -> &[Name]| {
                host.as_ref().map_or_else(|| "-".into(), |host| names(field(host)))
            };
            [
                name.to_string(),
                of(|host| Some(host.address.as_str())),
                of(|host| host.alias.as_ref().map(Alias::as_str)),
                all(|host| &host.templates),
                all(|host| &host.parents),
                all(|host| &host.groups),
                of(|host| host.snmp_auth.as_ref().map(Name::as_str)),
                or_none(&checks),
            ]
        }),
    );
    for path in others {
        text += &format!("{}: not ours, or changed since it was written\n", path.display());
    }
    Ok(text)
}
