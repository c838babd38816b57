//! The parameters of a scrape.

use std::str::FromStr;

use crate::config::{BadEngineId, EngineId};

/// What a scrape is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// `target`: the device.
    pub target: String,
    /// `auth`: name of how it is asked.
    pub auth: String,
    /// `module`: names of what is asked, each once, in order. Given several times, or with commas between.
    pub modules: Vec<String>,
    /// `snmp_context`: the v3 context, in the place of the auth's.
    pub context: Option<String>,
    /// `snmp_engineid`: the v3 engine whose context is asked, when it is not the device's own.
    pub engine: Option<EngineId>,
    /// `snmp_debug_packets`: whether every answer is logged.
    pub debug_packets: bool,
}

/// What is wrong with the parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadQuery {
    /// No target, or several.
    #[error("'target' parameter must be specified once")]
    Target,
    /// A parameter came again.
    #[error("'{0}' parameter must only be specified once")]
    Twice(&'static str),
    /// The module's name is empty.
    #[error("'module' parameter must contain at least one module name")]
    NoModule,
    /// The configuration has no such auth.
    #[error("Unknown auth '{0}'")]
    Auth(String),
    /// The configuration has no such module.
    #[error("Unknown module '{0}'")]
    Module(String),
    /// The engine is none.
    #[error("'snmp_engineid' parameter is {0:?}: {1}")]
    EngineId(String, BadEngineId),
}

impl FromStr for Query {
    type Err = BadQuery;

    fn from_str(query: &str) -> Result<Self, BadQuery> {
        let given: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let all = |name: &str| -> Vec<String> {
            let named = given.iter().filter(|(key, _)| key == name);
            named.map(|(_, value)| value.clone()).collect()
        };
        let once = |name| match &all(name)[..] {
            [] => Ok(None),
            [value] => Ok(Some(value.clone()).filter(|value| !value.is_empty())),
            _ => Err(BadQuery::Twice(name)),
        };
        let target = match &all("target")[..] {
            [target] if !target.is_empty() => target.clone(),
            _ => return Err(BadQuery::Target),
        };
        let auth = once("auth")?.unwrap_or_else(|| "public_v2".to_owned());
        let context = once("snmp_context")?;
        let engine = once("snmp_engineid")?
            .map(|text| text.parse().map_err(|error| BadQuery::EngineId(text, error)))
            .transpose()?;
        let debug_packets = all("snmp_debug_packets").first().is_some_and(|value| value == "true");
        Ok(Query {
            target,
            auth,
            modules: modules(&all("module"))?,
            context,
            engine,
            debug_packets,
        })
    }
}

fn modules(given: &[String]) -> Result<Vec<String>, BadQuery> {
    let mut modules: Vec<String> = Vec::new();
    for name in given.iter().flat_map(|names| names.split(',')).filter(|name| !name.is_empty()) {
        if !modules.iter().any(|known| known == name) {
            modules.push(name.to_owned());
        }
    }
    match (given, &modules[..]) {
        ([], _) => Ok(vec!["if_mib".to_owned()]),
        (_, []) => Err(BadQuery::NoModule),
        _ => Ok(modules),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_the_peers_default() {
        let query: Query = "target=10.0.0.1".parse().unwrap();
        assert_eq!(
            (query.auth.as_str(), query.modules.join(",").as_str()),
            ("public_v2", "if_mib")
        );
        assert_eq!((query.context, query.engine, query.debug_packets), (None, None, false));
        let query: Query =
            "target=tcp%3A%2F%2Fa&auth=v3&module=a,b&module=b,c&snmp_context=x&snmp_engineid=80001F8804&snmp_debug_packets=true"
                .parse()
                .unwrap();
        assert_eq!((query.target.as_str(), query.modules.join(",").as_str()), ("tcp://a", "a,b,c"));
        assert_eq!((query.context.as_deref(), query.debug_packets), (Some("x"), true));
        assert_eq!(query.engine, "80001f8804".parse().ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, expected) in [
            ("", BadQuery::Target),
            ("target=", BadQuery::Target),
            ("target=a&target=b", BadQuery::Target),
            ("target=a&auth=x&auth=y", BadQuery::Twice("auth")),
            ("target=a&snmp_context=x&snmp_context=x", BadQuery::Twice("snmp_context")),
            ("target=a&module=", BadQuery::NoModule),
            ("target=a&module=,", BadQuery::NoModule),
            ("target=a&snmp_engineid=8000000001&snmp_engineid=", BadQuery::Twice("snmp_engineid")),
            ("target=a&snmp_engineid=80", BadQuery::EngineId("80".to_owned(), BadEngineId)),
            (
                "target=a&snmp_engineid=80001f88046",
                BadQuery::EngineId("80001f88046".to_owned(), BadEngineId),
            ),
            (
                "target=a&snmp_engineid=80001f88zz",
                BadQuery::EngineId("80001f88zz".to_owned(), BadEngineId),
            ),
        ] {
            assert_eq!(query.parse::<Query>(), Err(expected), "{query}");
        }
    }
}
