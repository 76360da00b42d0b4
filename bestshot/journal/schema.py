"""The tables of the journal, as they came to be: each script brings the file to its next version."""

from typing import Final

APPLICATION_ID: Final = 0x50684F4A  # "PhOJ"
MIGRATIONS: Final = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        target BLOB NOT NULL,
        sources TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT
    );
    CREATE INDEX runs_by_target ON runs (target);
    CREATE TABLE changes (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (id),
        kind TEXT NOT NULL,
        action TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('begun', 'done', 'dropped')),
        receipt TEXT,
        error TEXT,
        CHECK ((state = 'done') = (receipt IS NOT NULL))
    );
    CREATE INDEX changes_by_run ON changes (run);
    CREATE INDEX unfinished_changes ON changes (run) WHERE state = 'begun';
    """,
    """
    CREATE TABLE sidecars (
        id INTEGER PRIMARY KEY,
        change INTEGER NOT NULL REFERENCES changes (id),
        key BLOB NOT NULL,
        path BLOB NOT NULL,
        before BLOB,
        after TEXT
    );
    CREATE INDEX sidecars_by_change ON sidecars (change);
    """,
    """
    ALTER TABLE runs ADD COLUMN job INTEGER REFERENCES runs (id);
    ALTER TABLE runs ADD COLUMN is_learned INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE runs ADD COLUMN undoes INTEGER REFERENCES runs (id);
    ALTER TABLE runs ADD COLUMN left_alone INTEGER;
    ALTER TABLE sidecars ADD COLUMN mtime_ns INTEGER;
    """,
    # From this change on, drafts have names that follow from the secret; before, from the change's number alone.
    """
    CREATE TABLE drafts (secret BLOB NOT NULL, since INTEGER NOT NULL);
    INSERT INTO drafts SELECT randomblob(16), COALESCE(MAX(id), 0) + 1 FROM changes;
    """,
    """
    ALTER TABLE runs ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
    UPDATE runs SET begun = (SELECT COUNT(*) FROM changes WHERE run = runs.id);
    ALTER TABLE runs ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
    UPDATE runs SET kept = (SELECT COUNT(*) FROM sidecars JOIN changes ON changes.id = change WHERE run = runs.id);
    ALTER TABLE runs ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE runs ADD COLUMN is_told INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE runs ADD COLUMN seal INTEGER;
    ALTER TABLE changes ADD COLUMN seal INTEGER;
    ALTER TABLE sidecars ADD COLUMN seal INTEGER;
    ALTER TABLE drafts ADD COLUMN id INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE drafts ADD COLUMN seal INTEGER;
    DROP INDEX runs_by_target;
    DROP INDEX sidecars_by_change;
    """,
    "ALTER TABLE runs ADD COLUMN is_forgotten INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE runs ADD COLUMN user TEXT;",
)
SEALED: Final = ("runs", "changes", "sidecars", "drafts")
"""The tables whose rows have a checksum: all of them. `runs` counts what belongs to each: so none is missed."""
