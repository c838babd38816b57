//! Who is told: the first rule that matches decides, unless it says `continue`.

use std::fmt;
use std::sync::Arc;

use regex::Regex;

use crate::alert::{Content, Severity};
use crate::contact::Contact;

/// One rule.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) matches: Match,
    /// Each once, members of groups among them.
    pub(crate) contacts: Vec<Arc<Contact>>,
    pub(crate) goes_on: bool,
}

/// What must hold of an alert. Without any condition, all alerts match.
#[derive(Debug, Default)]
pub(crate) struct Match {
    /// It is at least so bad.
    pub(crate) severity: Option<Severity>,
    /// Each expression is found somewhere in its text.
    pub(crate) patterns: Vec<(Field, Regex)>,
}

/// A text of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    Label(String),
    Output,
}

/// Why a rule does not match, in words.
#[derive(Debug)]
pub(crate) enum Mismatch<'a> {
    Severity { is: Severity, expected: Severity },
    Text { field: &'a Field, is: &'a str, expected: &'a Regex },
}

impl Match {
    /// The first condition that does not hold.
    pub(crate) fn mismatch<'a>(
        &'a self,
        content: &'a Content,
        severity: Severity,
    ) -> Option<Mismatch<'a>> {
        let Match { severity: floor, patterns } = self;
        if let Some(expected) = floor.filter(|floor| severity < *floor) {
            return Some(Mismatch::Severity { is: severity, expected });
        }
        patterns.iter().find_map(|(field, expected)| {
            let is = field.of(content);
            (!expected.is_match(is)).then_some(Mismatch::Text { field, is, expected })
        })
    }
}

impl Field {
    fn of<'a>(&self, content: &'a Content) -> &'a str {
        match self {
            Field::Label(name) => content.label(name),
            Field::Output => content.output(),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::Label(name) => name,
            Field::Output => "output",
        })
    }
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::Severity { is, expected } => {
                write!(f, "severity {is} is below {expected}")
            }
            Mismatch::Text { field, is: "", expected } => {
                write!(f, "it has no {field}, expected one with `{expected}`")
            }
            Mismatch::Text { field, is, expected } => {
                write!(f, "`{expected}` is not found in {field} `{is}`")
            }
        }
    }
}

/// The contacts that the rules name for an alert, in their order, each once. None when no rule matches; a rule
/// may also say that nobody is told. Whether a contact wants to be told of this severity is not asked here.
pub(crate) fn contacts(
    routes: &[Route],
    content: &Content,
    severity: Severity,
) -> Option<Vec<Arc<Contact>>> {
    let matches = |route: &&Route| route.matches.mismatch(content, severity).is_none();
    let mut matching = routes.iter().filter(matches).peekable();
    matching.peek()?;
    let mut told: Vec<Arc<Contact>> = Vec::new();
    for route in matching {
        for contact in &route.contacts {
            if told.iter().all(|known| known.name != contact.name) {
                told.push(Arc::clone(contact));
            }
        }
        if !route.goes_on {
            break;
        }
    }
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Pairs;
    use crate::contact::tests::contact;

    fn route(host: &str, output: &str, contacts: &[&str], goes_on: bool) -> Route {
        let patterns = [(Field::Label("host".into()), host), (Field::Output, output)]
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(field, text)| (field, Regex::new(text).unwrap()))
            .collect();
        Route {
            matches: Match { severity: None, patterns },
            contacts: contacts.iter().map(|name| Arc::new(contact(name))).collect(),
            goes_on,
        }
    }

    fn content(host: &str, output: &str) -> Content {
        Content {
            labels: Pairs::from([("host".into(), host.into())]),
            annotations: Pairs::from([("output".into(), output.into())]),
            link: String::new(),
        }
    }

    /// Who is told of a critical alert; none when no rule matches.
    fn told(routes: &[Route], host: &str, output: &str) -> Option<Vec<String>> {
        let told = contacts(routes, &content(host, output), Severity::Critical)?;
        Some(told.iter().map(|contact| contact.name.clone()).collect())
    }

    fn names(names: &[&str]) -> Option<Vec<String>> {
        Some(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn the_first_match_decides_and_continue_adds() {
        let routes = [
            route("^db", "", &["dba"], true),
            route("", "磁盘|disk", &["storage", "dba"], false),
            route("^web-", "", &["web"], false),
        ];
        assert_eq!(told(&routes, "db-1", "磁盘已满"), names(&["dba", "storage"]));
        assert_eq!(told(&routes, "db-1", "slow"), names(&["dba"]));
        assert_eq!(told(&routes, "web-1", "disk full"), names(&["storage", "dba"]));
        assert_eq!(told(&routes, "web-1", "slow"), names(&["web"]));
        assert_eq!(told(&routes, "printer", "paper"), None);
    }

    #[test]
    fn all_expressions_of_a_rule_must_match_and_none_matches_all() {
        let both = [route("^db", "disk", &["dba"], false)];
        assert_eq!(told(&both, "db-1", "slow"), None);
        assert_eq!(told(&both, "db-1", "disk full"), names(&["dba"]));
        assert_eq!(told(&[route("", "", &["all"], false)], "x", ""), names(&["all"]));
    }

    #[test]
    fn a_rule_may_say_that_nobody_is_told() {
        assert_eq!(told(&[route("", "", &[], false)], "x", ""), names(&[]));
    }

    #[test]
    fn a_rule_may_begin_at_a_severity() {
        let mut routes = [route("", "", &["chief"], true), route("", "", &["duty"], false)];
        routes[0].matches.severity = Some(Severity::Critical);
        let told = |severity| contacts(&routes, &content("x", ""), severity).unwrap().len();
        assert_eq!((told(Severity::Critical), told(Severity::Unknown)), (2, 1));
    }

    #[test]
    fn what_does_not_match_is_said() {
        let routes = [route("^db", "full", &[], false)];
        let why = |host, output| {
            let content = content(host, output);
            let mismatch = routes[0].matches.mismatch(&content, Severity::Info);
            mismatch.map(|why| why.to_string())
        };
        assert_eq!(why("web", "full").unwrap(), "`^db` is not found in host `web`");
        assert_eq!(why("db-1", "").unwrap(), "it has no output, expected one with `full`");
        assert_eq!(why("db-1", "full"), None);
        let floor = Match { severity: Some(Severity::Critical), patterns: Vec::new() };
        let why = floor.mismatch(&Content::default(), Severity::Warning).map(|why| why.to_string());
        assert_eq!(why.unwrap(), "severity warning is below critical");
    }
}
