//! Messages as modem and network know them (3GPP TS 23.040 section 9.2), in hexadecimal with the address of the
//! service centre before them.

use anyhow::{Context as _, bail, ensure};
use serde::Serialize;

use crate::alphabet;

/// What a program has sent, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Submit {
    pub(crate) to: String,
    pub(crate) text: String,
    /// Of a longer message: its reference, the number of parts, and which this is.
    pub(crate) part: Option<(u8, u8, u8)>,
    /// A status report is wanted.
    pub(crate) report: bool,
}

/// A service centre, as every message names one.
const CENTRE: &str = "0791448720003023";

/// Some time, in digits of which each pair is swapped: 2026-03-01 12:45:10 UTC.
const TIME: &str = "62301021540100";

/// Reads SMS-SUBMIT.
pub(crate) fn submit(hex: &str) -> anyhow::Result<Submit> {
    let bytes = bytes(hex)?;
    let mut rest = bytes.as_slice();
    let mut take = |count: usize| {
        let (taken, after) = rest.split_at_checked(count).context("it is too short")?;
        rest = after;
        anyhow::Ok(taken)
    };
    let centre = take(1)?[0];
    take(centre.into())?;
    let first = take(1)?[0];
    ensure!(first & 0x03 == 1, "it is no SMS-SUBMIT");
    take(1)?;
    let digits = usize::from(take(1)?[0]);
    let international = take(1)?[0] >> 4 & 0x07 == 1;
    let swapped = take(digits.div_ceil(2))?;
    let number: String = swapped
        .iter()
        .flat_map(|byte| [byte & 0x0f, byte >> 4])
        .take(digits)
        .map(|digit| char::from(b'0' + digit))
        .collect();
    take(1)?;
    let coding = take(1)?[0];
    take(match first >> 3 & 0x03 {
        0 => 0,
        2 => 1,
        _ => 7,
    })?;
    let length = usize::from(take(1)?[0]);
    let user = rest;
    let header =
        if first & 0x40 == 0 { 0 } else { usize::from(*user.first().context("no header")?) + 1 };
    let part = match user.get(..header) {
        None => bail!("its header is too short"),
        Some([5, 0, 3, reference, total, number]) => Some((*reference, *total, *number)),
        Some(_) => None,
    };
    let text = match coding & 0x0c {
        0x00 => {
            let skipped = (header * 8).div_ceil(7);
            alphabet::unpack(user, skipped, length.saturating_sub(skipped))
        }
        0x08 => {
            let units = user.get(header..length).context("its text is too short")?;
            let units = units.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            String::from_utf16(&units.collect::<Vec<_>>()).context("a broken surrogate pair")?
        }
        other => bail!("its coding {other:#x} is no text"),
    };
    let plus = if international { "+" } else { "" };
    Ok(Submit { to: format!("{plus}{number}"), text, part, report: first & 0x20 != 0 })
}

/// SMS-DELIVER, in UCS2: what somebody has sent to this SIM.
pub(crate) fn deliver(from: &str, text: &str) -> String {
    let units: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    let length = text.encode_utf16().count() * 2;
    format!("{CENTRE}04{}0008{TIME}{length:02X}{units}", address(from))
}

/// SMS-STATUS-REPORT of the message with this reference.
pub(crate) fn report(to: &str, reference: u8, status: u8) -> String {
    format!("{CENTRE}06{reference:02X}{}{TIME}{TIME}{status:02X}", address(to))
}

/// The bytes of a PDU that are counted in `+CMGR` and `AT+CMGS`: those after the service centre's address.
pub(crate) fn length(pdu: &str) -> usize {
    (pdu.len() - CENTRE.len()) / 2
}

/// Number of digits, type, and the digits in swapped pairs.
fn address(number: &str) -> String {
    let (kind, digits) = match number.strip_prefix('+') {
        Some(digits) => ("91", digits),
        None => ("81", number),
    };
    let padded =
        if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("{digits}F") };
    let swapped: String = padded
        .as_bytes()
        .chunks(2)
        .flat_map(|pair| [char::from(pair[1]), char::from(pair[0])])
        .collect();
    format!("{:02X}{kind}{swapped}", digits.len())
}

fn bytes(hex: &str) -> anyhow::Result<Vec<u8>> {
    ensure!(hex.is_ascii() && hex.len().is_multiple_of(2), "it is no hexadecimal text");
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).context("it is no hexadecimal text"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submit_is_read() {
        let read = submit("0011000B916407281553F80000AA0AE8329BFD4697D9EC37").unwrap();
        let to = "+46708251358".to_owned();
        assert_eq!(read, Submit { to, text: "hellohello".into(), part: None, report: false });
        let part = submit("00610B039121F30008080500037F0201").unwrap_err();
        assert!(part.to_string().contains("short"), "{part}");
        let part = submit("006107039121F300080A0500037F020178C176D8").unwrap();
        assert_eq!(
            (part.text.as_str(), part.part, part.report),
            ("磁盘", Some((0x7f, 2, 1)), true)
        );
    }

    #[test]
    fn what_breaks_off_is_refused() {
        let whole = "006107039121F300080A0500037F020178C176D8";
        for end in 0..whole.len() {
            assert!(submit(&whole[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn what_is_received_has_its_fields() {
        assert_eq!(
            deliver("+46708251358", "磁"),
            "0791448720003023040B916407281553F80008623010215401000278C1"
        );
        assert_eq!(length(&report("+123", 7, 0)), 21);
    }
}
