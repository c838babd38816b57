//! Amounts of data as people write them.

use serde::Deserialize;

/// Bytes, written as `1GiB`, `512MiB`, `20MB` or `4096`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct ByteSize(pub u64);

/// The least that a spool works with.
const LEAST: u64 = 1 << 20;

#[derive(Deserialize)]
#[serde(untagged, expecting = "an amount of data such as 1GiB")]
enum Written {
    Number(u64),
    Text(String),
}

impl TryFrom<Written> for ByteSize {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let (text, bytes) = match written {
            Written::Number(bytes) => (bytes.to_string(), Some(bytes)),
            Written::Text(text) => {
                let bytes = parse(&text);
                (text, bytes)
            }
        };
        bytes
            .filter(|bytes| *bytes >= LEAST)
            .map(ByteSize)
            .ok_or_else(|| format!("`{text}` came, expected an amount such as 1GiB, at least 1MiB"))
    }
}

fn parse(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim_start() {
        "" | "B" => 1,
        "KB" | "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_people_write_them() {
        let read = |text: &str| ByteSize::try_from(Written::Text(text.into()));
        for (text, bytes) in [("1GiB", 1 << 30), ("20MB", 20_000_000), ("4 MiB", 4 << 20)] {
            assert_eq!(read(text), Ok(ByteSize(bytes)), "{text}");
        }
        assert_eq!(ByteSize::try_from(Written::Number(1 << 20)), Ok(ByteSize(1 << 20)));
        for text in ["", "GiB", "1gib", "1.5GiB", "-1MiB", "99999999999999TiB", "4KiB"] {
            assert!(read(text).unwrap_err().contains("such as 1GiB"), "{text}");
        }
    }
}
