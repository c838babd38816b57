//! The connection to an SMSC.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rusmpp::pdus::{BindTransceiver, DeliverSm, DeliverSmResp, SubmitSm};
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use rusmpp::{Command, CommandStatus, Pdu};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::codec::Framed;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::message::{Heard, heard};
use super::{Answer, Settings};
use crate::delivery::inbound::Inbound;

/// Pauses between connections: the first, doubled up to the other.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Where parts are handed to the connection.
#[derive(Debug)]
pub(super) enum Link {
    Up(mpsc::Sender<Submission>),
    /// Why there is none.
    Down(String),
}

/// A part to be sent.
#[derive(Debug)]
pub(super) struct Submission {
    pub(super) part: SubmitSm,
    pub(super) answer: oneshot::Sender<Answer>,
}

type Line = Framed<TcpStream, CommandCodec>;

/// Keeps a connection, until `stop`.
pub(super) async fn keep(
    settings: &Settings,
    link: &watch::Sender<Link>,
    name: &str,
    inbound: &Inbound,
    stop: &CancellationToken,
) {
    let mut pause = PAUSES.0;
    while !stop.is_cancelled() {
        let why = match timeout(settings.timeout, bind(settings)).await {
            Ok(Ok(mut line)) => {
                info!(transport = name, address = settings.address, "bound");
                pause = PAUSES.0;
                // One message is on the way at a time, so one place is enough.
                let (queue, waiting) = mpsc::channel(1);
                link.send_replace(Link::Up(queue));
                let mut session =
                    Session { settings, name, inbound, waiting, sequence: 1, open: None };
                let why = session.run(&mut line, stop).await;
                link.send_replace(Link::Down(why.clone()));
                session.give_back();
                why
            }
            Ok(Err(why)) => why,
            Err(_) => format!("no answer within {} s", settings.timeout.as_secs_f64()),
        };
        if stop.is_cancelled() {
            return;
        }
        warn!(transport = name, address = settings.address, why, "no connection to the SMSC");
        link.send_replace(Link::Down(format!("{}: {why}", settings.address)));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
        pause = (pause * 2).min(PAUSES.1);
    }
}

async fn bind(settings: &Settings) -> Result<Line, String> {
    let stream = TcpStream::connect(&settings.address).await.map_err(|error| error.to_string())?;
    let mut line = Framed::new(stream, CommandCodec::new());
    let bind = BindTransceiver::builder()
        .system_id(text("system_id", &settings.system_id)?)
        .password(text("password", settings.password.expose())?)
        .system_type(text("system_type", &settings.system_type)?)
        .interface_version(InterfaceVersion::Smpp3_4)
        .build();
    let command = Command::new(CommandStatus::EsmeRok, 1, bind);
    line.send(&command).await.map_err(|error| error.to_string())?;
    let answer = line.next().await.ok_or("it has closed the connection")?;
    let answer = answer.map_err(|error| error.to_string())?;
    match answer.status() {
        CommandStatus::EsmeRok => Ok(line),
        status => Err(format!("it answers {status:?} to bind_transceiver")),
    }
}

/// A text of the protocol; the error does not quote it, it may be a password.
pub(super) fn text<const MOST: usize>(
    key: &str,
    text: &str,
) -> Result<COctetString<1, MOST>, String> {
    COctetString::from_vec([text.as_bytes(), b"\0"].concat())
        .map_err(|_| format!("{key}: expected at most {} ASCII characters", MOST - 1))
}

/// A bound connection.
struct Session<'a> {
    settings: &'a Settings,
    name: &'a str,
    inbound: &'a Inbound,
    waiting: mpsc::Receiver<Submission>,
    sequence: u32,
    /// The request that waits for its answer: who asked, if anybody, and until when.
    open: Option<(u32, Option<oneshot::Sender<Answer>>, Instant)>,
}

impl Session<'_> {
    /// Works until the connection ends; answers why.
    async fn run(&mut self, line: &mut Line, stop: &CancellationToken) -> String {
        let mut quiet_until = Instant::now() + self.settings.enquire;
        loop {
            let deadline = self.open.as_ref().map_or(quiet_until, |(_, _, until)| *until);
            let done = tokio::select! {
                command = line.next() => {
                    quiet_until = Instant::now() + self.settings.enquire;
                    match command {
                        Some(Ok(command)) => self.take(line, command).await,
                        Some(Err(error)) => Err(error.to_string()),
                        None => Err("it has closed the connection".into()),
                    }
                }
                Some(Submission { part, answer }) = self.waiting.recv(), if self.open.is_none() => {
                    self.ask(line, part.into(), Some(answer)).await
                }
                () = sleep_until(deadline) => match self.open {
                    // What came late now would be taken for the answer to something else.
                    Some(_) => Err(format!("no answer within {} s", self.settings.timeout.as_secs_f64())),
                    None => self.ask(line, Pdu::EnquireLink, None).await,
                },
                () = stop.cancelled(), if self.open.is_none() => {
                    let _ = self.ask(line, Pdu::Unbind, None).await;
                    return "the program stops".into();
                }
            };
            if let Err(why) = done {
                return why;
            }
        }
    }

    /// Sends a request, to which an answer must come in time.
    async fn ask(
        &mut self,
        line: &mut Line,
        pdu: Pdu,
        answer: Option<oneshot::Sender<Answer>>,
    ) -> Result<(), String> {
        self.sequence += 1;
        let until = Instant::now() + self.settings.timeout;
        self.open = Some((self.sequence, answer, until));
        self.send(line, CommandStatus::EsmeRok, self.sequence, pdu).await
    }

    async fn send(
        &self,
        line: &mut Line,
        status: CommandStatus,
        sequence: u32,
        pdu: Pdu,
    ) -> Result<(), String> {
        let command = Command::new(status, sequence, pdu);
        let sent = timeout(self.settings.timeout, line.send(&command)).await;
        sent.map_err(|_| "it takes nothing in".to_owned())?.map_err(|error| error.to_string())
    }

    async fn take(&mut self, line: &mut Line, command: Command) -> Result<(), String> {
        let (status, sequence) = (command.status(), command.sequence_number());
        match command.pdu() {
            Some(Pdu::DeliverSm(deliver)) => {
                let status = self.tell(deliver).await;
                self.send(line, status, sequence, DeliverSmResp::default().into()).await
            }
            Some(Pdu::EnquireLink) => {
                self.send(line, CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp).await
            }
            Some(Pdu::Unbind) => {
                self.send(line, CommandStatus::EsmeRok, sequence, Pdu::UnbindResp).await?;
                Err("it has unbound us".into())
            }
            pdu => {
                // An answer; a refusal may come without a body, or as generic_nack.
                let known = self.open.take_if(|(open, ..)| *open == sequence);
                if let Some((_, Some(answer), _)) = known {
                    let told = match (status, pdu) {
                        (CommandStatus::EsmeRok, Some(Pdu::SubmitSmResp(taken))) => {
                            Answer::Taken(taken.message_id().as_str().to_owned())
                        }
                        (CommandStatus::EsmeRok, _) => {
                            Answer::Lost("it answered with something else".into())
                        }
                        (status, _) => Answer::Refused(status),
                    };
                    // Whoever asked has been stopped if nobody listens.
                    let _ = answer.send(told);
                }
                Ok(())
            }
        }
    }

    /// Tells what the SMSC delivers; the answer to it.
    async fn tell(&self, deliver: &DeliverSm) -> CommandStatus {
        let why = match heard(deliver) {
            Heard::Receipt(receipt) => {
                self.inbound.receipt(self.name, receipt).await.err().map(|error| error.to_string())
            }
            Heard::Message(message) => {
                self.inbound.incoming(message).await.err().map(|error| error.to_string())
            }
            Heard::Other => None,
        };
        match why {
            None => CommandStatus::EsmeRok,
            // The SMSC tries again.
            Some(why) => {
                warn!(transport = self.name, why, "cannot take what the SMSC delivers");
                CommandStatus::EsmeRxTAppn
            }
        }
    }

    /// Answers what was not sent any more. What was sent is lost by being dropped.
    fn give_back(&mut self) {
        self.waiting.close();
        while let Ok(Submission { answer, .. }) = self.waiting.try_recv() {
            let _ = answer.send(Answer::Unsent("the connection has ended".into()));
        }
    }
}
