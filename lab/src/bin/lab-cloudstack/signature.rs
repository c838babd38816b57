//! Whether a request is signed as the server wants it.
//!
//! The server sorts parameters by their names as they are, leaves the signature out, encodes values as Java's
//! `URLEncoder` does with `%20` for blanks, makes everything small, and compares HMAC-SHA1 in base64. From version 3
//! on a signature ends at `expires`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use sha1::Sha1;

/// Whether these parameters are signed with a secret and the signature is still valid.
pub(crate) fn holds(parameters: &[(String, String)], secret: &str, now: Timestamp) -> bool {
    let given = |name: &str| value(parameters, name);
    if given("signatureversion") == Some("3") {
        let expires = given("expires").map(|text| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text));
        if !matches!(expires, Some(Ok(expires)) if expires >= now) {
            return false;
        }
    }
    let Some(signature) = given("signature") else { return false };
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(canonical(parameters).as_bytes());
    STANDARD.decode(signature).is_ok_and(|signature| mac.verify_slice(&signature).is_ok())
}

/// A parameter, in whatever case its name is written.
pub(crate) fn value<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = parameters.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
    Some(value)
}

/// What is signed.
fn canonical(parameters: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = parameters
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("signature"))
        .map(|(name, value)| (name, encoded(value)))
        .collect();
    sorted.sort();
    let pairs: Vec<_> = sorted.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&").to_lowercase()
}

fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02x}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn names_are_sorted_as_they_are_and_values_encoded_as_java_does() {
        let given = parameters(&[
            ("keyword", "a b+c*~ü"),
            ("signature", "x"),
            ("apiKey", "K"),
            ("Zone", "1"),
        ]);
        assert_eq!(canonical(&given), "zone=1&apikey=k&keyword=a%20b%2bc*%7e%c3%bc");
    }

    /// Made with OpenSSL: `printf %s 'apikey=k&command=listzones' | openssl dgst -sha1 -hmac s -binary | base64`.
    #[test]
    fn a_signature_holds_for_its_parameters_and_its_time() {
        let signed = parameters(&[
            ("command", "listZones"),
            ("apiKey", "k"),
            ("signature", "PiVh9mDtWBpcDxASXi+ffk6O8VQ="),
        ]);
        let now = Timestamp::UNIX_EPOCH;
        assert!(holds(&signed, "s", now));
        assert!(!holds(&signed, "t", now));
        assert!(!holds(&signed[..2], "s", now));
        let mut late = signed.clone();
        late.push(("signatureVersion".into(), "3".into()));
        assert!(!holds(&late, "s", now), "version 3 wants to know when it ends");
    }
}
