//! Who is told: the first rule that matches decides, unless it says `continue`.

use std::sync::Arc;

use regex::Regex;

use crate::alert::Content;
use crate::text::Language;

/// A person, or a phone that is handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) language: Language,
    /// Name of the transport that carries this contact's messages.
    pub(crate) transport: String,
    /// Those that take over, in this order.
    pub(crate) fallbacks: Vec<String>,
    /// Most parts of one message.
    pub(crate) max_segments: usize,
}

/// One rule.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) matches: Match,
    pub(crate) contacts: Vec<Arc<Contact>>,
    pub(crate) goes_on: bool,
}

/// Regular expressions that must all be found in an alert, each anywhere in its text. Without any, all match.
#[derive(Debug, Default)]
pub(crate) struct Match {
    pub(crate) host: Option<Regex>,
    pub(crate) service: Option<Regex>,
    pub(crate) output: Option<Regex>,
}

impl Match {
    fn covers(&self, content: &Content) -> bool {
        let Match { host, service, output } = self;
        let found = |pattern: &Option<Regex>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
        };
        found(host, content.label("host"))
            && found(service, content.label("service"))
            && found(output, content.output())
    }
}

/// The contacts for an alert, in the order of the rules, each once. None when no rule matches; a rule may also
/// say that nobody is told.
pub(crate) fn contacts(routes: &[Route], content: &Content) -> Option<Vec<Arc<Contact>>> {
    let mut matching = routes.iter().filter(|route| route.matches.covers(content)).peekable();
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

    fn contact(name: &str) -> Arc<Contact> {
        Arc::new(Contact {
            name: name.into(),
            phone: "+1".into(),
            language: Language::En,
            transport: "t".into(),
            fallbacks: Vec::new(),
            max_segments: 4,
        })
    }

    fn route(host: &str, output: &str, contacts: &[&str], goes_on: bool) -> Route {
        let pattern = |text: &str| (!text.is_empty()).then(|| Regex::new(text).unwrap());
        Route {
            matches: Match { host: pattern(host), service: None, output: pattern(output) },
            contacts: contacts.iter().map(|name| contact(name)).collect(),
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

    fn told(routes: &[Route], host: &str, output: &str) -> Vec<String> {
        let content = content(host, output);
        contacts(routes, &content).unwrap().iter().map(|contact| contact.name.clone()).collect()
    }

    #[test]
    fn the_first_match_decides_and_continue_adds() {
        let routes = [
            route("^db", "", &["dba"], true),
            route("", "磁盘|disk", &["storage", "dba"], false),
            route("^web-", "", &["web"], false),
        ];
        assert_eq!(told(&routes, "db-1", "磁盘已满"), ["dba", "storage"]);
        assert_eq!(told(&routes, "db-1", "slow"), ["dba"]);
        assert_eq!(told(&routes, "web-1", "disk full"), ["storage", "dba"]);
        assert_eq!(told(&routes, "web-1", "slow"), ["web"]);
        assert!(contacts(&routes, &content("printer", "paper")).is_none());
    }

    #[test]
    fn all_expressions_of_a_rule_must_match_and_none_matches_all() {
        let both = [route("^db", "disk", &["dba"], false)];
        assert!(contacts(&both, &content("db-1", "slow")).is_none());
        assert_eq!(told(&both, "db-1", "disk full"), ["dba"]);
        assert_eq!(told(&[route("", "", &["all"], false)], "x", ""), ["all"]);
    }

    #[test]
    fn a_rule_may_say_that_nobody_is_told() {
        assert!(told(&[route("", "", &[], false)], "x", "").is_empty());
    }
}
