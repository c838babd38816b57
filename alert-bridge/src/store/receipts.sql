-- Version 4. Receipts: a message may be known to have arrived, and may change its transport.
-- SQLite cannot widen a CHECK, so the table is copied; the numbers go on where they were.
CREATE TABLE message_new (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    receiver   TEXT NOT NULL,
    contact    TEXT NOT NULL,
    episode    INTEGER NOT NULL REFERENCES episode (id),
    transition TEXT NOT NULL,
    transport  TEXT NOT NULL,
    phone      TEXT NOT NULL,
    text       TEXT NOT NULL,
    segments   INTEGER NOT NULL,
    state      TEXT NOT NULL
               CHECK (state IN ('queued', 'sending', 'accepted', 'delivered', 'failed', 'in_doubt')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    settled_at INTEGER,
    reference  TEXT,
    error      TEXT,
    -- 1 when its transport may have it, or has a part of it: no other transport may take it.
    bound      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (receiver, contact, episode, transition)
) STRICT;
INSERT INTO message_new SELECT *, 0 FROM message;
DELETE FROM sqlite_sequence WHERE name = 'message_new';
INSERT INTO sqlite_sequence SELECT 'message_new', seq FROM sqlite_sequence WHERE name = 'message';
DROP TABLE message;
ALTER TABLE message_new RENAME TO message;
CREATE INDEX message_due ON message (transport, due_at) WHERE state = 'queued';
CREATE INDEX message_open ON message (state, created_at) WHERE state IN ('queued', 'sending');
CREATE INDEX message_accepted ON message (transport, created_at) WHERE state = 'accepted';
CREATE INDEX message_episode ON message (episode);

ALTER TABLE attempt ADD COLUMN transport TEXT NOT NULL DEFAULT '';

-- What a transport calls a message, or each part of a long one, and what it has told of it since. `message` is
-- null while a receipt has come before the answer that names its message.
CREATE TABLE part (
    transport TEXT NOT NULL,
    reference TEXT NOT NULL,
    message   INTEGER REFERENCES message (id) ON DELETE CASCADE,
    receipt   TEXT CHECK (receipt IN ('sent', 'delivered', 'failed')),
    detail    TEXT,
    at        INTEGER NOT NULL,
    PRIMARY KEY (transport, reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX part_message ON part (message);
CREATE INDEX part_early ON part (at) WHERE message IS NULL;
