//! The messages of perfmon: an `ALARM` with the value in its first line, and the variable that it is about.

use crate::clock;
use crate::database::Ref;
use crate::pool::State;
use crate::value::Value;

/// How urgent an alarm is, on XenAPI's scale, where its setting does not say it.
const PRIORITY: i64 = 3;

/// Writes the alarm of a variable of a VM.
pub(crate) fn write(state: &mut State, vm: &str, variable: &str, value: f64) -> Option<Ref> {
    let fields = state.database.get("VM", vm)?;
    let uuid = fields.text("uuid").to_owned();
    let settings = fields.get("other_config").and_then(Value::as_map);
    let settings = settings.map_or("", |other| other.text("perfmon"));
    let settings = of(settings, variable).map_or_else(|| default(variable), str::to_owned);
    let body = format!("value: {value:.6}\nconfig:\n{settings}\n");
    Some(state.message(("ALARM", PRIORITY), ("VM", &uuid), &body, clock::now()))
}

/// A setting of perfmon for a variable.
pub(crate) fn setting(variable: &str, level: f64, period: u32) -> String {
    format!(
        "<variable><name value=\"{variable}\"/><alarm_trigger_level value=\"{level}\"/>\
         <alarm_trigger_period value=\"{period}\"/></variable>"
    )
}

/// The part of the settings that is about a variable.
fn of<'a>(settings: &'a str, variable: &str) -> Option<&'a str> {
    const END: &str = "</variable>";
    let name = format!("<name value=\"{variable}\"/>");
    let mut rest = settings;
    while let Some(start) = rest.find("<variable>") {
        let end = start + rest[start..].find(END)? + END.len();
        if rest[start..end].contains(&name) {
            return Some(&rest[start..end]);
        }
        rest = &rest[end..];
    }
    None
}

fn default(variable: &str) -> String {
    setting(variable, 0.9, 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_found() {
        let settings =
            format!("<config>{}{}</config>", setting("a", 0.1, 60), setting("b", 0.2, 60));
        assert_eq!(of(&settings, "b"), Some(&*setting("b", 0.2, 60)));
        assert_eq!(of(&settings, "c"), None);
    }
}
