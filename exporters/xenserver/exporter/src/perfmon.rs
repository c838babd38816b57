//! Alarm settings, as `other_config:perfmon` holds them, and the bodies of ALARM messages. Pure.
//!
//! XAPI's perfmon takes the defaults that stand here where a setting is missing. Text that is no XML holds no
//! variables.

use std::time::Duration;

use roxmltree::{Document, Node};

/// One variable that XAPI watches.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    /// What is watched: `cpu_usage`, `network_usage`.
    pub(crate) name: String,
    /// From where on it is an alarm.
    pub(crate) level: f64,
    /// Which side of the level is the bad one.
    pub(crate) sense: Sense,
    /// How long the level must be passed.
    pub(crate) period: Duration,
}

/// Which side of a level is the bad one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    /// Above.
    High,
    /// Below.
    Low,
}

impl Sense {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Low => "low",
        }
    }
}

/// The variables of a `perfmon` setting.
pub(crate) fn variables(xml: &str) -> Vec<Variable> {
    let Ok(document) = Document::parse(xml) else { return Vec::new() };
    document.descendants().filter(|node| node.has_tag_name("variable")).filter_map(read).collect()
}

fn read(node: Node<'_, '_>) -> Option<Variable> {
    let text = |name: &str| {
        let child = node.children().find(|child| child.has_tag_name(name))?;
        child.attribute("value")
    };
    let name = text("name")?.to_owned();
    let sense = match text("alarm_trigger_sense") {
        Some("low") => Sense::Low,
        Some(_) => Sense::High,
        // Little free memory is bad, whoever forgot to say so.
        None if name == "memory_free_kib" => Sense::Low,
        None => Sense::High,
    };
    let level = text("alarm_trigger_level").and_then(|text| text.trim().parse().ok());
    let period = text("alarm_trigger_period").and_then(|text| text.trim().parse().ok());
    Some(Variable {
        level: level.or_else(|| usual_level(&name))?,
        sense,
        period: Duration::from_secs(period.unwrap_or(60)),
        name,
    })
}

/// XAPI's levels of the variables that have one.
fn usual_level(name: &str) -> Option<f64> {
    match name {
        "cpu_usage" | "fs_usage" | "log_fs_usage" => Some(0.9),
        "mem_usage" => Some(0.95),
        _ => None,
    }
}

/// What the body of an ALARM message says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alarm {
    /// The value that passed the level.
    pub(crate) value: f64,
    /// The setting that was passed.
    pub(crate) variable: Variable,
}

impl Alarm {
    /// Reads `value: 0.95`, `config:` and the variable's XML.
    pub(crate) fn read(body: &str) -> Option<Self> {
        let (value, config) = body.split_once("config:")?;
        let value = value.trim().strip_prefix("value:")?.trim().parse().ok()?;
        let variable = variables(config.trim()).pop()?;
        Some(Alarm { value, variable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPU: &str = "<variable><name value=\"cpu_usage\"/><alarm_trigger_level value=\"0.5\"/>\
                       <alarm_trigger_period value=\"300\"/></variable>";

    #[test]
    fn settings_have_the_defaults_of_perfmon() {
        let found = variables(&format!(
            "<config>{CPU}<variable><name value=\"mem_usage\"/></variable>\
             <variable><name value=\"memory_free_kib\"/><alarm_trigger_level value=\"1024\"/></variable>\
             <variable><name value=\"other\"/></variable></config>"
        ));
        let found: Vec<_> =
            found.iter().map(|v| (&*v.name, v.level, v.sense.name(), v.period.as_secs())).collect();
        assert_eq!(
            found,
            [
                ("cpu_usage", 0.5, "high", 300),
                ("mem_usage", 0.95, "high", 60),
                ("memory_free_kib", 1024.0, "low", 60)
            ]
        );
        assert!(variables("no XML").is_empty());
    }

    #[test]
    fn an_alarm_tells_value_and_level() {
        let alarm = Alarm::read(&format!("value: 0.970000\nconfig:\n{CPU}\n")).unwrap();
        assert_eq!((alarm.value, alarm.variable.level), (0.97, 0.5));
        for body in ["", "value: x\nconfig:\n", "config:\n", "value: 1\nconfig:\n<variable>"] {
            assert_eq!(Alarm::read(body), None, "{body}");
        }
    }
}
