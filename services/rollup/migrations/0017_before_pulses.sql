-- What each process tells of itself every few seconds: that it lives, which partitions
-- it reads, and how fast. A row stays for an hour after the last word.
CREATE TABLE rollup.pulse (
    copy_id uuid PRIMARY KEY,
    -- Where it listens: host and port.
    name text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    -- It ended in order; null: it runs, or fell silent.
    stopped_at timestamptz,
    partitions integer[] NOT NULL,
    tree_groups smallint[] NOT NULL,
    -- What follows is about the time since then, a minute at most.
    measured_since timestamptz NOT NULL,
    records_per_second double precision NOT NULL,
    -- How many records the latencies are of, and their percentiles; null: of none.
    latencies bigint NOT NULL,
    p50_milliseconds double precision,
    p95_milliseconds double precision,
    p99_milliseconds double precision
) WITH (fillfactor = 50);

CREATE VIEW rollup_published.process AS
SELECT
    pulse.copy_id,
    pulse.name,
    pulse.started_at,
    pulse.seen_at,
    pulse.stopped_at,
    pulse.partitions,
    pulse.tree_groups,
    pulse.measured_since,
    pulse.records_per_second,
    pulse.latencies,
    pulse.p50_milliseconds,
    pulse.p95_milliseconds,
    pulse.p99_milliseconds
FROM rollup.pulse AS pulse;

-- How many records a job will read, about; null: that is not known yet.
ALTER TABLE rollup.rederivation ADD COLUMN records_expected bigint;

-- What is to be derived again, by whom it is waited for, and how far that has come.
CREATE VIEW rollup_published.rederivation AS
SELECT
    job.id,
    ARRAY(
        SELECT goal.number
        FROM rollup.goal
        WHERE goal.rederivation_id = job.id AND NOT goal.gone
        ORDER BY goal.number
    ) AS numbers,
    job.recalculation_id,
    coalesce(cardinality(job.parents), 0) AS parents,
    job.due_until,
    job.is_read,
    job.records_read,
    CASE
        WHEN job.records_expected IS NOT NULL
            THEN greatest(job.records_expected, job.records_read)
    END AS records_expected,
    job.queued_at
FROM rollup.rederivation AS job;
