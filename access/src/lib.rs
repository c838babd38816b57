//! Who may do what on a program's pages and API, and a log of what they did that cannot be changed unseen.
//!
//! | module | holds |
//! |---|---|
//! | `settings` | what the configuration says: users, tokens, a reverse proxy, lengths of sessions |
//! | `guard` | [`Access`]: who is calling, and whether they may; refuses by default |
//! | `login` | the API of a session: log in, who am I, log out |
//! | `session`, `attempts` | sessions in memory; guesses at a password, limited |
//! | `request` | where a request really comes from, and whether a foreign page has sent it |
//! | `password`, `token` | argon2 hashes; bearer tokens, compared in constant time |
//! | [`audit`] | an append-only file, each line bound to the one before it |
//!
//! A program brings a [`Role`] with its rights, keeps a [`Settings`] in its configuration, makes one [`Access`],
//! merges [`Access::routes`], and wraps its own routes in [`Access::guard`]; a handler takes a [`Caller`].
//!
//! Promises: a route without a guard has no caller; what changes something needs, from a browser, our own origin
//! and the session's token; an unknown user takes as long to refuse as a wrong password; a session ends with its
//! user, password or time. Sessions are in memory: a restart ends them all.

pub mod audit;

mod attempts;
mod guard;
mod login;
mod password;
mod request;
mod session;
mod settings;
mod token;

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use guard::{Access, Caller, Refusal, Unnamed};
pub use password::{PasswordHash, hash_password_command};
pub use settings::{File, Settings};
pub use token::{Token, Tokens};

/// What a user is to the program, as the configuration names it. An enum.
pub trait Role:
    Copy + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// What there is to be allowed. An enum.
    type Right: Copy + Debug + Send + Sync + 'static;

    /// Whether this role has that right.
    fn may(self, right: Self::Right) -> bool;
}

/// Bytes that nobody can guess.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness of the system no session would be safe, so there is nothing to go on with.
    getrandom::fill(&mut bytes)
        .unwrap_or_else(|error| panic!("the system has no randomness: {error}"));
    bytes
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
