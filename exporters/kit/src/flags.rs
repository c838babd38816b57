//! The command-line flags that all services share, named as Prometheus names them.

use std::net::{Ipv6Addr, SocketAddr};
use std::num::NonZero;
use std::path::PathBuf;

use clap::ValueEnum;

/// Flags of every service.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Shared {
    /// Configuration file (YAML).
    #[arg(long = "config.file", value_name = "FILE")]
    pub(crate) config_files: Vec<PathBuf>,

    /// Check the configuration and exit.
    #[arg(long = "config.check", alias = "dry-run")]
    pub(crate) config_check: bool,

    /// Address to listen on, IP:PORT or :PORT for all interfaces; repeatable. No vsock, no systemd sockets.
    #[arg(long = "web.listen-address", value_name = "ADDRESS", value_parser = listen_address)]
    pub(crate) listen_addresses: Vec<SocketAddr>,

    /// TLS, logins, headers and rate limit (YAML, the format of Prometheus' exporter-toolkit).
    #[arg(long = "web.config.file", value_name = "FILE")]
    pub(crate) web_config_file: Option<PathBuf>,

    /// Connections of each address at once; more wait. Each takes a file descriptor.
    #[arg(long = "web.max-connections", value_name = "COUNT", default_value = "1024")]
    pub(crate) max_connections: NonZero<usize>,

    /// Least severe level to log.
    #[arg(long = "log.level", value_name = "LEVEL", default_value = "info")]
    pub(crate) log_level: LogLevel,

    /// How a log line is written.
    #[arg(long = "log.format", value_name = "FORMAT", default_value = "logfmt")]
    pub(crate) log_format: LogFormat,
}

/// Value of `--log.level`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

/// Value of `--log.format`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LogFormat {
    Logfmt,
    Json,
}

/// Reads `HOST:PORT` with a numeric host, `localhost`, or none for all interfaces.
pub(crate) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let expected = || format!("`{text}` is not a listen address, expected IP:PORT or :PORT");
    match text.rsplit_once(':') {
        Some(("", port)) => {
            Ok((Ipv6Addr::UNSPECIFIED, port.parse().map_err(|_| expected())?).into())
        }
        Some(("localhost", port)) => {
            Ok(([127, 0, 0, 1], port.parse().map_err(|_| expected())?).into())
        }
        _ => text.parse().map_err(|_| expected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listen_addresses_as_prometheus_writes_them() {
        assert_eq!(listen_address(":9116").unwrap().to_string(), "[::]:9116");
        assert_eq!(listen_address("localhost:80").unwrap().to_string(), "127.0.0.1:80");
        assert_eq!(listen_address("127.0.0.1:0").unwrap().to_string(), "127.0.0.1:0");
        assert!(listen_address("9116").unwrap_err().contains("expected IP:PORT"));
        assert!(listen_address(":99999").unwrap_err().contains(":99999"));
    }
}
