//! The text of a message: short, readable on a phone, in the reader's language.

pub(crate) mod digest;
pub(crate) mod segments;
pub(crate) mod template;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tracing::warn;

use crate::alert::Severity;
use crate::contact::Contact;
use crate::episode::{Episode, Reason, Transition};
use template::Words;

/// The language a contact reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    #[default]
    En,
    Zh,
}

/// Writes the message for one transition, for example
/// `[CRITICAL] web-1 / http: connection refused (12:45:10)`. The time is the episode's start, or its end. `code`
/// stands in the brackets, as `#7`: a reply with it takes the episode on. A contact's template arranges it otherwise.
pub(crate) fn message(
    episode: &Episode,
    transition: Transition,
    code: Option<u16>,
    contact: &Contact,
) -> String {
    let Contact { language, time_zone, template, .. } = contact;
    let language = *language;
    let title = episode.content.title();
    let severity = severity_name(episode.severity, language);
    let (colon, comma) = match language {
        Language::En => (": ", ", "),
        Language::Zh => ("：", "，"),
    };
    let (tag, detail) = match transition {
        Transition::Firing => (severity.to_owned(), one_line(episode.content.output())),
        Transition::Repeat { .. } => {
            let tag = match language {
                Language::En => format!("STILL {severity}"),
                Language::Zh => format!("仍为{severity}"),
            };
            (tag, one_line(episode.content.output()))
        }
        Transition::Severity { previous, .. } => {
            let previous = severity_name(previous, language);
            let tag = match language {
                Language::En => format!("{severity}, was {previous}"),
                Language::Zh => format!("{previous}→{severity}"),
            };
            (tag, one_line(episode.content.output()))
        }
        Transition::Resolved(reason) => {
            let lasted = lasted(episode, language);
            match (reason, language) {
                (Reason::Told, Language::En) => {
                    ("RESOLVED".into(), format!("was {severity}{comma}{lasted}"))
                }
                (Reason::Told, Language::Zh) => {
                    ("恢复".into(), format!("曾为{severity}{comma}{lasted}"))
                }
                (Reason::Vanished, Language::En) => (
                    "CLOSED".into(),
                    format!("was {severity}{comma}no longer known to Alertmanager"),
                ),
                (Reason::Vanished, Language::Zh) => {
                    ("关闭".into(), format!("曾为{severity}{comma}Alertmanager 已无此告警"))
                }
            }
        }
    };
    let at = episode.ended_at.unwrap_or(episode.started_at);
    let time = clock(at, time_zone);
    if let Some(template) = template {
        let words = Words { tag: &tag, code, title: &title, detail: &detail, time: &time };
        match template.render(words, &episode.content) {
            Ok(text) => return text,
            Err(error) => warn!(title, %error, "the template fails here: the default text is sent"),
        }
    }
    let detail = if detail.is_empty() { detail } else { format!("{colon}{detail}") };
    let code = code.map(|code| format!(" #{code}")).unwrap_or_default();
    format!("[{tag}{code}] {title}{detail} ({time})")
}

/// A text in one line, without what is no character on a phone.
fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn severity_name(severity: Severity, language: Language) -> &'static str {
    match (language, severity) {
        (Language::En, Severity::Info) => "INFO",
        (Language::En, Severity::Warning) => "WARNING",
        (Language::En, Severity::Unknown) => "UNKNOWN",
        (Language::En, Severity::Critical) => "CRITICAL",
        (Language::Zh, Severity::Info) => "信息",
        (Language::Zh, Severity::Warning) => "警告",
        (Language::Zh, Severity::Unknown) => "未知",
        (Language::Zh, Severity::Critical) => "严重",
    }
}

/// How long an episode lasted, in its two largest units.
fn lasted(episode: &Episode, language: Language) -> String {
    let end = episode.ended_at.unwrap_or(episode.started_at);
    let length = end.duration_since(episode.started_at).max(SignedDuration::ZERO).as_secs();
    let units = match language {
        Language::En => [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")],
        Language::Zh => [(86_400, "天"), (3_600, "小时"), (60, "分"), (1, "秒")],
    };
    let first = units.iter().position(|(size, _)| length >= *size).unwrap_or(units.len() - 1);
    let mut rest = length;
    let parts = units[first..].iter().take(2).filter_map(|(size, name)| {
        let count = rest / size;
        rest %= size;
        (count > 0 || length == 0).then(|| format!("{count}{name}"))
    });
    let text = parts.collect::<Vec<_>>().join(" ");
    match language {
        Language::En => format!("for {text}"),
        Language::Zh => format!("持续{}", text.replace(' ', "")),
    }
}

fn clock(at: Timestamp, time_zone: &TimeZone) -> String {
    at.to_zoned(time_zone.clone()).strftime("%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use super::template::Template;
    use crate::alert::{Content, Pairs};
    use crate::contact::tests::contact;

    fn episode(output: &str) -> Episode {
        let pairs = |list: &[(&str, &str)]| {
            list.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect::<Pairs>()
        };
        Episode {
            content: Content {
                labels: pairs(&[("host", "web-1"), ("service", "http")]),
                annotations: pairs(&[("output", output)]),
                link: String::new(),
            },
            severity: Severity::Critical,
            changes: 0,
            started_at: "2026-03-01T12:45:10Z".parse().unwrap(),
            resolve_at: None,
            ended_at: None,
        }
    }

    fn reader(language: Language) -> Contact {
        Contact { language, time_zone: TimeZone::UTC, ..contact("duty") }
    }

    fn write(episode: &Episode, transition: Transition, language: Language) -> String {
        message(episode, transition, None, &reader(language))
    }

    #[test]
    fn a_new_problem() {
        let episode = episode("connection\nrefused\u{7}");
        assert_eq!(
            write(&episode, Transition::Firing, Language::En),
            "[CRITICAL] web-1 / http: connection refused (12:45:10)"
        );
        assert_eq!(
            write(&episode, Transition::Firing, Language::Zh),
            "[严重] web-1 / http：connection refused (12:45:10)"
        );
    }

    #[test]
    fn a_change_of_severity_names_both() {
        let change = Transition::Severity { nth: 1, previous: Severity::Warning };
        assert_eq!(
            write(&episode("slow"), change, Language::En),
            "[CRITICAL, was WARNING] web-1 / http: slow (12:45:10)"
        );
        assert_eq!(
            write(&episode("慢"), change, Language::Zh),
            "[警告→严重] web-1 / http：慢 (12:45:10)"
        );
    }

    #[test]
    fn what_is_told_again_says_so_and_how_to_take_it_on() {
        let again = |language| {
            let transition = Transition::Repeat { nth: 2 };
            message(&episode("slow"), transition, Some(7), &reader(language))
        };
        assert_eq!(again(Language::En), "[STILL CRITICAL #7] web-1 / http: slow (12:45:10)");
        assert_eq!(again(Language::Zh), "[仍为严重 #7] web-1 / http：slow (12:45:10)");
    }

    #[test]
    fn a_recovery_tells_how_long_it_was_and_not_the_old_output() {
        let mut episode = episode("connection refused");
        episode.ended_at = Some("2026-03-01T13:57:12Z".parse().unwrap());
        let told = Transition::Resolved(Reason::Told);
        assert_eq!(
            write(&episode, told, Language::En),
            "[RESOLVED] web-1 / http: was CRITICAL, for 1h 12min (13:57:12)"
        );
        assert_eq!(
            write(&episode, told, Language::Zh),
            "[恢复] web-1 / http：曾为严重，持续1小时12分 (13:57:12)"
        );
        let vanished = write(&episode, Transition::Resolved(Reason::Vanished), Language::En);
        assert_eq!(
            vanished,
            "[CLOSED] web-1 / http: was CRITICAL, no longer known to Alertmanager (13:57:12)"
        );
    }

    #[test]
    fn the_time_is_the_readers() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let reader = Contact { time_zone: shanghai, ..reader(Language::En) };
        let text = message(&episode(""), Transition::Firing, None, &reader);
        assert_eq!(text, "[CRITICAL] web-1 / http (20:45:10)");
    }

    #[test]
    fn a_template_arranges_it_and_one_that_fails_stops_no_message() {
        let text = |source: &str| {
            let template = Some(Arc::new(Template::new(source.into()).unwrap()));
            let reader = Contact { template, ..reader(Language::Zh) };
            message(&episode("慢 & \"slow\""), Transition::Firing, Some(7), &reader)
        };
        let arranged =
            "{{ labels.host }}|{{ labels.team }}|{{ tag }}|{{ detail }}|{{ time }}|{{ code }}";
        assert_eq!(text(arranged), "web-1||严重|慢 & \"slow\"|12:45:10|7");
        let fails = "{% if labels.host %}{{ labels.host / 2 }}{% endif %}";
        assert_eq!(text(fails), "[严重 #7] web-1 / http：慢 & \"slow\" (12:45:10)");
        assert!(Template::new("{{ tag".into()).is_err());
    }

    #[test]
    fn no_time_at_all_is_zero_seconds() {
        let mut episode = episode("");
        episode.ended_at = Some(episode.started_at);
        assert!(
            write(&episode, Transition::Resolved(Reason::Told), Language::En).contains("for 0s (")
        );
    }
}
