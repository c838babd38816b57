//! Signatures as CloudStack's `ApiServer` checks them. No I/O, no clock.
//!
//! Parameters are sorted by their case-sensitive names, values are encoded as Java's `URLEncoder` does with a space
//! as `%20`, the whole is lower-cased, and the HMAC-SHA1 of it is told in base64.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;

/// Parameters of a request, by name. Sorted when signed.
pub type Parameters<'a> = Vec<(&'a str, String)>;

/// The text that is signed: sorted, encoded, lower-cased.
#[must_use]
pub fn canonical(parameters: &[(&str, String)]) -> String {
    let mut sorted: Vec<_> = parameters.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    joined(sorted).to_lowercase()
}

/// The signature of these parameters: HMAC-SHA1 of [`canonical`], in base64.
#[must_use]
pub fn signature(parameters: &[(&str, String)], secret: &str) -> String {
    // A key of any length will do, RFC 2104.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(canonical(parameters).as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The parameters and their signature, as a query or as the body of a form.
#[must_use]
pub fn signed(parameters: &[(&str, String)], secret: &str) -> String {
    let mut query = joined(parameters);
    query.push_str("&signature=");
    encode(&signature(parameters, secret), &mut query);
    query
}

fn joined<'a>(parameters: impl IntoIterator<Item = &'a (&'a str, String)>) -> String {
    let mut text = String::new();
    for (name, value) in parameters {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        encode(value, &mut text);
    }
    text
}

/// `URLEncoder.encode(value, "UTF-8")` with `+` replaced by `%20`: letters, digits and `.-*_` stay.
fn encode(value: &str, into: &mut String) {
    for &byte in value.as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                into.push(char::from(byte));
            }
            // Writing into a string cannot fail.
            _ => drop(write!(into, "%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters<'a>(pairs: &[(&'a str, &str)]) -> Parameters<'a> {
        pairs.iter().map(|&(name, value)| (name, value.to_owned())).collect()
    }

    #[test]
    fn names_keep_their_case_while_sorted_and_values_are_encoded_as_java_does() {
        let asked = parameters(&[("zone", "a b*~+"), ("Zed", "é/")]);
        assert_eq!(canonical(&asked), "zed=%c3%a9%2f&zone=a%20b*%7e%2b");
    }

    /// RFC 2202, test case 2.
    #[test]
    fn the_hash_is_hmac_sha1() {
        let mut mac = Hmac::<Sha1>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        let expected = [0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f, 0xa2, 0xd2, 0x74];
        assert_eq!(mac.finalize().into_bytes()[..10], expected);
    }

    #[test]
    fn the_order_on_the_wire_does_not_change_the_signature() {
        let one = parameters(&[("command", "listZones"), ("apiKey", "k")]);
        let other = parameters(&[("apiKey", "k"), ("command", "listZones")]);
        assert_eq!(signature(&one, "s"), signature(&other, "s"));
        assert_ne!(signature(&one, "s"), signature(&one, "t"));
        assert!(signed(&one, "s").starts_with("command=listZones&apiKey=k&signature="));
    }
}
