-- Whether a goal still follows its records: closed and discarded ones stand still.
ALTER TABLE goals.goal
    ADD COLUMN state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'closed', 'discarded'));
