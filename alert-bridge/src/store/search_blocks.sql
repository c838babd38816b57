-- Version 5. Which words blocks of rows may have: see store/search.rs.
CREATE TABLE search_block (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind   TEXT NOT NULL CHECK (kind IN ('episode', 'event')),
    -- The keys of its rows: last_seq of episodes, id of events.
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL,
    -- The times of its rows: started_at of episodes, at of events.
    oldest INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    terms  BLOB NOT NULL,
    UNIQUE (kind, first)
) STRICT;
CREATE INDEX search_block_newest ON search_block (kind, newest);
