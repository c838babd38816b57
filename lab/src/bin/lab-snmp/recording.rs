//! Reads recordings in the format of snmpsim: a line is `OID|TAG|VALUE`.
//!
//! The tag is the number of the BER tag. An `x` after it says that the value is in hexadecimal digits. Values that
//! snmpsim computes (a tag with a colon) are refused.

use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::ber;
use crate::table::Table;

/// Reads a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Table> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&bytes).with_context(|| format!("{} is no recording", path.display()))
}

fn parse(recording: &[u8]) -> anyhow::Result<Table> {
    let values = recording
        .split(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| value(line).with_context(|| format!("line {}", number + 1)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Table::new(values))
}

/// Name, tag and content of a line. A value need not be UTF-8.
fn value(line: &[u8]) -> anyhow::Result<(Vec<u32>, u8, Vec<u8>)> {
    let mut parts = line.splitn(3, |&byte| byte == b'|');
    let (Some(name), Some(tag), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
        bail!("expected OID|TAG|VALUE");
    };
    let name = numbers(name)?;
    let tag = std::str::from_utf8(tag).context("the tag is no text")?;
    if let Some(tag) = tag.strip_suffix('x') {
        return Ok((
            name,
            tag.parse().with_context(|| format!("tag {tag:?}"))?,
            hexadecimal(value)?,
        ));
    }
    let tag: u8 = tag.parse().with_context(|| format!("tag {tag:?}"))?;
    let content = match tag {
        0x02 => ber::integer(number(value)?),
        0x41..=0x43 | 0x46 => ber::unsigned(number(value)?),
        0x06 => ber::object_identifier(&numbers(value)?),
        0x40 => number::<Ipv4Addr>(value)?.octets().to_vec(),
        0x05 => Vec::new(),
        0x04 | 0x44 => value.to_vec(),
        other => bail!("expected a tag of SNMP, not {other}"),
    };
    Ok((name, tag, content))
}

fn numbers(text: &[u8]) -> anyhow::Result<Vec<u32>> {
    text.split(|&byte| byte == b'.').filter(|part| !part.is_empty()).map(number).collect()
}

fn number<T: std::str::FromStr>(text: &[u8]) -> anyhow::Result<T> {
    let text = String::from_utf8_lossy(text);
    text.trim().parse().ok().with_context(|| format!("{text:?} is not what its tag says"))
}

fn hexadecimal(digits: &[u8]) -> anyhow::Result<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    digits
        .trim_ascii()
        .chunks(2)
        .map(|pair| match *pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect::<Option<_>>()
        .context("expected pairs of hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_encoded() {
        let table = parse(
            b"1.3.6.2|2|-5\n1.3.6.4|4|a|b\n1.3.6.5|4x|00ff\n1.3.6.6|6|1.3.6\n1.3.6.64|64|10.0.0.1\n\
              1.3.6.65|65|4294967295\n1.3.6.68|68x|9f7804\n1.3.6.70|70|18446744073709551615\n1.3.6.1|5|\n",
        )
        .unwrap();
        let content = |last: u32| {
            let bytes = &table.at(&[1, 3, 6, last]).unwrap().bytes;
            bytes[7..].to_vec() // After the headers and the three bytes of the name.
        };
        assert_eq!(content(1), [5, 0]);
        assert_eq!(content(2), [2, 1, 0xfb]);
        assert_eq!(content(4), *b"\x04\x03a|b");
        assert_eq!(content(5), [4, 2, 0, 0xff]);
        assert_eq!(content(6), [6, 2, 0x2b, 6]);
        assert_eq!(content(64), [64, 4, 10, 0, 0, 1]);
        assert_eq!(content(65), [65, 5, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(content(68), [68, 3, 0x9f, 0x78, 0x04]);
        assert_eq!(content(70)[..3], [70, 9, 0]);
        assert_eq!(table.after(&[1, 3, 6, 65]).len(), 2);
    }

    #[test]
    fn an_error_names_the_line() {
        for (recording, expected) in [
            (&b"1.3|2|1\n1.3.6|2\n"[..], "line 2: expected OID|TAG|VALUE"),
            (b"1.3|2|one", "line 1: \"one\" is not what its tag says"),
            (b"1.3|4x|0", "line 1: expected pairs of hexadecimal digits"),
            (b"1.3|99|0", "line 1: expected a tag of SNMP, not 99"),
        ] {
            let error = parse(recording).err().unwrap();
            assert_eq!(format!("{error:#}"), expected);
        }
    }
}
