//! Guesses at passwords, limited by user and by address.
//!
//! A guess is counted before the password is looked at, so guesses at the same time cannot slip through. Names
//! that no user has count like any other. From one address a user is locked out soon; from all addresses
//! together only much later, so that a stranger cannot easily lock out somebody.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// What is counted is forgotten after this.
const WINDOW: Duration = Duration::from_secs(10 * 60);

/// Guesses that are remembered at most; the oldest are forgotten first.
const MOST: usize = 10_000;

/// What guesses are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum By {
    Pair(String, IpAddr),
    Address(IpAddr),
    User(String),
}

impl By {
    /// Wrong guesses within the window, at most.
    fn most(&self) -> u32 {
        match self {
            By::Pair(..) => 5,
            By::Address(_) => 30,
            By::User(_) => 100,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Count {
    since: Instant,
    guesses: u32,
}

/// The guesses of late.
#[derive(Debug, Default)]
pub(crate) struct Attempts(HashMap<By, Count>);

impl Attempts {
    /// Counts a guess.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    pub(crate) fn begin(
        &mut self,
        user: &str,
        address: IpAddr,
        now: Instant,
    ) -> Result<(), Duration> {
        let keys = keys(user, address);
        for key in &keys {
            if let Some(count) = self.0.get(key).filter(|count| count.guesses >= key.most()) {
                let passed = now.duration_since(count.since);
                if passed < WINDOW {
                    return Err(WINDOW - passed);
                }
            }
        }
        if self.0.len() + keys.len() > MOST {
            self.forget(now);
        }
        for key in keys {
            let count = self.0.entry(key).or_insert(Count { since: now, guesses: 0 });
            if now.duration_since(count.since) >= WINDOW {
                *count = Count { since: now, guesses: 0 };
            }
            count.guesses += 1;
        }
        Ok(())
    }

    /// The guess was right: it does not count, nor do those before it from there.
    pub(crate) fn succeeded(&mut self, user: &str, address: IpAddr) {
        for key in keys(user, address) {
            match key {
                By::Pair(..) => drop(self.0.remove(&key)),
                By::Address(_) | By::User(_) => {
                    if let Some(count) = self.0.get_mut(&key) {
                        count.guesses = count.guesses.saturating_sub(1);
                    }
                }
            }
        }
    }

    /// Forgets what is over, and if that is too little, the older half.
    fn forget(&mut self, now: Instant) {
        self.0.retain(|_, count| now.duration_since(count.since) < WINDOW);
        if self.0.len() > MOST / 2 {
            let mut times: Vec<Instant> = self.0.values().map(|count| count.since).collect();
            times.sort_unstable();
            let middle = times[times.len() / 2];
            self.0.retain(|_, count| count.since > middle);
        }
    }
}

fn keys(user: &str, address: IpAddr) -> [By; 3] {
    let address = network(address);
    [By::Pair(user.into(), address), By::Address(address), By::User(user.into())]
}

/// One customer has a whole /64 of IPv6 addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn guesses_are_limited_by_user_and_by_address() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        for _ in 0..5 {
            attempts.begin("duty", HERE, now).unwrap();
        }
        assert_eq!(attempts.begin("duty", HERE, now), Err(WINDOW));
        assert!(
            attempts.begin("duty", [192, 0, 2, 2].into(), now).is_ok(),
            "elsewhere is not locked out"
        );
        for guess in 0..25 {
            attempts.begin(&format!("name {guess}"), HERE, now).unwrap();
        }
        assert!(attempts.begin("another", HERE, now).is_err(), "one address, many names");
        assert!(attempts.begin("duty", HERE, now + WINDOW).is_ok());
    }

    #[test]
    fn many_addresses_guess_at_one_user_a_hundred_times() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        let guess = |attempts: &mut Attempts, last: u8| {
            attempts.begin("duty", [192, 0, 2, last].into(), now)
        };
        assert!((0..100).all(|last| guess(&mut attempts, last).is_ok()));
        assert!(guess(&mut attempts, 100).is_err());
    }

    #[test]
    fn a_right_guess_does_not_count() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        for _ in 0..200 {
            attempts.begin("duty", HERE, now).unwrap();
            attempts.succeeded("duty", HERE);
        }
    }

    #[test]
    fn addresses_of_one_network_are_one_and_memory_is_bounded() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        let address = |last: u128| IpAddr::V6(Ipv6Addr::from((0x2001_0db8 << 96) + last));
        for last in 0..5 {
            attempts.begin("duty", address(last), now).unwrap();
        }
        assert!(attempts.begin("duty", address(9), now).is_err());
        for guess in 0..20_000_u64 {
            let at = now + Duration::from_micros(guess);
            let _ = attempts.begin(&format!("{guess}"), address(u128::from(guess) << 64), at);
        }
        assert!(attempts.0.len() <= MOST, "{}", attempts.0.len());
    }
}
