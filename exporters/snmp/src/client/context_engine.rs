//! Asks another context engine than the agent's own (RFC 3411, section 3.3.2: `contextEngineID`), as for a device
//! behind a proxy.
//!
//! The crate writes the agent's own engine into each request and takes no answer that names another. So requests
//! are opened on their way out and sealed again with the engine that is asked, and answers the other way round.
//!
//! Promises: without an engine to ask nothing is touched, nor is the discovery of engines; an answer is rewritten
//! only after its signature is verified, and signed again for the crate, which checks it as any other; an answer
//! about another engine than the one that was asked is refused (RFC 3412, section 7.2); no salt is used twice.

use std::net::SocketAddr;
use std::time::Duration;

use async_snmp::ber::{Decoder, EncodeBuf, tag};
use async_snmp::message::{MsgGlobalData, RawMsgData, RawV3Message};
use async_snmp::transport::{Candidate, RequestRegistration, Transport};
use async_snmp::v3::{DerivedKeys, SaltCounter, UsmSecurityParams};
use async_snmp::{
    DecodeConfig, DesSaltState, Error, LocalizedKey, ReceiveLimits, Result, UsmConfig,
};
use bytes::Bytes;

use super::traffic::Counted;
use crate::config::EngineId;

/// The transport.
pub(super) struct ContextEngine {
    inner: Counted,
    asked: Option<Asked>,
}

/// The engine that is asked, and what its messages are signed and encrypted with.
pub(super) struct Asked {
    engine: EngineId,
    user: UsmConfig,
    aes_salts: SaltCounter,
    des_salts: Option<DesSaltState>,
}

impl ContextEngine {
    pub(super) fn new(inner: Counted, asked: Option<Asked>) -> Self {
        Self { inner, asked }
    }
}

impl Asked {
    /// # Errors
    /// When the system has no random numbers.
    pub(super) fn new(
        engine: EngineId,
        user: UsmConfig,
        des_salts: Option<DesSaltState>,
    ) -> Result<Self> {
        Ok(Self { engine, user, aes_salts: SaltCounter::new()?, des_salts })
    }
}

impl Transport for ContextEngine {
    async fn send(&self, data: &[u8]) -> Result<()> {
        self.inner.send(data).await
    }

    async fn send_with_timeout(&self, data: &[u8], timeout: Duration) -> Result<()> {
        self.inner.send_with_timeout(data, timeout).await
    }

    async fn request_with<T, F>(
        &self,
        data: &[u8],
        registration: RequestRegistration,
        mut validate: F,
    ) -> Result<T>
    where
        T: Send,
        F: FnMut(Bytes, SocketAddr) -> Result<Candidate<T>> + Send,
    {
        let exchange = match &self.asked {
            Some(asked) => Exchange::of(asked, data, registration.decode_config())?,
            None => None,
        };
        let Some(exchange) = exchange else {
            return self.inner.request_with(data, registration, validate).await;
        };
        let request = exchange.outgoing(data)?;
        let judge = |answer: Bytes, source| match exchange.incoming(answer) {
            Some(answer) => validate(answer, source),
            None => Ok(Candidate::Reject),
        };
        self.inner.request_with(&request, registration, judge).await
    }

    fn peer_addr(&self) -> SocketAddr {
        self.inner.peer_addr()
    }

    fn local_addr(&self) -> SocketAddr {
        self.inner.local_addr()
    }

    fn alloc_request_id(&self) -> i32 {
        self.inner.alloc_request_id()
    }

    fn is_reliable(&self) -> bool {
        self.inner.is_reliable()
    }

    fn receive_limits(&self) -> ReceiveLimits {
        self.inner.receive_limits()
    }

    fn send_capacity(&self) -> usize {
        self.inner.send_capacity()
    }
}

/// A request and its answers, with an agent whose own engine is known.
struct Exchange<'a> {
    asked: &'a Asked,
    own: Bytes,
    keys: DerivedKeys,
    config: DecodeConfig,
}

/// A message whose signature holds, decrypted.
struct Opened {
    header: MsgGlobalData,
    usm: UsmSecurityParams,
    engine: Bytes,
    is_report: bool,
    /// The context's name and the PDU, as they came.
    rest: Bytes,
}

impl<'a> Exchange<'a> {
    /// None for a discovery, which is no engine's yet.
    fn of(asked: &'a Asked, request: &[u8], config: DecodeConfig) -> Result<Option<Self>> {
        let raw = RawV3Message::decode(Bytes::copy_from_slice(request), config)?.value;
        let usm = UsmSecurityParams::decode(raw.security_params().clone(), config)?.value;
        let own = usm.engine_id().clone();
        if own.is_empty() {
            return Ok(None);
        }
        let keys = asked.user.derive_keys(&own).map_err(failed)?;
        Ok(Some(Self { asked, own, keys, config }))
    }

    fn outgoing(&self, request: &[u8]) -> Result<Bytes> {
        let request = Bytes::copy_from_slice(request);
        let opened = self.open(&request).ok_or_else(|| failed("the request cannot be read"))?;
        self.seal(&opened, self.asked.engine.octets())
    }

    /// The answer for the crate to judge; none when it is about another engine. What cannot be opened goes to the
    /// crate as it is: it has the same keys, and refuses it.
    fn incoming(&self, answer: Bytes) -> Option<Bytes> {
        let Some(opened) = self.open(&answer) else { return Some(answer) };
        if opened.engine == self.asked.engine.octets() {
            return Some(self.seal(&opened, &self.own).unwrap_or(answer));
        }
        // A report is about the message, and may name the agent's own engine.
        opened.is_report.then_some(answer)
    }

    fn open(&self, message: &Bytes) -> Option<Opened> {
        let raw = RawV3Message::decode(message.clone(), self.config).ok()?.value;
        let params = raw.security_params().clone();
        let usm = UsmSecurityParams::decode(params, self.config).ok()?.value;
        let level = raw.security_level();
        if *usm.engine_id() != self.own
            || level.requires_auth() && !is_signed(self.keys.auth_key.as_ref()?, message)?
        {
            return None;
        }
        let plain = match raw.msg_data() {
            RawMsgData::Plaintext { data, .. } => data.clone(),
            RawMsgData::Encrypted(data) => {
                let key = self.keys.priv_key.as_ref()?;
                key.decrypt(data, usm.engine_boots(), usm.engine_time(), usm.priv_params()).ok()?
            }
        };
        let mut scoped = Decoder::new(plain).read_sequence().ok()?;
        let engine = scoped.read_octet_string().ok()?;
        let rest = Bytes::copy_from_slice(scoped.remaining_slice());
        scoped.read_octet_string().ok()?;
        let is_report = scoped.peek_tag() == Some(tag::pdu::REPORT);
        Some(Opened { header: raw.global_data().clone(), usm, engine, is_report, rest })
    }

    /// The message with this context engine, at its own security level.
    fn seal(&self, opened: &Opened, engine: &[u8]) -> Result<Bytes> {
        let Opened { header, usm, rest, .. } = opened;
        let level = header.msg_flags().security_level;
        let auth_key = self.keys.auth_key.as_ref().filter(|_| level.requires_auth());
        // The buffer is filled from its end.
        let mut scoped = EncodeBuf::new();
        scoped.push_sequence(|scoped| {
            scoped.push_bytes(rest);
            scoped.push_octet_string(engine)
        })?;
        let scoped = scoped.finish();

        let (boots, time) = (usm.engine_boots(), usm.engine_time());
        let mut params =
            UsmSecurityParams::new(self.own.clone(), boots, time, usm.username().clone())?;
        if let Some(key) = auth_key {
            params = params.with_auth_placeholder(key.mac_len())?;
        }
        let mut message = EncodeBuf::new();
        if level.requires_priv() {
            let (data, salt) = self.encrypt(&scoped, boots, time)?;
            params = params.with_priv_params(salt)?;
            message.push_octet_string(&data)?;
        } else {
            message.push_bytes(&scoped);
        }
        message.push_octet_string(&params.encode()?)?;
        header.encode(&mut message)?;
        message.push_integer(3);
        let length = message.len();
        message.push_length(length)?;
        message.push_tag(tag::universal::SEQUENCE);
        let mut message = message.finish_vec();
        if let Some(key) = auth_key {
            let signature = key.compute_hmac(&message).map_err(failed)?;
            signature_in(&mut message)
                .filter(|place| place.len() == signature.len())
                .ok_or_else(|| failed("the message has no place for its signature"))?
                .copy_from_slice(&signature);
        }
        Ok(message.into())
    }

    /// The encrypted data, and the salt that it was encrypted with.
    fn encrypt(&self, plain: &[u8], boots: u32, time: u32) -> Result<(Bytes, Bytes)> {
        let Asked { aes_salts, des_salts, .. } = self.asked;
        let key = self.keys.priv_key.as_ref().ok_or_else(|| failed("there is no privacy key"))?;
        match des_salts {
            Some(salts) => key.encrypt_des_family(plain, salts),
            None => key.encrypt_aes(plain, boots, time, aes_salts),
        }
        .map_err(failed)
    }
}

/// Whether a message is signed with this key.
fn is_signed(key: &LocalizedKey, message: &[u8]) -> Option<bool> {
    let mut unsigned = message.to_vec();
    let place = signature_in(&mut unsigned)?;
    let signature = place.to_vec();
    place.fill(0);
    key.verify_hmac(&unsigned, &signature).ok()
}

/// Where a message has its signature.
fn signature_in(message: &mut [u8]) -> Option<&mut [u8]> {
    let (start, length) = UsmSecurityParams::find_auth_params_offset(message)?;
    message.get_mut(start..start.checked_add(length)?)
}

fn failed(problem: impl std::fmt::Display) -> Box<Error> {
    Error::Config(format!("asking another engine: {problem}").into()).boxed()
}
