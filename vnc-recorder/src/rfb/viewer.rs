//! The handshake that a viewer gets from us: RFB 3.3, 3.7 or 3.8 as it chooses, never with a password, because
//! whoever gets here has been let in already.

use super::server_init;

/// Our first message.
pub const VERSION: &[u8; 12] = b"RFB 003.008\n";

/// Where a viewer's handshake stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    /// Our version is sent, its version is awaited.
    Version,
    /// It must choose the one security type that there is.
    Security {
        /// Whether it expects to be told the result.
        result: bool,
    },
    /// Its `ClientInit` is awaited.
    Init,
    /// Messages flow.
    Done,
}

/// What a viewer did wrong in the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GreetingError {
    /// It answers with a version that we did not offer.
    #[error("the viewer's version is none of RFB 3.3, 3.7 and 3.8")]
    Version,
    /// It chose a security type that we did not offer.
    #[error("the viewer chose the security type {0}, expected 1 (none)")]
    Security(u8),
}

impl Greeting {
    /// Takes the viewer's next bytes and answers how many of them were used, with what is to be sent. Nothing
    /// used: more must come first.
    ///
    /// # Errors
    /// What it did wrong.
    pub fn advance(
        &mut self,
        bytes: &[u8],
        desktop: (u16, u16, &str),
    ) -> Result<(usize, Vec<u8>), GreetingError> {
        let (next, used, answer) = match (*self, bytes) {
            (Greeting::Version, line) if line.len() >= 12 => match &line[..12] {
                b"RFB 003.003\n" => (Greeting::Init, 12, vec![0, 0, 0, 1]),
                b"RFB 003.007\n" => (Greeting::Security { result: false }, 12, vec![1, 1]),
                b"RFB 003.008\n" => (Greeting::Security { result: true }, 12, vec![1, 1]),
                _ => return Err(GreetingError::Version),
            },
            (Greeting::Security { result }, [1, ..]) => {
                (Greeting::Init, 1, if result { vec![0; 4] } else { Vec::new() })
            }
            (Greeting::Security { .. }, [other, ..]) => {
                return Err(GreetingError::Security(*other));
            }
            (Greeting::Init, [_, ..]) => {
                let (width, height, name) = desktop;
                (Greeting::Done, 1, server_init(width, height, name))
            }
            _ => return Ok((0, Vec::new())),
        };
        *self = next;
        Ok((used, answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greet(said: &[u8]) -> Result<(Greeting, Vec<u8>), GreetingError> {
        let (mut greeting, mut heard, mut rest) = (Greeting::Version, Vec::new(), said);
        loop {
            let (used, answer) = greeting.advance(rest, (2, 1, "x"))?;
            heard.extend(answer);
            rest = &rest[used..];
            if used == 0 {
                return Ok((greeting, heard));
            }
        }
    }

    #[test]
    fn each_version_gets_what_it_expects() {
        let init = server_init(2, 1, "x");
        for (said, security) in [
            (&b"RFB 003.003\n\x01"[..], &[0, 0, 0, 1][..]),
            (b"RFB 003.007\n\x01\x01", &[1, 1]),
            (b"RFB 003.008\n\x01\x00", &[1, 1, 0, 0, 0, 0]),
        ] {
            assert_eq!(greet(said), Ok((Greeting::Done, [security, &init].concat())));
            assert!(greet(&said[..said.len() - 1]).unwrap().0 != Greeting::Done);
        }
    }

    #[test]
    fn what_was_not_offered_is_refused() {
        assert_eq!(greet(b"RFB 003.009\n"), Err(GreetingError::Version));
        assert_eq!(greet(b"RFB 003.008\n\x02"), Err(GreetingError::Security(2)));
    }
}
