//! Where a request really comes from: the client behind a trusted proxy, and the origin of the page that sent it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use exporter_kit::Encrypted;

use crate::settings::Proxy;

/// What is known of a request's way here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    /// The client's address; behind a trusted proxy, the one that the proxy names.
    pub(crate) client: IpAddr,
    /// It came from a trusted proxy.
    pub(crate) proxied: bool,
    /// Whether the client's connection is encrypted.
    pub(crate) encrypted: bool,
    /// Host and port as the client named them.
    pub(crate) host: String,
}

impl Way {
    /// None for a request that did not come over the network of the kit's server, or names no host.
    pub(crate) fn new<R>(parts: &Parts, proxy: Option<&Proxy<R>>) -> Option<Self> {
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        let peer = peer.ip().to_canonical();
        let encrypted = parts.extensions.get::<Encrypted>().is_some_and(|Encrypted(yes)| *yes);
        let host = text(&parts.headers, header::HOST.as_str())
            .or_else(|| parts.uri.authority().map(|authority| authority.as_str()))?
            .to_ascii_lowercase();
        let Some(proxy) = proxy.filter(|proxy| proxy.trusts(peer)) else {
            return Some(Way { client: peer, proxied: false, encrypted, host });
        };
        // Each proxy appends whom it was called by: the last one that is no proxy of ours is the client.
        let chain =
            parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let chain: Vec<IpAddr> = chain
            .flat_map(|value| value.split(','))
            .filter_map(|address| address.trim().parse().ok())
            .collect();
        let client =
            chain.into_iter().rev().find(|address| !proxy.trusts(*address)).unwrap_or(peer);
        let forwarded = |name| text(&parts.headers, name).map(str::to_ascii_lowercase);
        Some(Way {
            client: client.to_canonical(),
            proxied: true,
            encrypted: forwarded("x-forwarded-proto").map_or(encrypted, |scheme| scheme == "https"),
            host: forwarded("x-forwarded-host").unwrap_or(host),
        })
    }

    /// Whether `Origin` names our own pages. `None` when the request has no such header.
    pub(crate) fn is_own_origin(&self, headers: &HeaderMap, origins: &[String]) -> Option<bool> {
        let origin = headers.get(header::ORIGIN)?.to_str().unwrap_or_default();
        if !origins.is_empty() {
            return Some(origins.iter().any(|own| own == origin));
        }
        let scheme = if self.encrypted { "https" } else { "http" };
        Some(origin == format!("{scheme}://{}", self.host))
    }

    /// Whether the client asked for this machine by a name that only this machine has: a foreign page that
    /// makes its own name point here is known by it.
    pub(crate) fn asked_locally(&self) -> bool {
        let host = match self.host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.host,
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost"
            || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(host: &str, encrypted: bool) -> Way {
        Way { client: [192, 0, 2, 1].into(), proxied: false, encrypted, host: host.into() }
    }

    #[test]
    fn an_origin_is_ours_only_when_it_is_the_same_in_full() {
        let asked = |way: &Way, origin: &str, own: &[String]| {
            way.is_own_origin(
                &HeaderMap::from_iter([(header::ORIGIN, origin.parse().unwrap())]),
                own,
            )
        };
        let plain = way("alerts:10193", false);
        assert_eq!(asked(&plain, "http://alerts:10193", &[]), Some(true));
        for foreign in [
            "http://alerts",
            "https://alerts:10193",
            "null",
            "",
            "http://alerts:10193.evil",
            "http://evil",
        ] {
            assert_eq!(asked(&plain, foreign, &[]), Some(false), "{foreign}");
        }
        let own = ["https://alerts.example".to_owned()];
        assert_eq!(asked(&plain, "https://alerts.example", &own), Some(true));
        assert_eq!(asked(&plain, "http://alerts:10193", &own), Some(false));
        assert_eq!(plain.is_own_origin(&HeaderMap::new(), &[]), None);
    }

    #[test]
    fn only_names_of_this_machine_count_as_local() {
        for local in ["localhost", "localhost:10193", "127.0.0.1:1", "127.8.0.1", "[::1]:80"] {
            assert!(way(local, false).asked_locally(), "{local}");
        }
        for other in [
            "evil.example",
            "evil.example:80",
            "192.0.2.1",
            "127.0.0.1.evil.example",
            "localhost.evil",
        ] {
            assert!(!way(other, false).asked_locally(), "{other}");
        }
    }
}
