//! RabbitMQ as the configuration file names it under `amqp`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use exporter_kit::Secret;
use jiff::SignedDuration;
use lapin::uri::AMQPUri;
use serde::Deserialize;
use spool::ByteSize;

use crate::message::Format;

/// The exchange unless configured.
const EXCHANGE: &str = "nagios.events";

/// Where events wait for the broker unless configured.
const SPOOL: &str = "/var/lib/wisemonitor/amqp";

/// What the spool may hold unless configured.
const SPOOL_MAX: ByteSize = ByteSize(1 << 30);

/// How often a snapshot is published unless configured.
const SNAPSHOT_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// Seconds between AMQP's own signs of life.
const HEARTBEAT: u16 = 10;

/// The key `amqp` of the file. Everything has a default but the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    url: Option<Secret>,
    url_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    exchange: Option<String>,
    queue: Option<String>,
    format: Format,
    spool: Option<PathBuf>,
    spool_max: Option<ByteSize>,
    snapshot_interval: Option<String>,
}

/// RabbitMQ, and how it is used.
#[derive(Debug, Clone)]
pub struct Settings<Address = BrokerUrl> {
    pub(crate) url: Address,
    pub(crate) usage: Usage,
}

/// What a file says: the flag may still give the address.
pub type FileSettings = Settings<Option<BrokerUrl>>;

/// How a broker is used.
#[derive(Debug, Clone)]
pub struct Usage {
    /// Whom to believe besides the system's authorities, as PEM.
    pub(crate) authorities: Option<String>,
    pub(crate) exchange: String,
    /// The queue to consume from.
    pub(crate) queue: String,
    pub(crate) format: Format,
    pub(crate) spool: PathBuf,
    pub(crate) spool_max: ByteSize,
    pub(crate) snapshot_interval: Duration,
}

/// An address that may hold a password: printed without it.
#[derive(Clone)]
pub struct BrokerUrl(AMQPUri);

impl FileSettings {
    /// Checks what the file says and reads what it points to. `instance` names this exporter's queue.
    ///
    /// # Errors
    /// One that names the key, what stands there and what was expected.
    pub(crate) fn resolve(file: File, instance: &str, base: &Path) -> anyhow::Result<Self> {
        let File {
            url,
            url_file,
            ca_file,
            exchange,
            queue,
            format,
            spool,
            spool_max,
            snapshot_interval,
        } = file;
        let url = Secret::resolve("url", url, url_file.as_deref(), base)?;
        let authorities = ca_file.map(|file| {
            let path = base.join(file);
            std::fs::read_to_string(&path)
                .with_context(|| format!("ca_file: cannot read {}", path.display()))
        });
        let named = |key: &str, name: Option<String>, default: String| {
            let name = name.unwrap_or(default);
            let fits = (1..=255).contains(&name.len());
            ensure!(fits, "{key}: {name:?} is no name, expected 1 to 255 bytes");
            Ok(name)
        };
        let usage = Usage {
            authorities: authorities.transpose()?,
            exchange: named("exchange", exchange, EXCHANGE.to_owned())?,
            queue: named("queue", queue, format!("nagios-exporter.{instance}"))?,
            format,
            spool: base.join(spool.unwrap_or_else(|| SPOOL.into())),
            spool_max: spool_max.unwrap_or(SPOOL_MAX),
            snapshot_interval: snapshot_interval
                .as_deref()
                .map_or(Ok(SNAPSHOT_INTERVAL), interval)?,
        };
        Ok(Settings { url: url.map(|url| BrokerUrl::parse(url.expose())).transpose()?, usage })
    }
}

impl Settings {
    /// What the file's settings and the flag `--amqp.url` come to; none without either.
    ///
    /// # Errors
    /// The flag's text is no address, or there are settings without one.
    pub(crate) fn with_flag(
        file: Option<FileSettings>,
        flag: Option<&str>,
        instance: &str,
    ) -> anyhow::Result<Option<Self>> {
        let flag = flag.map(BrokerUrl::parse).transpose().context("--amqp.url")?;
        let Settings { url, usage } = match file {
            Some(file) => file,
            None if flag.is_some() => Settings::resolve(File::default(), instance, Path::new("/"))?,
            None => return Ok(None),
        };
        let expected = "amqp: url: is missing, expected url, url_file or --amqp.url";
        Ok(Some(Settings { url: flag.or(url).context(expected)?, usage }))
    }
}

impl BrokerUrl {
    fn parse(text: &str) -> anyhow::Result<Self> {
        // The parser's message would quote the password.
        let mut uri: AMQPUri = text.parse().map_err(|_| {
            anyhow::anyhow!(
                "url: is no AMQP address, expected for example amqps://user:password@rabbit:5671"
            )
        })?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        Ok(BrokerUrl(uri))
    }

    pub(crate) fn uri(&self) -> AMQPUri {
        self.0.clone()
    }
}

/// Without user, password and virtual host.
impl std::fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let AMQPUri { scheme, authority, .. } = &self.0;
        write!(f, "{scheme}://{}:{}", authority.host, authority.port)
    }
}

impl std::fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

fn interval(text: &str) -> anyhow::Result<Duration> {
    let expected = || {
        format!(
            "snapshot_interval: {text:?} is not a length of time, expected for example 5m, at least 1s"
        )
    };
    let parsed: SignedDuration = text.parse().with_context(expected)?;
    ensure!(parsed >= SignedDuration::from_secs(1), expected());
    Duration::try_from(parsed).with_context(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<FileSettings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yml");
        std::fs::write(&path, text).unwrap();
        let file = exporter_kit::config::parse(&path).map_err(|error| format!("{error:#}"))?;
        Settings::resolve(file, "test", Path::new("/base")).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_flag_alone_is_enough_and_wins() {
        let with_flag = |file, flag| Settings::with_flag(file, flag, "test").unwrap();
        assert!(with_flag(None, None).is_none());
        let settings = with_flag(None, Some("amqp://me:t0p@127.0.0.1:5673/%2f")).unwrap();
        assert_eq!(settings.url.to_string(), "amqp://127.0.0.1:5673");
        assert!(!format!("{settings:?}").contains("t0p"), "{settings:?}");
        assert_eq!(
            (settings.usage.exchange.as_str(), settings.usage.queue.as_str()),
            (EXCHANGE, "nagios-exporter.test")
        );
        let text =
            "url: amqp://a\nspool: s\nspool_max: 2MiB\nsnapshot_interval: 10s\nformat: cbor\n";
        let settings = with_flag(Some(resolve(text).unwrap()), Some("amqp://b")).unwrap();
        assert_eq!(settings.url.to_string(), "amqp://b:5672");
        assert_eq!(settings.usage.spool, Path::new("/base/s"));
        assert_eq!(
            (settings.usage.format, settings.usage.spool_max),
            (Format::Cbor, ByteSize(2 << 20))
        );
        assert_eq!(settings.usage.snapshot_interval, Duration::from_secs(10));
        let without = resolve("spool: s\n").unwrap();
        let settings = with_flag(Some(without.clone()), Some("amqp://b")).unwrap();
        assert_eq!(settings.url.to_string(), "amqp://b:5672");
        let error = Settings::with_flag(Some(without), None, "test").unwrap_err();
        assert!(format!("{error:#}").starts_with("amqp: url: is missing"), "{error:#}");
        let error = Settings::with_flag(None, Some("http://t0p"), "test").unwrap_err();
        assert!(format!("{error:#}").starts_with("--amqp.url: url: is no AMQP"), "{error:#}");
    }

    #[test]
    fn what_is_wrong_is_named_without_the_password() {
        for (text, expected) in [
            ("url: 'http://me:t0p@a'\n", "url: is no AMQP address"),
            ("url: amqp://a\nexchange: ''\n", "exchange: \"\" is no name"),
            ("url: amqp://a\nformat: xml\n", "json"),
            ("url: amqp://a\nsnapshot_interval: 0s\n", "snapshot_interval: \"0s\""),
            ("url: amqp://a\nca_file: gone.pem\n", "ca_file: cannot read /base/gone.pem"),
            ("url: amqp://a\nspool_max: 1\n", "`1` came"),
        ] {
            let error = resolve(text).unwrap_err();
            assert!(error.contains(expected) && !error.contains("t0p"), "{text}: {error}");
        }
    }
}
