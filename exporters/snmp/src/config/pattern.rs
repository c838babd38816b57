//! Regular expressions of `snmp.yml`, which are Go's: RE2 syntax with ASCII classes.
//!
//! Rust's `regex` has the same engine and nearly the same syntax. What differs is translated before it is
//! compiled: `\d`, `\w`, `\s` and `\b` are ASCII in Go, a `[`, `&`, `~` or `-` inside a class stands for
//! itself, and `\Q...\E` quotes.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A compiled expression, and its text as written.
#[derive(Debug, Clone)]
pub struct Pattern {
    written: Box<str>,
    regex: regex::Regex,
}

/// An expression that must match the whole value.
#[derive(Debug, Clone)]
pub struct Anchored(Pattern);

impl Pattern {
    fn compile(written: String, anchored: bool) -> Result<Self, String> {
        let text = match anchored {
            true => format!("^(?:{})$", translated(&written)),
            false => translated(&written),
        };
        let compiled = regex::RegexBuilder::new(&text).octal(true).build();
        match compiled {
            Ok(regex) => Ok(Pattern { written: written.into(), regex }),
            Err(error) => {
                let reason = error.to_string();
                let reason =
                    reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                Err(format!("{written:?} is not a regular expression: {reason}"))
            }
        }
    }

    /// The expression.
    #[must_use]
    pub fn regex(&self) -> &regex::Regex {
        &self.regex
    }
}

impl Anchored {
    /// The expression, anchored at both ends.
    #[must_use]
    pub fn regex(&self) -> &regex::Regex {
        &self.0.regex
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(yaml: D) -> Result<Self, D::Error> {
        Pattern::compile(String::deserialize(yaml)?, false).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Anchored {
    fn deserialize<D: Deserializer<'de>>(yaml: D) -> Result<Self, D::Error> {
        Pattern::compile(String::deserialize(yaml)?, true).map(Anchored).map_err(D::Error::custom)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, yaml: S) -> Result<S::Ok, S::Error> {
        yaml.serialize_str(&self.written)
    }
}

impl Serialize for Anchored {
    fn serialize<S: Serializer>(&self, yaml: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(yaml)
    }
}

/// The same expression in Rust's syntax.
fn translated(go: &str) -> String {
    let mut rust = String::with_capacity(go.len());
    let mut rest = go;
    let mut class = false;
    while let Some(next) = rest.chars().next() {
        let mut taken = next.len_utf8();
        match next {
            '\\' => {
                let escaped = rest[1..].chars().next();
                taken += escaped.map_or(0, char::len_utf8);
                match (escaped, class) {
                    (Some('Q'), false) => {
                        let quoted = &rest[2..];
                        let end = quoted.find("\\E").unwrap_or(quoted.len());
                        rust += &regex::escape(&quoted[..end]);
                        taken = (2 + end + 2).min(rest.len());
                    }
                    (Some(perl), _) => match (ascii_class(perl), class) {
                        (Some(ascii), _) => rust += ascii,
                        (None, false) if matches!(perl, 'b' | 'B') => {
                            rust.extend(["(?-u:\\", perl.encode_utf8(&mut [0; 4]), ")"]);
                        }
                        (None, _) => rust += &rest[..taken],
                    },
                    (None, _) => rust.push('\\'),
                }
            }
            '[' if class && rest.starts_with("[:") => {
                taken = rest.find(":]").map_or(1, |end| end + 2);
                rust += &rest[..taken];
            }
            '[' if class => rust += "\\[",
            '[' => {
                class = true;
                // A `]` that stands first stands for itself.
                let first = if rest[1..].starts_with('^') { 2 } else { 1 };
                rust += &rest[..first];
                taken = first;
                if rest[first..].starts_with(']') {
                    rust += "\\]";
                    taken += 1;
                }
            }
            ']' => {
                class = false;
                rust.push(']');
            }
            '&' | '~' if class => rust.extend(['\\', next]),
            '-' if class && rest.starts_with("--") => rust += "\\-",
            _ => rust.push(next),
        }
        rest = &rest[taken..];
    }
    rust
}

fn ascii_class(perl: char) -> Option<&'static str> {
    Some(match perl {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => "[\\t\\n\\f\\r ]",
        'S' => "[^\\t\\n\\f\\r ]",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::compile(pattern.to_owned(), true).unwrap().regex().is_match(text)
    }

    #[test]
    fn go_expressions_match_as_they_do_in_go() {
        for (pattern, text) in [
            (r"^(\d+\.\d+).*", "12.5 C"),
            (r"[\d.]+", "1.2"),
            (r"[[]x[]]", "[x]"),
            (r"[]a]+", "]a"),
            (r"[^]]", "a"),
            (r"[a&&b]+", "a&b"),
            (r"[[:alpha:]\s]+", "a b"),
            (r"\Qa.b\E.", "a.bc"),
            (r"\ba\b", "a"),
            (r"(?i)abc", "ABC"),
            (r"a|b", "b"),
        ] {
            assert!(matches(pattern, text), "{pattern} against {text}");
        }
        for (pattern, text) in
            [(r"\d", "٣"), (r"\w", "ä"), ("a|b", "ab"), (r"\Qa.b\E", "axb"), (".", "\n")]
        {
            assert!(!matches(pattern, text), "{pattern} against {text}");
        }
    }

    #[test]
    fn an_error_shows_the_expression() {
        let error = Pattern::compile("(".to_owned(), true).unwrap_err();
        assert!(error.starts_with("\"(\" is not a regular expression: unclosed"), "{error}");
    }
}
