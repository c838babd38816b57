//! The command line, beside the flags that every service has. Names and defaults are the peer's.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::config::duration;

/// The flags of snmp-exporter.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// Put environment variables into user names and passwords of auths.
    #[arg(long = "config.expand-environment-variables")]
    pub expand_environment_variables: bool,

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
}
