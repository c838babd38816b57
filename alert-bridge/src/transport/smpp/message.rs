//! Messages as SMPP carries them.

use jiff::Timestamp;
use rusmpp::pdus::{DeliverSm, SubmitSm};
use rusmpp::types::OctetString;
use rusmpp::values::{DataCoding, EsmClass, Npi, RegisteredDelivery, Ton};

use super::link::text;
use crate::text::segments::{self, Alphabet};
use crate::transport::{Fate, Incoming, Message, Receipt};

/// `esm_class` of a part with a user data header.
const WITH_HEADER: u8 = 0x40;

/// Bits of `esm_class` that say what is delivered, and their value for a receipt.
const KIND: u8 = 0x3c;
const RECEIPT: u8 = 0x04;

/// Asks for a receipt of success and of failure.
const RECEIPTS: u8 = 0x01;

/// What an SMSC delivers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Receipt(Receipt),
    Message(Incoming),
    /// A state that is not final, or something that is not for us to act on.
    Other,
}

/// The parts of a message, at least one.
pub(super) fn parts(message: &Message, source: &str) -> Result<Vec<SubmitSm>, String> {
    let alphabet = Alphabet::of(&message.text);
    let texts = segments::parts(&message.text);
    let total = u8::try_from(texts.len()).map_err(|_| "it has too many parts".to_owned())?;
    // The same on every attempt, so that a phone takes a repeated part for the same.
    let reference =
        message.id.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    let (to, ton) = match message.phone.strip_prefix('+') {
        Some(number) => (number, Ton::International),
        None => (message.phone.as_str(), Ton::Unknown),
    };
    let (from, from_ton, from_npi) = match source.strip_prefix('+') {
        Some(number) => (number, Ton::International, Npi::Isdn),
        None if source.bytes().all(|byte| byte.is_ascii_digit()) => {
            (source, Ton::Unknown, Npi::Isdn)
        }
        None => (source, Ton::Alphanumeric, Npi::Unknown),
    };
    let part = |(number, part): (u8, &str)| {
        let header = if total > 1 { vec![5, 0, 3, reference, total, number] } else { Vec::new() };
        let (coding, user) = match alphabet {
            Alphabet::Gsm7 => (DataCoding::McSpecific, segments::gsm7(part)),
            Alphabet::Ucs2 => {
                (DataCoding::Ucs2, part.encode_utf16().flat_map(u16::to_be_bytes).collect())
            }
        };
        let class = if header.is_empty() { 0 } else { WITH_HEADER };
        let body =
            OctetString::from_vec([header, user].concat()).map_err(|error| error.to_string())?;
        Ok(SubmitSm::builder()
            .source_addr_ton(from_ton)
            .source_addr_npi(from_npi)
            .source_addr(text("source", from)?)
            .dest_addr_ton(ton)
            .dest_addr_npi(Npi::Isdn)
            .destination_addr(text("phone", to)?)
            .esm_class(EsmClass::from(class))
            .registered_delivery(RegisteredDelivery::from(RECEIPTS))
            .data_coding(coding)
            .short_message(body)
            .build())
    };
    (1..=total).zip(texts).map(part).collect()
}

/// What a `deliver_sm` is.
pub(super) fn heard(deliver: &DeliverSm) -> Heard {
    let class = u8::from(deliver.esm_class);
    let bytes: &[u8] = deliver.short_message().as_ref();
    if class & KIND == RECEIPT {
        return receipt(&String::from_utf8_lossy(bytes)).map_or(Heard::Other, Heard::Receipt);
    }
    if class & KIND != 0 {
        return Heard::Other;
    }
    let header = if class & WITH_HEADER == 0 {
        0
    } else {
        bytes.first().map_or(0, |&length| usize::from(length) + 1)
    };
    let bytes = bytes.get(header..).unwrap_or_default();
    let text = match deliver.data_coding {
        DataCoding::Ucs2 => {
            let pairs = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            String::from_utf16_lossy(&pairs.collect::<Vec<_>>())
        }
        // Codes and words of a reply are the same in ASCII, Latin 1 and the alphabet of 7 bits.
        _ => bytes.iter().map(|&byte| char::from(byte)).collect(),
    };
    let plus = if deliver.source_addr_ton == Ton::International { "+" } else { "" };
    let from = format!("{plus}{}", deliver.source_addr.as_str());
    Heard::Message(Incoming { from, text, at: Timestamp::now() })
}

/// A receipt's text, as in SMPP 3.4 appendix B: `id:.. sub:.. dlvrd:.. submit date:.. done date:.. stat:DELIVRD err:..`.
fn receipt(text: &str) -> Option<Receipt> {
    let field = |name: &str| {
        let (_, rest) = text.split_once(name)?;
        rest.split_whitespace().next()
    };
    let (id, state) = (field("id:")?, field("stat:")?);
    let fate = match state {
        "DELIVRD" => Fate::Delivered,
        "EXPIRED" | "DELETED" | "UNDELIV" | "REJECTD" => {
            let error = field("err:").unwrap_or("?");
            Fate::Failed { why: format!("the SMSC tells {state}, error {error}") }
        }
        _ => return None,
    };
    Some(Receipt { reference: id.to_owned(), fate })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message {
            id: "3f9a1c2b-17".into(),
            contact: "duty".into(),
            phone: "+8613800000000".into(),
            text: text.into(),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_short_text_is_one_part_and_a_long_one_has_headers() {
        let one = parts(&message("a[€"), "+4915").unwrap();
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].short_message().as_ref(), b"a\x1b\x3c\x1b\x65");
        assert_eq!(u8::from(one[0].esm_class), 0, "the default of the crate is another");
        let two = parts(&message(&"警😀".repeat(30)), "alerts").unwrap();
        assert_eq!(two.len(), 2);
        for (number, part) in (1..).zip(&two) {
            let body: &[u8] = part.short_message().as_ref();
            assert_eq!((body[..3].to_vec(), body[4], body[5]), (vec![5, 0, 3], 2, number));
            assert!(body.len() <= 140);
            assert_eq!(u8::from(part.esm_class), WITH_HEADER);
        }
    }

    #[test]
    fn a_receipt_is_read_from_its_text() {
        let text = "id:7F3 sub:001 dlvrd:001 submit date:2603011245 done date:2603011246 stat:DELIVRD err:000 text:x";
        let told = receipt(text).unwrap();
        assert_eq!((told.reference.as_str(), told.fate), ("7F3", Fate::Delivered));
        assert!(matches!(
            receipt(&text.replace("DELIVRD", "UNDELIV")).unwrap().fate,
            Fate::Failed { .. }
        ));
        for open in [text.replace("DELIVRD", "ENROUTE"), "stat:DELIVRD".into(), String::new()] {
            assert_eq!(receipt(&open), None, "{open}");
        }
    }
}
