//! Passwords: argon2 hashes in the configuration, and the command that makes them.

use std::io::{BufRead as _, stdin};

use anyhow::{Context as _, anyhow, ensure};
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Argon2, password_hash};

/// Bytes of a password at most: hashing costs more the longer it is.
pub(crate) const LONGEST: usize = 1024;

/// Characters of a password that [`hash_password_command`] takes at least.
const SHORTEST: usize = 8;

/// A user's password, hashed: `$argon2id$v=19$m=..,t=..,p=..$SALT$HASH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a password with a new salt and the parameters that OWASP recommends (19 MiB, two passes).
    ///
    /// # Errors
    /// When the password is too long.
    pub fn new(password: &str) -> anyhow::Result<Self> {
        ensure!(password.len() <= LONGEST, "the password is longer than {LONGEST} bytes");
        let salt = SaltString::encode_b64(&crate::random::<16>())
            .map_err(|error| anyhow!("cannot make a salt: {error}"))?;
        let hash = Argon2::default()
            .hash_password(password.as_bytes(), &salt)
            .map_err(|error| anyhow!("cannot hash the password: {error}"))?;
        Ok(PasswordHash(hash.to_string()))
    }

    /// Reads a hash as the configuration holds it.
    ///
    /// # Errors
    /// When it is no argon2 hash. The error does not show it.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let hash = password_hash::PasswordHash::new(text).ok();
        let usable = hash.is_some_and(|hash| {
            hash.algorithm.as_str().starts_with("argon2") && hash.hash.is_some()
        });
        ensure!(usable, "is no argon2 hash, expected what the command `hash-password` prints");
        Ok(PasswordHash(text.to_owned()))
    }

    /// The hash as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the password. Takes tens of milliseconds, on purpose.
    #[must_use]
    pub fn verify(&self, password: &str) -> bool {
        password_hash::PasswordHash::new(&self.0)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    }
}

/// `PROGRAM hash-password`: when that is the command line, reads a password from the first line of the standard
/// input and prints its hash. Answers whether it was.
///
/// # Errors
/// When there is no password, or one that is too short or too long.
pub fn hash_password_command() -> anyhow::Result<bool> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != "hash-password") {
        return Ok(false);
    }
    ensure!(
        arguments.next().is_none(),
        "hash-password: takes no more arguments; the password comes on standard input"
    );
    let mut line = String::new();
    stdin().lock().read_line(&mut line).context("hash-password: cannot read standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    ensure!(
        password.chars().count() >= SHORTEST,
        "hash-password: the password has fewer than {SHORTEST} characters"
    );
    println!("{}", PasswordHash::new(password)?.as_str());
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let hash = PasswordHash::new("修复 horse").unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(hash.verify("修复 horse") && !hash.verify("修复 hors") && !hash.verify(""));
        assert_ne!(hash, PasswordHash::new("修复 horse").unwrap(), "each has its own salt");
        assert_eq!(PasswordHash::parse(hash.as_str()).unwrap(), hash);
    }

    #[test]
    fn what_is_no_argon2_hash_is_refused_and_not_shown() {
        for wrong in ["hunter2", "", "$2y$10$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=1,t=1,p=1"]
        {
            let error = PasswordHash::parse(wrong).unwrap_err().to_string();
            assert!(wrong.is_empty() || !error.contains(wrong), "{error}");
        }
    }
}
