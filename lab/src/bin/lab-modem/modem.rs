//! The modem's state, and what it answers to a command.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::pdu::{self, Submit};

/// Places for received messages.
const PLACES: u8 = 30;

/// A modem with its SIM.
#[derive(Debug, Default)]
pub(crate) struct Modem(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    received: BTreeMap<u8, String>,
    sent: Vec<Sent>,
    references: u8,
    fault: Fault,
}

/// A message that the network has taken.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sent {
    /// The reference that the modem has told.
    pub(crate) reference: u8,
    #[serde(flatten)]
    pub(crate) message: Submit,
}

/// How many of the next messages go wrong in which way. `lost` is the honest trouble: the network takes it, and the
/// program never hears so.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Fault {
    /// Answered with `+CMS ERROR: 38`, network out of order.
    pub(crate) refused: u32,
    /// Not taken and not answered.
    pub(crate) silent: u32,
    /// Taken, and the connection is closed instead of an answer.
    pub(crate) lost: u32,
}

/// What the modem does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Says this.
    Say(String),
    /// Waits for a message, until Control-Z.
    Prompt,
    Silence,
    /// Closes the connection.
    Reset,
}

impl Modem {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what will go wrong.
    pub(crate) fn set(&self, fault: Fault) {
        self.state().fault = fault;
    }

    /// What the network has taken.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    /// Receives a message; false when the SIM is full.
    pub(crate) fn receive(&self, pdu: String) -> bool {
        let mut state = self.state();
        let free = (1..=PLACES).find(|place| !state.received.contains_key(place));
        free.is_some_and(|place| state.received.insert(place, pdu).is_none())
    }

    /// Answers a command line.
    pub(crate) fn command(&self, line: &str) -> Reply {
        let command = line.trim().to_ascii_uppercase();
        let mut state = self.state();
        let used = state.received.len();
        let say = |lines: &str| Reply::Say(format!("\r\n{lines}\r\n\r\nOK\r\n"));
        let place =
            |prefix: &str| command.strip_prefix(prefix)?.split(',').next()?.parse::<u8>().ok();
        if command.starts_with("AT+CMGS=") {
            return Reply::Prompt;
        }
        if let Some(place) = place("AT+CMGR=") {
            return match state.received.get(&place) {
                Some(pdu) => say(&format!("+CMGR: 0,,{}\r\n{pdu}", pdu::length(pdu))),
                None => Reply::Say("\r\n+CMS ERROR: 321\r\n".into()),
            };
        }
        if let Some(place) = place("AT+CMGD=") {
            state.received.remove(&place);
            return Reply::Say("\r\nOK\r\n".into());
        }
        match command.as_str() {
            "AT+CPMS?" => {
                let one = format!("\"SM\",{used},{PLACES}");
                say(&format!("+CPMS: {one},{one},{one}"))
            }
            "AT+CPIN?" => say("+CPIN: READY"),
            "AT+CREG?" => say("+CREG: 0,1"),
            "AT+CSQ" => say("+CSQ: 20,0"),
            "AT+CIMI" => say("262010000000001"),
            "AT+CGSN" => say("350000000000001"),
            "" => Reply::Silence,
            _ => Reply::Say("\r\nOK\r\n".into()),
        }
    }

    /// Answers the message that follows a prompt.
    pub(crate) fn message(&self, hex: &str) -> Reply {
        let mut state = self.state();
        let fault = &mut state.fault;
        for (left, reply) in [
            (&mut fault.refused, Reply::Say("\r\n+CMS ERROR: 38\r\n".into())),
            (&mut fault.silent, Reply::Silence),
        ] {
            if *left > 0 {
                *left -= 1;
                return reply;
            }
        }
        let Ok(message) = pdu::submit(hex.trim()) else {
            return Reply::Say("\r\n+CMS ERROR: 304\r\n".into());
        };
        state.references = state.references.wrapping_add(1);
        let reference = state.references;
        state.sent.push(Sent { reference, message });
        if state.fault.lost > 0 {
            state.fault.lost -= 1;
            return Reply::Reset;
        }
        Reply::Say(format!("\r\n+CMGS: {reference}\r\n\r\nOK\r\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBMIT: &str = "0011000B916407281553F80000AA0AE8329BFD4697D9EC37";

    #[test]
    fn what_is_received_is_read_until_it_is_deleted() {
        let modem = Modem::default();
        assert!(modem.receive(pdu::deliver("+123", "OK")));
        let Reply::Say(text) = modem.command("AT+CPMS?\r") else { panic!("no answer") };
        assert!(text.contains("\"SM\",1,30"), "{text}");
        let Reply::Say(text) = modem.command("AT+CMGR=1") else { panic!("no answer") };
        assert!(text.contains("+CMGR: 0,,"), "{text}");
        modem.command("AT+CMGD=1");
        assert_eq!(modem.command("AT+CMGR=1"), Reply::Say("\r\n+CMS ERROR: 321\r\n".into()));
    }

    #[test]
    fn faults_are_used_up_one_message_each() {
        let modem = Modem::default();
        modem.set(Fault { refused: 1, silent: 1, lost: 1 });
        assert_eq!(modem.command("AT+CMGS=23"), Reply::Prompt);
        assert!(matches!(modem.message(SUBMIT), Reply::Say(text) if text.contains("+CMS ERROR")));
        assert_eq!(modem.message(SUBMIT), Reply::Silence);
        assert_eq!(modem.message(SUBMIT), Reply::Reset);
        assert!(matches!(modem.message(SUBMIT), Reply::Say(text) if text.contains("+CMGS: 2")));
        assert_eq!(modem.sent().len(), 2);
    }
}
