-- Rollup queries as goals announced them.
CREATE TABLE rollup.query (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    revision bigint NOT NULL,
    definition jsonb NOT NULL,
    gone boolean NOT NULL DEFAULT false
);
CREATE INDEX query_revision ON rollup.query (revision);

-- Records whose contributions may change because time passes, with the first instant at
-- which they may. It is written with the record.
CREATE TABLE rollup.due (
    key text COLLATE "C" PRIMARY KEY,
    at timestamptz NOT NULL
);
CREATE INDEX due_at ON rollup.due (at);

-- What goals looks at where it previews and explains. A placeholder is no record.
CREATE VIEW rollup_published.record AS
SELECT
    record.key,
    record.entity,
    substr(record.key, length(record.entity) + 2) AS id,
    record.version,
    record.deleted,
    record.owner,
    record.state,
    record.status,
    record.attributes,
    record.shared_with,
    record.occurred_at,
    record.slots,
    record.amounts
FROM rollup.record
WHERE record.version >= 0;

-- The instant that all totals go by.
CREATE VIEW rollup_published.clock AS SELECT clock.now FROM rollup.clock;

-- Set on a job that reads what is due up to then, and nothing else.
ALTER TABLE rollup.rederivation ADD COLUMN due_until timestamptz;
