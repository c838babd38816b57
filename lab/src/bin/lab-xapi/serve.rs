//! The sockets of a host: TLS, and what comes over it.

use std::sync::Arc;

use base64::Engine as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::call;
use crate::console;
use crate::fault::Fault;
use crate::host::Host;
use crate::http::{Connection, Request, Response};
use crate::pool::Pool;
use crate::rpc::{json, xml};
use crate::rrd;

/// The header by which a client asks a slave for the master's certificate, and the one that answers.
const ASKS_CERTIFICATE: &str = "x-xenapi-request-host-certificate-thumbprint";
const TELLS_CERTIFICATE: &str = "x-xenapi-response-host-certificate-thumbprint";

/// TLS 1.0's fatal alert `protocol_version` (RFC 2246, 7.2).
const PROTOCOL_VERSION: [u8; 7] = [21, 3, 1, 0, 2, 2, 70];

/// Serves a host for as long as the process lives. When it goes down or is restarted, its connections end.
pub(crate) async fn serve(pool: Arc<Pool>, host: Arc<Host>, listener: TcpListener) {
    let mut up = host.up.subscribe();
    let mut listener = Some(listener);
    loop {
        let mut connections = JoinSet::new();
        if !*up.borrow_and_update() {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(host.address).await.ok();
        }
        loop {
            let accept = async {
                match &listener {
                    Some(listener) => listener.accept().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = up.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                accepted = accept => {
                    let Ok((stream, _)) = accepted else { continue };
                    let (pool, host) = (Arc::clone(&pool), Arc::clone(&host));
                    connections.spawn(async move {
                        // A client that errs or goes away is its own affair.
                        let _ = connection(&pool, &host, stream).await;
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

async fn connection(pool: &Arc<Pool>, host: &Host, mut stream: TcpStream) -> anyhow::Result<()> {
    host.count("connections");
    stream.set_nodelay(true)?;
    if host.faults.has(Fault::OldTls) {
        stream.read_buf(&mut Vec::with_capacity(1024)).await?;
        return Ok(stream.write_all(&PROTOCOL_VERSION).await?);
    }
    let identity = host.certificate.shown();
    let stream = TlsAcceptor::from(Arc::clone(&identity.configuration)).accept(stream).await?;
    let mut connection = Connection::new(stream);
    while let Some(request) = connection.request().await? {
        if host.faults.has(Fault::Hang) {
            return silence(connection).await;
        }
        if let Some(time) = host.faults.time(Fault::Slow) {
            tokio::time::sleep(time).await;
        }
        let last = request.is_last();
        let response = if host.faults.has(Fault::Error) {
            Response::status(500)
        } else if request.method == "CONNECT" && request.path == "/console" {
            match console::open(pool, host, &request).await {
                Ok(console) => return console.run(connection).await,
                Err(status) => Response::status(status),
            }
        } else {
            respond(pool, host, request).await
        };
        let cut = host.faults.has(Fault::Truncated);
        connection.respond(&response, cut).await?;
        if cut || last {
            break;
        }
    }
    Ok(connection.stream.shutdown().await?)
}

/// Never answers; ends with the client.
async fn silence(mut connection: Connection<TlsStream<TcpStream>>) -> anyhow::Result<()> {
    while connection.stream.read_buf(&mut connection.early).await? > 0 {
        connection.early.clear();
    }
    Ok(())
}

async fn respond(pool: &Arc<Pool>, host: &Host, request: Request) -> Response {
    match (&*request.method, &*request.path) {
        ("POST", "/jsonrpc") => json_rpc(pool, host, &request).await,
        ("POST", "/" | "/RPC2" | "/xmlrpc") => xml_rpc(pool, host, &request).await,
        ("GET", "/rrd_updates") => {
            host.count("rrd_updates");
            if !admitted(pool, host, &request).await {
                return Response::status(401);
            }
            match rrd::Query::read(&request.query) {
                Ok(query) => {
                    let rrd::Page { content_type, body } = rrd::answer(pool, host, &query);
                    Response::new(200, content_type, body)
                }
                Err(_) => Response::status(400),
            }
        }
        _ => Response::status(404),
    }
}

async fn json_rpc(pool: &Arc<Pool>, host: &Host, request: &Request) -> Response {
    if host.faults.has(Fault::NoJson) {
        // What reads every body as XML finds that this one is none.
        return Response::new(200, "text/xml", xml::fault("not a methodCall"));
    }
    match json::read(&request.body) {
        Ok((called, envelope)) => {
            let outcome = call::answer(pool, host, called).await;
            let body = json::write(&envelope, &outcome);
            let mut response = Response::new(200, "application/json", body);
            response.header = masters_certificate(pool, request, outcome.is_err());
            response
        }
        Err(text) => Response::new(400, "text/plain", text),
    }
}

async fn xml_rpc(pool: &Arc<Pool>, host: &Host, request: &Request) -> Response {
    if host.faults.has(Fault::NoXml) {
        return Response::status(404);
    }
    match xml::read(&request.body) {
        Ok(called) => {
            let outcome = call::answer(pool, host, called).await;
            let mut response = Response::new(200, "text/xml", xml::write(&outcome));
            response.header = masters_certificate(pool, request, outcome.is_err());
            response
        }
        Err(text) => Response::new(200, "text/xml", xml::fault(&text)),
    }
}

/// The fingerprint of the master's certificate, for who asks for it and is sent to the master.
fn masters_certificate(
    pool: &Pool,
    request: &Request,
    failed: bool,
) -> Option<(&'static str, String)> {
    let asked = request.header(ASKS_CERTIFICATE) == Some("sha-256:master");
    let master = pool.master().filter(|_| asked && failed)?;
    Some((TELLS_CERTIFICATE, master.certificate.shown().fingerprint.clone()))
}

/// Whether a request has a session, or a user and a password; those cost a login on the master.
pub(crate) async fn admitted(pool: &Pool, host: &Host, request: &Request) -> bool {
    let session = request.parameter("session_id").or_else(|| request.cookie("session_id"));
    if let Some(session) = session {
        return call::authorised(pool, session);
    }
    let basic = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
    let decoded = basic.and_then(|basic| base64::prelude::BASE64_STANDARD.decode(basic).ok());
    let Some(text) = decoded.and_then(|decoded| String::from_utf8(decoded).ok()) else {
        return false;
    };
    let Some((user, password)) = text.split_once(':') else { return false };
    let master = pool.master();
    master.as_deref().unwrap_or(host).count("session.login_with_password");
    call::admitted(pool, user, password).await
}
