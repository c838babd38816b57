-- Version 3. The part of the site that an episode is of, and who has taken it on.
ALTER TABLE episode ADD COLUMN area TEXT NOT NULL DEFAULT 'infrastructure';
CREATE TABLE acknowledgement (
    episode INTEGER PRIMARY KEY REFERENCES episode (id) ON DELETE CASCADE,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    comment TEXT NOT NULL
) STRICT;
