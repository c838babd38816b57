-- Version 2. What sources such as Nagios have told of. The UNIQUE key is what makes an event be kept once however
-- often it is sent. Times are milliseconds since the Unix epoch.
CREATE TABLE source_event (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    source   TEXT NOT NULL,
    instance TEXT NOT NULL,
    epoch    TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    host     TEXT NOT NULL,
    service  TEXT NOT NULL,
    name     TEXT NOT NULL,
    severity TEXT,
    text     TEXT NOT NULL,
    -- A JSON object, or empty for none.
    details  TEXT NOT NULL,
    -- Lower-case text that a search looks through.
    search   TEXT NOT NULL,
    UNIQUE (source, instance, epoch, sequence)
) STRICT;
CREATE INDEX source_event_order ON source_event (at, id);
