-- Somebody may ask that a whole tree be rebuilt from the records and compared with what
-- is kept.
CREATE TABLE rollup.recalculation (
    id text PRIMARY KEY,
    goal_id text NOT NULL,
    goal_number bigint NOT NULL,
    -- The root of the goal's tree when it began; null: the goal was gone by then.
    tree_id text,
    asked_by text,
    asked_at timestamptz NOT NULL,
    -- Its tree was being recalculated already: the work is that one's.
    joined_id text,
    status text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'reading', 'comparing', 'done')),
    started_at timestamptz,
    finished_at timestamptz,
    -- Goals that are recalculated, and those whose records are read again anyway, so
    -- that what is new there is no difference.
    numbers bigint[] NOT NULL DEFAULT '{}',
    renewed bigint[] NOT NULL DEFAULT '{}',
    rederivation_id bigint,
    records_read bigint NOT NULL DEFAULT 0,
    records_expected bigint NOT NULL DEFAULT 0,
    records_compared bigint NOT NULL DEFAULT 0,
    -- The first ones, and how many there are.
    differences jsonb NOT NULL DEFAULT '[]',
    difference_count bigint NOT NULL DEFAULT 0,
    note text,
    -- Which correction this was, if it corrected anything; null: it did not.
    correction bigint,
    -- What computed values lack beside what their own values do, until all groups of
    -- trees that are named here have taken it.
    lacking_slots bigint[] NOT NULL DEFAULT '{}',
    lacking_amounts numeric[] NOT NULL DEFAULT '{}',
    groups smallint[] NOT NULL DEFAULT '{}'
);
CREATE INDEX recalculation_rederived ON rollup.recalculation (rederivation_id)
WHERE rederivation_id IS NOT NULL;
CREATE INDEX recalculation_ending ON rollup.recalculation (id) WHERE groups <> '{}';

-- What reading the records again has put right, number by number: slots as in records.
CREATE TABLE rollup.recalculation_finding (
    recalculation_id text NOT NULL
        REFERENCES rollup.recalculation (id) ON DELETE CASCADE,
    slot bigint NOT NULL,
    amount numeric(38, 0) NOT NULL,
    -- Up to ten of the records, each at its version.
    records text[] NOT NULL,
    PRIMARY KEY (recalculation_id, slot)
);

ALTER TABLE rollup.rederivation
ADD COLUMN recalculation_id text,
-- All its records are read; its goals are to be compared.
ADD COLUMN is_read boolean NOT NULL DEFAULT false;

-- When all records of the goal were last read again to the end.
ALTER TABLE rollup.goal ADD COLUMN rolled_up_at timestamptz;

CREATE VIEW rollup_published.rolled_up AS
SELECT goal.number, goal.rolled_up_at AS at
FROM rollup.goal
WHERE NOT goal.gone AND goal.rolled_up_at IS NOT NULL;

CREATE VIEW rollup_published.recalculation AS
SELECT
    asked.id,
    asked.goal_id,
    work.tree_id,
    work.status,
    work.records_read,
    greatest(work.records_expected, work.records_read) AS records_expected,
    work.records_compared,
    cardinality(work.numbers) AS goals,
    work.differences,
    work.difference_count,
    work.note,
    asked.asked_by,
    asked.asked_at,
    work.started_at,
    work.finished_at
FROM rollup.recalculation AS asked
JOIN rollup.recalculation AS work ON work.id = coalesce(asked.joined_id, asked.id);
