//! What the web server serves: pages, API, logins, and who gets in.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use access::{Access, Unnamed};
use anyhow::ensure;
use axum::Router;
use tokio::sync::watch;

use crate::api::{self, Api};
use crate::rights::Role;
use crate::session::console::Consoles;
use crate::ticket::Tickets;
use crate::{ABOUT, Config, pages};

/// All routes. `log` is the file of the audit log; `authenticated`: the web configuration asks for a login.
pub(crate) fn routes(
    config: watch::Receiver<Arc<Config>>,
    consoles: Consoles,
    log: PathBuf,
    authenticated: bool,
) -> Router {
    // Whoever is on this machine, or behind the web configuration's login, is its administrator.
    let unnamed = match authenticated {
        true => Unnamed::Trusted(Role::Admin),
        false => Unnamed::Local(Role::Admin),
    };
    let known = config.clone();
    let access = Access::new(ABOUT.name, unnamed, move || Arc::clone(&known.borrow().access));
    let logins = api::logins(access.routes(), consoles.log.clone());
    let api = Arc::new(Api { config, access, consoles, tickets: Tickets::default(), log });
    pages::routes().merge(logins).merge(api::routes(&api))
}

/// A console is the machine: only this machine may have them without a login.
pub(crate) fn refuse_open_door(addresses: &[SocketAddr], login: bool) -> anyhow::Result<()> {
    for address in addresses {
        ensure!(
            login || address.ip().to_canonical().is_loopback(),
            "--web.listen-address: {address} can be reached from other machines, so consoles need a login: \
             name users in access.users or in --web.config.file, or listen on 127.0.0.1"
        );
    }
    Ok(())
}
