-- Version 6. When an open episode that nobody has taken on is told again, and the codes by which phones take
-- episodes on. Times are milliseconds since the Unix epoch.
CREATE TABLE reminder (
    episode INTEGER PRIMARY KEY REFERENCES episode (id) ON DELETE CASCADE,
    -- Null while it is not to be told again.
    due_at  INTEGER,
    -- How often it has been told again.
    told    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX reminder_due ON reminder (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE reply_code (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    phone   TEXT NOT NULL,
    code    INTEGER NOT NULL,
    episode INTEGER NOT NULL REFERENCES episode (id) ON DELETE CASCADE,
    UNIQUE (phone, code, episode)
) STRICT;
CREATE INDEX reply_code_episode ON reply_code (episode, phone);
