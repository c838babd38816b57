//! What can be wrong with an agent, or with the way to it.

use clap::Args;
use serde::Deserialize;

/// What is wrong. The default is nothing. The same names are flags and parameters of the control interface.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Fault {
    /// The rest only begins after so many packets
    #[arg(long = "fault.after", value_name = "PACKETS", default_value_t = 0)]
    pub(crate) after: u64,
    /// Round trip between the agent and who asks, milliseconds; packets on the way do not wait for each other
    #[arg(long = "fault.delay", value_name = "MILLISECONDS", default_value_t = 0.0)]
    pub(crate) delay: f64,
    /// What the agent works for each varbind, microseconds; requests wait for each other
    #[arg(long = "fault.service", value_name = "MICROSECONDS", default_value_t = 0.0)]
    pub(crate) service: f64,
    /// Share of the requests that are lost, in percent
    #[arg(long = "fault.loss", value_name = "PERCENT", default_value_t = 0.0)]
    pub(crate) loss: f64,
    /// Where the dice of the loss begin
    #[arg(long = "fault.seed", value_name = "NUMBER", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Every so many-th request is lost; 0 loses none
    #[arg(long = "fault.loss-every", value_name = "NUMBER", default_value_t = 0)]
    pub(crate) loss_every: u64,
    /// Longest message of the agent, bytes; 0 is UDP's own limit
    #[arg(long = "fault.max-message-size", value_name = "BYTES", default_value_t = 0)]
    pub(crate) max_message_size: usize,
    /// Every answer comes twice
    #[arg(long = "fault.duplicate")]
    pub(crate) duplicate: bool,
    /// The last varbind of an answer to GETNEXT and GETBULK has the name that was asked for
    #[arg(long = "fault.non-increasing")]
    pub(crate) non_increasing: bool,
    /// What the agent says instead of an answer
    #[arg(long = "fault.instead", value_name = "WHAT")]
    pub(crate) instead: Option<Instead>,
}

/// What an agent may say instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Instead {
    /// Nothing at all.
    Silence,
    /// Bytes that are no message.
    Garbage,
    /// A message that ends half way.
    Half,
    /// The error tooBig.
    TooBig,
    /// The error genErr.
    GenErr,
}

impl Fault {
    /// Whether the packet of this number is lost, counted from 1.
    pub(crate) fn loses(&self, packet: u64) -> bool {
        if self.loss_every > 0 && packet.is_multiple_of(self.loss_every) {
            return true;
        }
        self.loss > 0.0 && dice(self.seed ^ packet) < self.loss / 100.0
    }
}

/// A number from 0 to 1 that looks random and is always the same (splitmix64's mixing of the bits).
fn dice(seed: u64) -> f64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ mixed >> 31) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_is_lost_is_what_was_asked() {
        let fault = Fault { loss: 5.0, seed: 7, ..Fault::default() };
        let lost = (1..=10_000).filter(|&packet| fault.loses(packet)).count();
        assert!((450..=550).contains(&lost), "{lost} of 10,000");
    }

    #[test]
    fn every_third_is_lost() {
        let fault = Fault { loss_every: 3, ..Fault::default() };
        assert_eq!((1..=7).filter(|&packet| fault.loses(packet)).collect::<Vec<_>>(), [3, 6]);
    }
}
