//! The file of one host: what `wisemonitor host` has written for it, and nothing else.
//!
//! Promises: a file is ours while the text below its first line has the checksum that stands there. One that is
//! not ours is never written over and never removed.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

use super::objects::Definition;
use super::text::{Address, Alias, Check, Name};

const HEADER: &str =
    "# Written by `wisemonitor host`, and left alone once it is changed by hand. Checksum: ";

/// What we know of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostFile {
    /// Its name.
    pub(super) name: Name,
    /// The host itself; none where somebody else has defined it and we added services.
    pub(super) host: Option<HostDefinition>,
    /// Services, each with the template that it uses.
    pub(super) checks: Vec<(Name, Check)>,
}

/// A host that we define.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostDefinition {
    pub(super) templates: Vec<Name>,
    pub(super) alias: Option<Alias>,
    pub(super) address: Address,
    pub(super) parents: Vec<Name>,
    /// Groups besides those of the templates.
    pub(super) groups: Vec<Name>,
    /// How snmp-exporter asks it: name of an auth of its configuration.
    pub(super) snmp_auth: Option<Name>,
}

impl HostFile {
    /// Where the file of a host is.
    pub(super) fn path(folder: &Path, name: &Name) -> PathBuf {
        folder.join(format!("{}.cfg", name.escaped()))
    }

    /// The file of a host; none where there is none.
    ///
    /// # Errors
    /// When it is not as it was written here.
    pub(super) fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        let shown = path.display();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
        };
        match HostFile::parse(&text) {
            Some(file) => Ok(Some(file)),
            None => bail!(
                "{shown} was not written by `wisemonitor host`, or was changed since: change it by hand, or move what is yours to another folder"
            ),
        }
    }

    /// All files of ours in a folder, by path, and the paths of those that are not.
    ///
    /// # Errors
    /// When the folder cannot be read; one that is not there is empty.
    pub(super) fn all(folder: &Path) -> anyhow::Result<(Vec<Self>, Vec<PathBuf>)> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Default::default()),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", folder.display()));
            }
        };
        let mut paths =
            entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "cfg"));
        paths.sort();
        let (mut ours, mut others) = (Vec::new(), Vec::new());
        for path in paths {
            match HostFile::read(&path) {
                Ok(file) => ours.extend(file),
                Err(_) => others.push(path),
            }
        }
        Ok((ours, others))
    }

    /// The file's text.
    pub(super) fn text(&self) -> String {
        let body = self.definitions();
        format!("{HEADER}{}\n{body}", checksum(&body))
    }

    fn definitions(&self) -> String {
        let HostFile { name, host, checks } = self;
        let mut text = String::new();
        if let Some(HostDefinition { templates, alias, address, parents, groups, snmp_auth }) = host
        {
            let mut directives = vec![
                ("use", list(templates)),
                ("host_name", name.to_string()),
                ("address", address.as_str().to_owned()),
            ];
            directives.extend(alias.iter().map(|alias| ("alias", alias.as_str().to_owned())));
            let lists = [("parents", "", parents), ("hostgroups", "+", groups)];
            let lists = lists.into_iter().filter(|(_, _, names)| !names.is_empty());
            directives
                .extend(lists.map(|(key, sign, names)| (key, format!("{sign}{}", list(names)))));
            directives.extend(snmp_auth.iter().map(|auth| ("_SNMP_AUTH", auth.to_string())));
            define(&mut text, "host", &directives);
        }
        for (template, Check { service, command }) in checks {
            let directives = [
                ("use", template.to_string()),
                ("host_name", name.to_string()),
                ("service_description", service.to_string()),
                ("check_command", command.clone()),
            ];
            define(&mut text, "service", &directives);
        }
        text
    }

    /// None for what is not exactly as [`HostFile::text`] writes it.
    fn parse(text: &str) -> Option<Self> {
        let (header, body) = text.split_once('\n')?;
        if header.strip_prefix(HEADER)? != checksum(body) {
            return None;
        }
        let definitions = Definition::all(body);
        let name = definitions.first()?.value("host_name")?.parse().ok()?;
        let of_kind = |kind| definitions.iter().filter(move |definition| definition.kind == kind);
        let host = match of_kind("host").next() {
            Some(definition) => Some(host(definition)?),
            None => None,
        };
        let checks = of_kind("service").map(check).collect::<Option<_>>()?;
        let file = HostFile { name, host, checks };
        (file.definitions() == body).then_some(file)
    }
}

fn host(definition: &Definition<'_>) -> Option<HostDefinition> {
    let names = |key| -> Option<Vec<Name>> {
        let text = definition.value(key).unwrap_or_default().trim_start_matches('+');
        text.split(',').filter(|name| !name.is_empty()).map(|name| name.parse().ok()).collect()
    };
    Some(HostDefinition {
        templates: names("use")?,
        alias: definition.value("alias").and_then(|alias| alias.parse().ok()),
        address: definition.value("address")?.parse().ok()?,
        parents: names("parents")?,
        groups: names("hostgroups")?,
        snmp_auth: definition.value("_SNMP_AUTH").and_then(|auth| auth.parse().ok()),
    })
}

fn check(definition: &Definition<'_>) -> Option<(Name, Check)> {
    let template = definition.value("use")?.parse().ok()?;
    let service = definition.value("service_description")?;
    let check = format!("{service}={}", definition.value("check_command")?);
    Some((template, check.parse().ok()?))
}

fn define(text: &mut String, kind: &str, directives: &[(&str, String)]) {
    // Writing into a String cannot fail.
    let _ = writeln!(text, "define {kind} {{");
    for (name, value) in directives {
        let _ = writeln!(text, "    {name:23} {value}");
    }
    text.push_str("}\n");
}

fn list(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(",")
}

fn checksum(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Vec<Name> {
        all.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn file() -> HostFile {
        let check = |text: &str| ("every-service".parse().unwrap(), text.parse().unwrap());
        HostFile {
            name: "web 1".parse().unwrap(),
            host: Some(HostDefinition {
                templates: names(&["linux", "every-host"]),
                alias: Some("The +first, {web}".parse().unwrap()),
                address: "192.0.2.1".parse().unwrap(),
                parents: names(&["switch"]),
                groups: names(&["web", "berlin"]),
                snmp_auth: Some("public_v2".parse().unwrap()),
            }),
            checks: vec![check("ping=check-ping"), check("check-http!80!--url=/a=b")],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = HostFile::path(folder.path(), &file().name);
        assert_eq!(HostFile::read(&path).unwrap(), None);
        let only_services = HostFile { host: None, ..file() };
        let mut bare = file();
        let host = bare.host.as_mut().unwrap();
        (host.alias, host.snmp_auth) = (None, None);
        (host.parents, host.groups, bare.checks) = (Vec::new(), Vec::new(), Vec::new());
        for file in [file(), only_services, bare] {
            fs::write(&path, file.text()).unwrap();
            assert_eq!(HostFile::read(&path).unwrap(), Some(file));
        }
        assert_eq!(HostFile::all(folder.path()).unwrap().0.len(), 1);
    }

    #[test]
    fn what_others_wrote_is_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.cfg");
        let ours = file().text();
        for theirs in [
            ours.replace("192.0.2.1", "192.0.2.2"),
            ours.clone() + "# a remark\n",
            ours.replace(HEADER, "# "),
            file().definitions(),
            String::new(),
        ] {
            fs::write(&path, &theirs).unwrap();
            let error = HostFile::read(&path).unwrap_err().to_string();
            assert!(error.contains("x.cfg was not written by"), "{error}");
            assert_eq!(HostFile::all(folder.path()).unwrap(), (vec![], vec![path.clone()]));
        }
    }
}
