//! Object definitions as Nagios writes them: one directive a line between `define KIND {` and `}`.

use std::collections::{BTreeMap, BTreeSet};

/// One definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition<'a> {
    /// `host`, `service` and so on.
    pub(super) kind: &'a str,
    directives: Vec<(&'a str, &'a str)>,
}

/// The hosts and services of a whole configuration, with templates and groups resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Objects {
    hosts: BTreeMap<String, Host>,
}

/// A host as a configuration has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Host {
    /// `address`.
    pub(super) address: String,
    /// `service_description` of each of its services.
    pub(super) services: BTreeSet<String>,
}

impl<'a> Definition<'a> {
    /// All definitions of a file.
    pub(super) fn all(text: &'a str) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        let mut open = false;
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if let Some(kind) = line.strip_prefix("define ").and_then(|rest| rest.strip_suffix('{'))
            {
                found.push(Definition { kind: kind.trim(), directives: Vec::new() });
                open = true;
            } else if line == "}" {
                open = false;
            } else if let (true, Some(last), Some((name, value))) =
                (open, found.last_mut(), line.split_once(char::is_whitespace))
            {
                last.directives.push((name, value.trim()));
            }
        }
        found
    }

    /// The value of a directive.
    pub(super) fn value(&self, name: &str) -> Option<&'a str> {
        self.directives.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

impl Objects {
    /// What a precached object file says.
    pub(super) fn of_precache(text: &str) -> Self {
        let mut objects = Objects::default();
        for definition in Definition::all(text) {
            let Some(name) = definition.value("host_name") else { continue };
            match definition.kind {
                "host" => {
                    let address = definition.value("address").unwrap_or(name).to_owned();
                    objects.hosts.entry(name.into()).or_default().address = address;
                }
                "service" => {
                    let service = definition.value("service_description").unwrap_or_default();
                    objects.hosts.entry(name.into()).or_default().services.insert(service.into());
                }
                _ => {}
            }
        }
        objects
    }

    /// A host by its name.
    pub(super) fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.get(name)
    }

    /// The name of the first host that fits.
    pub(super) fn find(&self, fits: impl Fn(&Host) -> bool) -> Option<&str> {
        self.hosts.iter().find(|(_, host)| fits(host)).map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRECACHE: &str = "\
# a remark
define command {
\tcommand_name\tcheck
\t}
define host {
\thost_name\tweb
\taddress\t192.0.2.1
\t}

define host {
\thost_name\tbare name
\t}
define service {
\thost_name\tweb
\tservice_description\ta page
\t}
define hostescalation {
\thost_name\tother
\t}
";

    #[test]
    fn hosts_have_an_address_and_services() {
        let objects = Objects::of_precache(PRECACHE);
        let web = Host { address: "192.0.2.1".into(), services: ["a page".to_owned()].into() };
        assert_eq!(objects.host("web"), Some(&web));
        assert_eq!(objects.host("bare name").unwrap().address, "bare name");
        assert_eq!((objects.host("other"), objects.host("check")), (None, None));
        assert_eq!(objects.find(|host| host.address == "192.0.2.1"), Some("web"));
    }
}
