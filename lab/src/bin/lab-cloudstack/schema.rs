//! The calls that the lab answers, read from `schema.txt`.

use std::sync::LazyLock;

use serde_json::{Value, json};

/// A call: what may be asked with it, and what an answer has.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) name: &'static str,
    /// Name of the list in the answer; `-` if the answer is the object itself.
    pub(crate) key: &'static str,
    /// First version that has it: major and minor.
    since: Option<(u32, u32)>,
    asked: Vec<&'static str>,
    /// Type and name.
    fields: Vec<(&'static str, &'static str)>,
}

static COMMANDS: LazyLock<Vec<Command>> = LazyLock::new(|| read(include_str!("schema.txt")));

/// All calls.
pub(crate) fn all() -> &'static [Command] {
    &COMMANDS
}

/// A call by its name, which may be written in capitals or not.
pub(crate) fn command(name: &str) -> Option<&'static Command> {
    all().iter().find(|command| command.name.eq_ignore_ascii_case(name))
}

impl Command {
    /// Whether a server of this version has it.
    pub(crate) fn is_in(&self, version: &str) -> bool {
        let mut parts = version.split('.').map_while(|part| part.parse().ok());
        let version = parts.next().zip(parts.next());
        self.since.is_none_or(|since| version.is_some_and(|version| since <= version))
    }

    /// The call as `listApis` tells it.
    pub(crate) fn described(&self) -> Value {
        let asked = self.asked.iter();
        let params: Vec<_> = asked
            .map(|name| json!({ "name": name, "type": "string", "required": false }))
            .collect();
        let fields = self.fields.iter();
        let response: Vec<_> =
            fields.map(|(kind, name)| json!({ "name": name, "type": kind })).collect();
        let mut described = json!({
            "name": self.name,
            "description": format!("{} of the lab", self.name),
            "isasync": self.name.ends_with("VirtualMachine"),
            "related": "",
            "params": params,
            "response": response,
        });
        if let Some((major, minor)) = self.since {
            described["since"] = format!("{major}.{minor}").into();
        }
        described
    }
}

fn read(text: &'static str) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match (line.strip_prefix("  ").and_then(|line| line.split_once(": ")), commands.last_mut())
        {
            (Some(("asked", names)), Some(command)) => command.asked.extend(names.split(' ')),
            (Some((kind, names)), Some(command)) => {
                command.fields.extend(names.split(' ').map(|name| (kind, name)));
            }
            _ => {
                let mut words = line.split(' ');
                let (name, key) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
                let since = words.next().and_then(|version| {
                    let (major, minor) = version.split_once('.')?;
                    major.parse().ok().zip(minor.parse().ok())
                });
                commands.push(Command { name, key, since, asked: Vec::new(), fields: Vec::new() });
            }
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_schema_is_read() {
        assert!(all().iter().all(|command| !command.key.is_empty() && !command.fields.is_empty()));
        let hosts = command("LISTHOSTS").unwrap();
        assert!(hosts.asked.contains(&"clusterid") && hosts.fields.contains(&("long", "cpuspeed")));
        let metrics = command("listDbMetrics").unwrap();
        assert_eq!((metrics.key, metrics.since), ("dbMetrics", Some((4, 17))));
        assert!(metrics.is_in("4.18.2.0") && !metrics.is_in("4.11.3.0"));
        assert!(hosts.is_in("4.11.3.0"));
    }
}
