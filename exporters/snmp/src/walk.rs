//! Fetches what a module asks for: its objects by GET, its subtrees by GETBULK or GETNEXT.
//!
//! With a parallelism of 1 every packet is the one that the peer would send. With more, the names of the last walk
//! show where to start in several places at once: a packet then carries several of the peer's requests, and several
//! packets are under way. It begins with one packet at a time and takes more as long as the agent answers faster
//! for it; at the first sign of trouble the rest of the walk is the peer's.
//!
//! Promises: the varbinds are the peer's, in the peer's order; for no more packets, unless half of the rows are gone
//! since the last walk or the agent's messages have become shorter; a walk ends at its deadline.
//! Refuses to know metrics and pages.

mod batch;
mod memory;
mod plain;
mod swift;
mod window;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::client::{Agent, Client, Error, Latencies, Manners, Session, Target};
use crate::config::Auth;
use crate::varbind::{Answers, Oid, Value};
use memory::Memory;
use plain::Found;

/// Packets that are under way at once, to all devices together.
const PACKETS_AT_ONCE: usize = 512;

/// Fetches from any agent, and remembers what helps the next time.
pub struct Walker {
    client: Client,
    /// Packets under way to one device, at most.
    parallelism: usize,
    memory: Memory,
    packets: Semaphore,
}

/// What one module asks for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Whom to ask.
    pub target: &'a Target,
    /// As whom.
    pub auth: &'a Auth,
    /// Objects to get.
    pub get: &'a [Oid],
    /// Subtrees to walk.
    pub walk: &'a [Oid],
    /// Columns that are fetched in some rows only.
    pub restrictions: &'a [Restriction<'a>],
    /// Subtrees that are known already: they are answered from here, where that saves packets.
    pub known: &'a [Subtree],
    /// Objects that an answer to GETBULK holds of one subtree, at most; 0 counts as 50.
    pub max_repetitions: u32,
    /// How often a request is sent again.
    pub retries: u32,
    /// How long each request waits for its answer.
    pub timeout: Duration,
    /// Go on when a walk comes back to where it was.
    pub allow_nonincreasing_oids: bool,
    /// Take answers from other addresses than the target's.
    pub any_source: bool,
    /// When everything must be over.
    pub deadline: Instant,
}

/// A subtree, and what is in it.
#[derive(Debug, Clone)]
pub struct Subtree {
    /// Its name.
    pub root: Oid,
    /// All that is in it, in order.
    pub varbinds: Arc<Answers>,
}

/// Fetches some columns only in the rows that another column admits.
#[derive(Clone, Copy)]
pub struct Restriction<'a> {
    /// The column that decides.
    pub column: &'a Oid,
    /// The columns that are fetched row by row.
    pub targets: &'a [Oid],
    /// Whether a value of the deciding column admits its row.
    pub admits: &'a (dyn Fn(&Value) -> bool + Send + Sync),
}

/// What came of a request.
#[derive(Debug)]
pub struct Fetched {
    /// What the agent answered: what was got, then subtree after subtree.
    pub outcome: Result<Answers, Error>,
    /// Packets sent, repeated ones too.
    pub packets: u64,
    /// Packets sent again.
    pub retries: u64,
}

/// What the modules of one scrape have walked, so that none walks it again. Belongs to one target and auth.
#[derive(Default)]
pub struct Walked(Mutex<Vec<Subtree>>);

impl Walker {
    /// Asks from this address, or any; has so many packets under way to one device at most. 1 is the peer's way.
    #[must_use]
    pub fn new(
        source: Option<std::net::SocketAddr>,
        parallelism: usize,
        latencies: Latencies,
    ) -> Self {
        Self {
            client: Client::new(source, latencies),
            parallelism: parallelism.max(1),
            memory: Memory::default(),
            packets: Semaphore::new(PACKETS_AT_ONCE),
        }
    }

    /// Fetches what a module asks for. Modules of one scrape share what they walk by the same `walked`; without
    /// one each walks for itself.
    pub async fn fetch(&self, request: &Request<'_>, walked: Option<&Walked>) -> Fetched {
        let late = || Error::Deadline { target: request.target.to_string() };
        let Request { target, auth, retries, timeout, any_source, deadline, .. } = *request;
        let manners = Manners { retries, timeout, any_source };
        let session =
            match tokio::time::timeout_at(deadline, self.client.connect(target, auth, manners))
                .await
            {
                Ok(Ok(session)) => session,
                Ok(Err(error)) => return Fetched { outcome: Err(error), packets: 0, retries: 0 },
                Err(_) => return Fetched { outcome: Err(late()), packets: 0, retries: 0 },
            };
        let walked = walked.filter(|_| self.parallelism > 1);
        let outcome = tokio::time::timeout_at(deadline, self.ask(&session, request, walked)).await;
        Fetched {
            outcome: outcome.unwrap_or_else(|_| {
                self.memory.device(session.target()).lock().distrust();
                Err(late())
            }),
            packets: session.packets(),
            retries: session.retries(),
        }
    }

    async fn ask(
        &self,
        session: &Agent,
        request: &Request<'_>,
        walked: Option<&Walked>,
    ) -> Result<Answers, Error> {
        let Wanted { get, walk } = wanted(session, request).await?;
        let rules = Rules::of(request);
        let mut found = plain::get(session, &get, request.max_repetitions).await?;

        let before = |root| walked.and_then(|walked| walked.under(root));
        let known: Vec<Option<Answers>> =
            walk.iter().map(|root| under(request.known, root).or_else(|| before(root))).collect();
        let unknown: Vec<&Oid> =
            walk.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|it| it.0).collect();
        let trees = self.walk(session, &unknown, request.known, rules).await?;
        if let Some(walked) = walked {
            // What was known before the scrape is not for other modules.
            let is_new = |root: &Oid| !request.known.iter().any(|it| is_under(root, &it.root));
            let new = unknown.iter().zip(&trees).filter(|(root, _)| is_new(root));
            new.for_each(|(root, tree)| walked.keep(root, &tree.varbinds));
        }
        let mut trees = trees.into_iter().map(|tree| tree.varbinds);
        for known in known {
            let tree = known.or_else(|| trees.next()).unwrap_or_default();
            if found.is_empty() {
                found = tree;
            } else {
                found.append(&tree);
            }
        }
        Ok(found)
    }

    async fn walk(
        &self,
        session: &Agent,
        roots: &[&Oid],
        known: &[Subtree],
        rules: Rules,
    ) -> Result<Vec<Found>, Error> {
        if self.parallelism == 1 {
            return one_by_one(session, roots, rules).await;
        }
        let device = self.memory.device(session.target());
        let swift = session.is_parallel()
            && !session.is_version_1()
            && !rules.allow_nonincreasing
            && device.lock().is_trusted();
        let outcome = if swift {
            let gathering =
                swift::Gathering::new(roots, known, &device.lock(), rules, self.parallelism);
            swift::walk(session, &device, rules, gathering, &self.packets).await
        } else {
            one_by_one(session, roots, rules).await
        };
        match &outcome {
            Ok(trees) => device.lock().learn(roots, trees, rules.max_repetitions),
            Err(_) => device.lock().distrust(),
        }
        outcome
    }
}

impl Walked {
    /// What has been walked under a root, if it has.
    fn under(&self, root: &Oid) -> Option<Answers> {
        let trees = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        under(&trees, root)
    }

    fn keep(&self, root: &Oid, tree: &Answers) {
        let tree = Subtree { root: root.clone(), varbinds: Arc::new(tree.clone()) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(tree);
    }
}

/// What a walk of a root would find, where a subtree that is known says it.
fn under(known: &[Subtree], root: &Oid) -> Option<Answers> {
    let tree = &known.iter().find(|known| root.0.starts_with(&known.root.0))?.varbinds;
    let under: Answers = tree.iter().filter(|varbind| is_under(root, &varbind.oid)).collect();
    if under.is_empty() {
        // A walk of a single object finds that object itself.
        return Some(tree.iter().filter(|varbind| varbind.oid == *root).collect());
    }
    Some(under)
}

/// How walks go.
#[derive(Debug, Clone, Copy)]
struct Rules {
    max_repetitions: u32,
    allow_nonincreasing: bool,
}

impl Rules {
    fn of(request: &Request<'_>) -> Self {
        let max_repetitions =
            if request.max_repetitions == 0 { 50 } else { request.max_repetitions };
        Self { max_repetitions, allow_nonincreasing: request.allow_nonincreasing_oids }
    }
}

/// What is fetched when the restrictions are applied.
struct Wanted {
    get: Vec<Oid>,
    walk: Vec<Oid>,
}

/// Walks the deciding columns. One that cannot be walked restricts nothing.
async fn wanted(session: &impl Session, request: &Request<'_>) -> Result<Wanted, Error> {
    let mut wanted = Wanted { get: request.get.to_vec(), walk: request.walk.to_vec() };
    // A column that several restrictions are about is fetched in the rows that all of them admit.
    let mut restricted: Vec<(&Oid, Vec<u32>)> = Vec::new();
    for Restriction { column, targets, admits } in request.restrictions {
        let Ok(cells) = plain::walk(session, column, Rules::of(request)).await else { continue };
        let rows = cells
            .varbinds
            .iter()
            .filter(|cell| admits(&cell.value))
            .filter_map(|cell| cell.oid.0.last().copied());
        let rows: Vec<u32> = rows.collect();
        wanted.walk.retain(|root| !targets.contains(root));
        for target in *targets {
            match restricted.iter_mut().find(|(known, _)| *known == target) {
                Some((_, admitted)) => admitted.retain(|row| rows.contains(row)),
                None => restricted.push((target, rows.clone())),
            }
        }
    }
    for (target, rows) in restricted {
        wanted.get.retain(|name| !is_written_under(target, name));
        wanted.get.extend(rows.iter().map(|&row| Oid([&target.0[..], &[row]].concat())));
    }
    Ok(wanted)
}

async fn one_by_one(
    session: &impl Session,
    roots: &[&Oid],
    rules: Rules,
) -> Result<Vec<Found>, Error> {
    let mut trees = Vec::with_capacity(roots.len());
    for root in roots {
        trees.push(plain::walk(session, root, rules).await?);
    }
    Ok(trees)
}

/// Whether a name is in a subtree, below its root.
fn is_under(root: &Oid, name: &Oid) -> bool {
    name.0.len() > root.0.len() && name.0.starts_with(&root.0)
}

/// The peer compares restricted columns with objects to get as texts, so that 1.2 is the beginning of 1.20 too.
fn is_written_under(target: &Oid, name: &Oid) -> bool {
    name.to_string().starts_with(&target.to_string())
}
