//! One agent: what it answers from, what is wrong with it, and what it has counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::answer::{self, Answer, Bent};
use crate::fault::{Fault, Instead};
use crate::message::{Request, Status};
use crate::table::Table;

/// One agent.
pub(crate) struct Agent {
    table: Arc<Table>,
    community: Option<String>,
    fault: Mutex<Fault>,
    /// Until when it works on what it has been asked.
    busy: Mutex<Instant>,
    /// When the answers that are on the way arrive.
    on_the_way: Mutex<Vec<Instant>>,
    received: AtomicU64,
    answered: AtomicU64,
    varbinds: AtomicU64,
    waiting: AtomicU64,
}

/// What an agent has counted since its start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    /// Packets that came, also those that were lost or made no sense.
    pub(crate) received: u64,
    /// Requests that were answered.
    pub(crate) answered: u64,
    /// Varbinds in the answers.
    pub(crate) varbinds: u64,
    /// The most answers that were on the way at once.
    pub(crate) waiting: u64,
}

/// What to send, and when.
pub(crate) struct Reply {
    pub(crate) message: Vec<u8>,
    pub(crate) at: Option<Instant>,
    /// How often.
    pub(crate) times: u8,
}

impl Agent {
    pub(crate) fn new(table: Arc<Table>, community: Option<String>, fault: Fault) -> Arc<Self> {
        Arc::new(Self {
            table,
            community,
            fault: Mutex::new(fault),
            busy: Mutex::new(Instant::now()),
            on_the_way: Mutex::default(),
            received: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            varbinds: AtomicU64::new(0),
            waiting: AtomicU64::new(0),
        })
    }

    /// Sets what is wrong from now on.
    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            received: self.received.load(Ordering::Relaxed),
            answered: self.answered.load(Ordering::Relaxed),
            varbinds: self.varbinds.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    /// What a packet is answered, if it is.
    pub(crate) fn hear(&self, packet: &[u8]) -> Option<Reply> {
        let number = self.received.fetch_add(1, Ordering::Relaxed) + 1;
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fault = if number > fault.after { fault } else { Fault::default() };
        if fault.loses(number) {
            return None;
        }
        let request = Request::read(packet)?;
        if self.community.as_ref().is_some_and(|expected| expected.as_bytes() != request.community)
        {
            return None;
        }
        let Answer { message, varbinds } = self.say(&request, &fault)?;
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.varbinds.fetch_add(varbinds, Ordering::Relaxed);
        let times = if fault.duplicate { 2 } else { 1 };
        let at = self.ready(&fault, varbinds);
        self.sent(at);
        Some(Reply { message, at, times })
    }

    /// Counts an answer among those that are on the way.
    fn sent(&self, at: Option<Instant>) {
        let now = Instant::now();
        let mut on_the_way = self.on_the_way.lock().unwrap_or_else(PoisonError::into_inner);
        on_the_way.retain(|arrival| *arrival > now);
        on_the_way.push(at.unwrap_or(now));
        self.waiting.fetch_max(on_the_way.len() as u64, Ordering::Relaxed);
    }

    fn say(&self, request: &Request, fault: &Fault) -> Option<Answer> {
        let Fault { max_message_size, non_increasing, .. } = *fault;
        let answer =
            || answer::answer(&self.table, request, &Bent { max_message_size, non_increasing });
        match fault.instead {
            None => Some(answer()),
            Some(Instead::Silence) => None,
            Some(Instead::Garbage) => {
                Some(Answer { message: b"\x30\x84\xff\xff\xff\xffgarbage".to_vec(), varbinds: 0 })
            }
            Some(Instead::Half) => {
                let Answer { mut message, .. } = answer();
                message.truncate(message.len() / 2);
                Some(Answer { message, varbinds: 0 })
            }
            Some(Instead::TooBig) => Some(answer::error(request, Status::TooBig, 0)),
            Some(Instead::GenErr) => Some(answer::error(request, Status::GenErr, 1)),
        }
    }

    /// When the answer has arrived; `None` is at once.
    fn ready(&self, fault: &Fault, varbinds: u64) -> Option<Instant> {
        let mut at = None;
        if fault.service > 0.0 {
            let work = Duration::from_secs_f64(fault.service * varbinds as f64 / 1e6);
            let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
            *busy = Instant::now().max(*busy) + work;
            at = Some(*busy);
        }
        if fault.delay > 0.0 {
            at = Some(at.unwrap_or_else(Instant::now) + Duration::from_secs_f64(fault.delay / 1e3));
        }
        at
    }
}
