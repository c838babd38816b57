-- Version 1. Times are milliseconds since the Unix epoch.

-- One row: names this store for ever, so that a message's id never means another store's message.
CREATE TABLE store (id TEXT NOT NULL) STRICT;
INSERT INTO store VALUES (lower(hex(randomblob(4))));

-- What is remembered of each alert as Alertmanager tells alerts apart; `ends_at` is null while it fires,
-- `doubted_at` is set when it was told to fire since before its end.
CREATE TABLE label_set (
    cluster    TEXT NOT NULL,
    receiver   TEXT NOT NULL,
    identity   TEXT NOT NULL,
    name       TEXT NOT NULL,
    severity   TEXT NOT NULL,
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER,
    doubted_at INTEGER,
    content    TEXT NOT NULL,
    PRIMARY KEY (cluster, receiver, identity, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX label_set_doubted ON label_set (doubted_at) WHERE doubted_at IS NOT NULL;
CREATE INDEX label_set_ended ON label_set (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE episode (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    cluster    TEXT NOT NULL,
    receiver   TEXT NOT NULL,
    identity   TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('firing', 'resolved')),
    severity   TEXT NOT NULL,
    changes    INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    resolve_at INTEGER,
    ended_at   INTEGER,
    reason     TEXT CHECK (reason IN ('told', 'vanished')),
    content    TEXT NOT NULL,
    -- Lower-case text that a search looks through.
    search     TEXT NOT NULL,
    -- The last event that told of it: the order of the history.
    last_seq   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX episode_open ON episode (cluster, receiver, identity) WHERE state = 'firing';
CREATE INDEX episode_held ON episode (resolve_at) WHERE resolve_at IS NOT NULL;
CREATE INDEX episode_order ON episode (state, last_seq);
CREATE INDEX episode_ended ON episode (ended_at) WHERE state = 'resolved';

-- The feed: `seq` is what a client resumes from, and is never used twice.
CREATE TABLE event (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    at   INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX event_at ON event (at);

-- Messages to people. The UNIQUE key is what makes a message be sent once whatever is told twice.
CREATE TABLE message (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    receiver   TEXT NOT NULL,
    contact    TEXT NOT NULL,
    episode    INTEGER NOT NULL REFERENCES episode (id),
    transition TEXT NOT NULL,
    transport  TEXT NOT NULL,
    phone      TEXT NOT NULL,
    text       TEXT NOT NULL,
    segments   INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'accepted', 'failed', 'in_doubt')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    settled_at INTEGER,
    reference  TEXT,
    error      TEXT,
    UNIQUE (receiver, contact, episode, transition)
) STRICT;
CREATE INDEX message_due ON message (transport, due_at) WHERE state = 'queued';
CREATE INDEX message_open ON message (state, created_at) WHERE state IN ('queued', 'sending');
CREATE INDEX message_episode ON message (episode);

CREATE TABLE attempt (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    detail  TEXT,
    PRIMARY KEY (message, number)
) STRICT, WITHOUT ROWID;
