//! The command line, beside the flags that every service has. Names and defaults are the peer's.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use crate::config::duration;

const TELEMETRY_PATH: &str = "/metrics";

/// The flags of snmp-exporter.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// Put environment variables into user names and passwords of auths.
    #[arg(long = "config.expand-environment-variables")]
    pub expand_environment_variables: bool,

    /// Path of the exporter's own metrics; at / they take the place of the landing page.
    #[arg(long = "web.telemetry-path", value_name = "PATH", default_value = TELEMETRY_PATH)]
    pub telemetry_path: TelemetryPath,

    /// Modules that one scrape fetches at once, one at least.
    #[arg(long = "snmp.module-concurrency", value_name = "COUNT", default_value = "1")]
    pub module_concurrency: usize,

    /// Address to send from, IP:PORT or IP: for a port that is free.
    #[arg(long = "snmp.source-address", value_name = "ADDRESS", value_parser = source_address)]
    pub source_address: Option<SocketAddr>,

    /// Packets under way to one device, at most; 1 asks exactly as Prometheus' own exporter does.
    #[arg(long = "snmp.parallelism", value_name = "COUNT", default_value = "8")]
    pub parallelism: usize,

    /// Keep columns that only give labels, as ifName does, so long; 0s walks them at each scrape.
    #[arg(long = "snmp.lookup-cache", value_name = "DURATION", default_value = "0s", value_parser = lifetime)]
    pub lookup_cache: Duration,

    /// Keep 64-bit counters as they are; they lose their lowest digits above 2^53.
    #[arg(long = "no-snmp.wrap-large-counters", overrides_with = "wrap_large_counters")]
    pub no_wrap_large_counters: bool,

    /// Let 64-bit counters begin again at 2^53, so that no digit is lost; so it is unless it is switched off.
    #[arg(long = "snmp.wrap-large-counters", overrides_with = "no_wrap_large_counters")]
    pub wrap_large_counters: bool,

    /// Log every name and value that is answered.
    #[arg(long = "snmp.debug-packets")]
    pub debug_packets: bool,

    /// Answer with the modules that came through when others fail; snmp_module_success tells which.
    #[arg(long = "snmp.partial-results")]
    pub partial_results: bool,

    /// Drop a sample that comes twice instead of failing the page; snmp_duplicates_dropped_total tells how many.
    #[arg(long = "snmp.drop-duplicates")]
    pub drop_duplicates: bool,
}

/// A path that no other page has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetryPath(String);

impl TelemetryPath {
    /// The path, from its first `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TelemetryPath {
    fn default() -> Self {
        TelemetryPath(TELEMETRY_PATH.to_owned())
    }
}

impl FromStr for TelemetryPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_taken = ["/snmp", "/config"].contains(&text) || text.starts_with("/-/");
        let is_path = text.starts_with('/')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.~".contains(c));
        match is_path && !is_taken {
            true => Ok(TelemetryPath(text.to_owned())),
            false => Err(format!(
                "`{text}` is not a path for metrics, expected one as /metrics; /snmp, /config and /-/ are taken"
            )),
        }
    }
}

fn lifetime(text: &str) -> Result<Duration, String> {
    let expected = || format!("`{text}` is not a duration, expected for example 15m or 1h30m");
    duration::parse(text).ok_or_else(expected)
}

/// Reads `IP:PORT` and `IP:`, with an IPv6 address in brackets.
fn source_address(text: &str) -> Result<SocketAddr, String> {
    let read = || {
        let (ip, port) = text.rsplit_once(':')?;
        let ip = ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')).unwrap_or(ip);
        let ip: IpAddr = ip.parse().ok()?;
        let port = if port.is_empty() { 0 } else { port.parse().ok()? };
        Some(SocketAddr::new(ip, port))
    };
    read()
        .ok_or_else(|| format!("`{text}` is not an address to send from, expected IP:PORT or IP:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_address_may_leave_its_port_out() {
        assert_eq!(source_address("127.0.0.1:").unwrap().to_string(), "127.0.0.1:0");
        assert_eq!(source_address("[::1]:5").unwrap().to_string(), "[::1]:5");
        assert!(source_address("127.0.0.1").unwrap_err().contains("expected IP:PORT"));
    }

    #[test]
    fn metrics_have_a_path_of_their_own() {
        for path in ["/", "/metrics", "/own/metrics_2"] {
            assert_eq!(path.parse::<TelemetryPath>().unwrap().as_str(), path);
        }
        for path in ["", "metrics", "/snmp", "/config", "/-/ready", "/{any}", "/a b"] {
            assert!(path.parse::<TelemetryPath>().is_err(), "{path}");
        }
    }
}
