-- Version 7. What people are told later, folded into one message: in a storm, or after their quiet hours. Times are
-- milliseconds since the Unix epoch.
CREATE TABLE held (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    receiver   TEXT NOT NULL,
    contact    TEXT NOT NULL,
    episode    INTEGER NOT NULL REFERENCES episode (id) ON DELETE CASCADE,
    transition TEXT NOT NULL,
    severity   TEXT NOT NULL,
    due_at     INTEGER NOT NULL,
    -- The message that told of it; null while it waits.
    message    INTEGER,
    UNIQUE (receiver, contact, episode, transition)
) STRICT;
CREATE INDEX held_waiting ON held (contact, due_at) WHERE message IS NULL;
CREATE INDEX held_due ON held (due_at) WHERE message IS NULL;
CREATE INDEX held_episode ON held (episode);
CREATE INDEX message_contact ON message (contact, created_at);
