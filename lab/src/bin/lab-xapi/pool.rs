//! One pool: its hosts, its objects, its sessions, and who is the master.

pub(crate) mod vm;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::database::{Database, Ref};
use crate::fault::Faults;
use crate::host::Host;
use crate::rrd::Charts;
use crate::schema;
use crate::session::Sessions;
use crate::value::{Fields, Value};
use lab::dice::Dice;

/// One pool.
pub(crate) struct Pool {
    pub(crate) name: String,
    pub(crate) hosts: Vec<Arc<Host>>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) faults: Faults,
    state: Mutex<State>,
    generation: watch::Sender<u64>,
}

/// What is the same for all pools of the process.
pub(crate) struct Settings {
    pub(crate) user: String,
    pub(crate) password: String,
    /// How long a wrong password takes.
    pub(crate) wrong_password_delay: Duration,
    pub(crate) rrd_json: crate::rrd::Dialect,
    /// Where consoles lead: those of a VM that is named, or all others.
    pub(crate) vnc: Vec<(Option<String>, SocketAddr)>,
    /// How many consoles a host opens at a time.
    pub(crate) console_limit: usize,
}

/// What changes.
pub(crate) struct State {
    pub(crate) database: Database,
    pub(crate) sessions: Sessions,
    pub(crate) charts: Charts,
    pub(crate) dice: Dice,
}

impl Pool {
    pub(crate) fn new(
        name: String,
        hosts: Vec<Arc<Host>>,
        mut state: State,
        settings: Arc<Settings>,
    ) -> Arc<Self> {
        let addresses: Vec<_> =
            hosts.iter().map(|host| (Ref::clone(&host.reference), host.address)).collect();
        state.move_to(&addresses);
        for host in &hosts {
            state.certify(host);
        }
        let generation = watch::Sender::new(state.database.generation());
        let state = Mutex::new(state);
        Arc::new(Self { name, hosts, settings, faults: Faults::default(), state, generation })
    }

    /// Looks at the state or changes it; who waits for events is told.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut state);
        let now = state.database.generation();
        self.generation.send_if_modified(|known| std::mem::replace(known, now) != now);
        result
    }

    /// Tells of changes.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }

    pub(crate) fn master(&self) -> Option<Arc<Host>> {
        let master = self.with(|state| state.master());
        self.hosts.iter().find(|host| host.reference == master).map(Arc::clone)
    }

    /// Makes a host the master, as after a failover: sessions do not live through that.
    pub(crate) fn promote(&self, host: &Host) {
        self.with(|state| {
            state.sessions.revoke_all();
            let pool = state.database.all("pool").next().map(|(pool, _)| Ref::clone(pool));
            if let Some(pool) = pool {
                state.database.set("pool", &pool, "master", Value::Text(host.reference.clone()));
            }
        });
    }
}

impl State {
    pub(crate) fn new(database: Database, mut dice: Dice) -> Self {
        let sessions = Sessions::new(Dice::new(dice.roll()));
        Self { database, sessions, charts: Charts::default(), dice }
    }

    /// The reference of the master.
    pub(crate) fn master(&self) -> Ref {
        let pool = self.database.all("pool").next();
        pool.map_or("", |(_, pool)| pool.text("master")).into()
    }

    pub(crate) fn new_reference(&mut self) -> Ref {
        format!("OpaqueRef:{}", self.dice.uuid()).into()
    }

    /// Adds an object with a new reference and uuid.
    pub(crate) fn add<'a>(
        &mut self,
        class: &'static str,
        values: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Ref {
        let reference = self.new_reference();
        let mut fields: Fields = schema::blank(class);
        fields.set("uuid", Value::text(self.dice.uuid()));
        values.into_iter().for_each(|(name, value)| fields.set(name, value));
        self.database.insert(class, Ref::clone(&reference), fields);
        reference
    }

    /// Writes a message, as hosts do: of a class such as `VM`, about the object of a uuid.
    pub(crate) fn message(
        &mut self,
        (name, priority): (&str, i64),
        (class, uuid): (&str, &str),
        body: &str,
        now: f64,
    ) -> Ref {
        self.add(
            "message",
            [
                ("name", Value::text(name)),
                ("priority", Value::Int(priority)),
                ("cls", Value::text(class)),
                ("obj_uuid", Value::text(uuid)),
                ("timestamp", Value::time(crate::clock::written(now))),
                ("body", Value::text(body)),
            ],
        )
    }

    /// Adds what is known of a host's certificate.
    fn certify(&mut self, host: &Host) {
        let fingerprint = host.certificate.shown().fingerprint.clone();
        self.add(
            "Certificate",
            [
                ("host", Value::Text(Ref::clone(&host.reference))),
                ("type", Value::text("host")),
                ("not_before", Value::time("20200101T00:00:00Z")),
                ("not_after", Value::time(crate::tls::GOOD_UNTIL)),
                ("fingerprint", Value::text(fingerprint.as_str())),
                ("fingerprint_sha256", Value::text(fingerprint)),
            ],
        );
    }

    /// Gives the hosts and their consoles the addresses at which they really listen.
    fn move_to(&mut self, hosts: &[(Ref, SocketAddr)]) {
        for (reference, address) in hosts {
            let address = address.ip().to_string();
            self.database.set("host", reference, "address", Value::text(address));
        }
        let consoles: Vec<_> =
            self.database.all("console").map(|(console, _)| Ref::clone(console)).collect();
        for console in consoles {
            let home = self.home(&console);
            if let Some((_, address)) = hosts.iter().find(|(host, _)| *host == home) {
                self.relocate(&console, *address);
            }
        }
    }

    /// The host on which a console's VM runs.
    pub(crate) fn home(&self, console: &str) -> Ref {
        let vm = self.database.get("console", console).map_or("", |fields| fields.text("VM"));
        self.database.get("VM", vm).map_or("", |vm| vm.text("resident_on")).into()
    }

    /// Writes where a console is.
    pub(crate) fn relocate(&mut self, console: &str, address: SocketAddr) {
        let host = match (address.ip(), address.port()) {
            (ip, 443) => ip.to_string(),
            _ => address.to_string(),
        };
        self.database.modify("console", console, |fields| {
            let key = match fields.text("location").contains("?ref=") {
                true => format!("ref={console}"),
                false => format!("uuid={}", fields.text("uuid")),
            };
            fields.set("location", Value::text(format!("https://{host}/console?{key}")));
        });
    }
}

/// The address of a host in a redirection, which carries no port.
pub(crate) fn redirection(host: &Host) -> IpAddr {
    host.address.ip()
}
