//! The parameters of a list.
//!
//! `q` holds words that must all occur, and states written `@critical`; `state` may be repeated or hold
//! several with commas; `host` and `service` are exact names; `page` counts from 1.

use serde::Serialize;

const DEFAULT_PER_PAGE: usize = 100;
const MOST_PER_PAGE: usize = 1000;

/// A closed set with names.
pub(super) trait Named: Copy + PartialEq + 'static {
    /// All of them, by name.
    const ALL: &'static [(&'static str, Self)];
}

/// What a list is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query<S> {
    /// As typed.
    pub(super) q: String,
    /// In lower case; all must occur.
    words: Vec<String>,
    /// Any of these or of those in the search; none in both: all.
    states: Vec<S>,
    searched_states: Vec<S>,
    pub(super) host: Option<String>,
    pub(super) service: Option<String>,
    pub(super) page: usize,
    pub(super) per_page: usize,
}

/// A parameter that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parameter {name}: got {got:?}, expected {expected}")]
pub(super) struct InvalidQuery {
    name: String,
    got: String,
    expected: String,
}

/// What a template needs of a query.
#[derive(Debug, Serialize)]
pub(super) struct View {
    q: String,
    host: Option<String>,
    service: Option<String>,
    page: usize,
    states: Vec<StateView>,
}

#[derive(Debug, Serialize)]
struct StateView {
    name: &'static str,
    chosen: bool,
}

impl<S: Named> Query<S> {
    /// Reads the query part of a URL.
    ///
    /// # Errors
    /// A parameter that does not exist or whose value is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidQuery> {
        let mut query = Query {
            q: String::new(),
            words: Vec::new(),
            states: Vec::new(),
            searched_states: Vec::new(),
            host: None,
            service: None,
            page: 1,
            per_page: DEFAULT_PER_PAGE,
        };
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            // A form sends its empty fields too.
            if value.is_empty() {
                continue;
            }
            match &*name {
                "q" => query.search(&value)?,
                "state" => {
                    for state in value.split(',').filter(|state| !state.is_empty()) {
                        query.states.push(named("state", state, state)?);
                    }
                }
                "host" => query.host = Some(value.into_owned()),
                "service" => query.service = Some(value.into_owned()),
                "page" => query.page = number("page", &value, usize::MAX)?,
                "per_page" => query.per_page = number("per_page", &value, MOST_PER_PAGE)?,
                unknown => {
                    return Err(InvalidQuery {
                        name: unknown.to_owned(),
                        got: value.into_owned(),
                        expected: "one of q, state, host, service, page, per_page".to_owned(),
                    });
                }
            }
        }
        Ok(query)
    }

    /// Whether something in this state, with these texts, is asked for.
    pub(super) fn matches(&self, state: S, texts: &[&str]) -> bool {
        let mut states = self.states.iter().chain(&self.searched_states).peekable();
        let state_asked_for = states.peek().is_none() || states.any(|asked| *asked == state);
        let found = |word: &String| texts.iter().any(|text| contains(text, word));
        state_asked_for && self.words.iter().all(found)
    }

    /// The places of the page's rows among all that match.
    pub(super) fn places(&self) -> std::ops::Range<usize> {
        let from = (self.page - 1).saturating_mul(self.per_page);
        from..from.saturating_add(self.per_page)
    }

    /// The same list at another page, as the query part of a URL.
    pub(super) fn link(&self, page: usize) -> String {
        let mut link = form_urlencoded::Serializer::new(String::new());
        let names = self.states().filter(|state| state.chosen).map(|state| ("state", state.name));
        link.extend_pairs(names);
        for (name, value) in
            [("q", Some(&self.q)), ("host", self.host.as_ref()), ("service", self.service.as_ref())]
        {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                link.append_pair(name, value);
            }
        }
        if self.per_page != DEFAULT_PER_PAGE {
            link.append_pair("per_page", &self.per_page.to_string());
        }
        link.append_pair("page", &page.to_string()).finish()
    }

    pub(super) fn view(&self) -> View {
        let Query { q, host, service, page, .. } = self.clone();
        View { q, host, service, page, states: self.states().collect() }
    }

    fn states(&self) -> impl Iterator<Item = StateView> {
        S::ALL.iter().map(|(name, state)| StateView { name, chosen: self.states.contains(state) })
    }

    fn search(&mut self, text: &str) -> Result<(), InvalidQuery> {
        self.q = text.to_owned();
        for word in text.split_whitespace() {
            match word.strip_prefix('@') {
                Some(state) => self.searched_states.push(named("q", word, state)?),
                None => self.words.push(word.to_lowercase()),
            }
        }
        Ok(())
    }
}

/// The state of this name, or that the name begins.
fn named<S: Named>(parameter: &str, got: &str, name: &str) -> Result<S, InvalidQuery> {
    let name = name.to_lowercase();
    let exact = S::ALL.iter().find(|(known, _)| *known == name);
    // `@warn` and `@crit` are what people type.
    let begun = || S::ALL.iter().find(|(known, _)| name.len() >= 4 && known.starts_with(&name));
    exact.or_else(begun).map(|(_, state)| *state).ok_or_else(|| {
        let names: Vec<&str> = S::ALL.iter().map(|(name, _)| *name).collect();
        InvalidQuery {
            name: parameter.to_owned(),
            got: got.to_owned(),
            expected: format!("a state: {}", names.join(", ")),
        }
    })
}

fn number(name: &str, text: &str, most: usize) -> Result<usize, InvalidQuery> {
    text.parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(|| InvalidQuery {
        name: name.to_owned(),
        got: text.to_owned(),
        expected: match most {
            usize::MAX => "a number from 1".to_owned(),
            most => format!("a number from 1 to {most}"),
        },
    })
}

/// Whether `text` holds `word` (in lower case), whatever its case.
fn contains(text: &str, word: &str) -> bool {
    text.contains(word) || text.to_lowercase().contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::ServiceState::{Critical, Ok as Fine, Warning};

    type Services = Query<Option<crate::snapshot::ServiceState>>;

    #[test]
    fn states_come_by_parameter_and_in_the_search() {
        for text in [
            "state=warning,critical",
            "state=warning&state=critical",
            "q=@warn+@critical",
            "q=@WARN+@crit",
        ] {
            let query = Services::parse(text).unwrap();
            assert!(
                query.matches(Some(Warning), &[]) && query.matches(Some(Critical), &[]),
                "{text}"
            );
            assert!(!query.matches(Some(Fine), &[]) && !query.matches(None, &[]), "{text}");
        }
        assert!(Services::parse("state=pending").unwrap().matches(None, &[]));
        assert!(Services::parse("q=&state=&page=").unwrap().matches(Some(Fine), &[]));
    }

    #[test]
    fn all_words_must_occur_somewhere_in_any_case() {
        let query = Services::parse("q=HTTP+web-1+%E5%8C%97").unwrap();
        assert!(query.matches(None, &["http check", "Web-1", "北京"]));
        assert!(!query.matches(None, &["http check", "web-2", "北京"]));
    }

    #[test]
    fn a_wrong_parameter_is_named_with_what_was_expected() {
        for (text, expected) in [
            (
                "state=wrong",
                "parameter state: got \"wrong\", expected a state: ok, warning, critical, unknown, pending",
            ),
            ("q=a+@xyz", "parameter q: got \"@xyz\", expected a state: ok,"),
            ("page=0", "parameter page: got \"0\", expected a number from 1"),
            ("per_page=1001", "expected a number from 1 to 1000"),
            ("colour=red", "parameter colour: got \"red\", expected one of q, state,"),
        ] {
            let error = Services::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_link_keeps_the_question() {
        let query = Services::parse("q=a%26b+@warn&host=h&per_page=7&page=3").unwrap();
        let next = Services::parse(&query.link(4)).unwrap();
        assert_eq!((next.page, next.per_page, next.host.as_deref()), (4, 7, Some("h")));
        assert!(next.matches(Some(Warning), &["a&b"]) && !next.matches(Some(Fine), &["a&b"]));
        assert_eq!(query.places(), 14..21);
    }
}
