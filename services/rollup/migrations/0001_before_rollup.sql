-- Everything that makes numbers: records and what each of them adds now, the applied
-- copy of the definitions, the totals, and what waits between apply and climb.

CREATE SCHEMA rollup;

-- Where each partition stands. This, not Kafka's committed offset, is what counts;
-- the epoch is raised by every assignment, so that a process that lost a partition
-- is refused.
CREATE TABLE rollup.source_offset (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    epoch bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- One row for each record, at its newest version, with what it adds now. Slots and
-- amounts are parallel arrays (a table of their own costs a third of the throughput):
-- slot = goal number * 8 + rollup field * 2, + 1 for the high part of an amount that
-- passes 10^18 units.
CREATE TABLE rollup.record (
    key text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    deleted boolean NOT NULL,
    entity text COLLATE "C" NOT NULL,
    owner text COLLATE "C",
    state text,
    status text,
    attributes jsonb NOT NULL,
    shared_with text[],
    occurred_at timestamptz,
    slots integer[] NOT NULL,
    amounts bigint[] NOT NULL,
    PRIMARY KEY (key)
) WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_insert_scale_factor = 0.2
);

-- The attributes are read back only to settle a conflict or to derive again.
ALTER TABLE rollup.record ALTER COLUMN attributes SET STORAGE MAIN;

-- Re-derivation of an owner's goals reads that owner's records in key order.
CREATE INDEX record_owner ON rollup.record (owner, key) WHERE owner IS NOT NULL;

-- One row: the revision of the definitions that all processes must hold in memory.
CREATE TABLE rollup.definitions (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    revision bigint NOT NULL,
    incarnation bigint NOT NULL
);
INSERT INTO rollup.definitions (revision, incarnation) VALUES (1, 1);

CREATE TABLE rollup.metric (
    id text PRIMARY KEY,
    version bigint NOT NULL,
    revision bigint NOT NULL,
    definition jsonb NOT NULL,
    gone boolean NOT NULL DEFAULT false
);

-- The applied copy of each goal's definition, with its place in the forest. A goal
-- that is gone keeps its row for a while, so that processes notice.
CREATE TABLE rollup.goal (
    number bigint PRIMARY KEY,
    id text NOT NULL,
    version bigint NOT NULL,
    revision bigint NOT NULL,
    definition jsonb NOT NULL,
    parent_number bigint,
    tree_number bigint NOT NULL,
    tree_group smallint NOT NULL,
    depth integer NOT NULL,
    gone boolean NOT NULL DEFAULT false,
    -- Under which definitions it may hold contributions: owners (null: any) and
    -- entities. More than the present one only while it is being re-derived.
    carried_owners text[],
    carried_entities text[] NOT NULL,
    rederivation_id bigint
);
CREATE UNIQUE INDEX goal_id ON rollup.goal (id) WHERE NOT gone;
CREATE INDEX goal_revision ON rollup.goal (revision);
CREATE INDEX goal_tree ON rollup.goal (tree_number);
CREATE INDEX metric_revision ON rollup.metric (revision);

-- Numbers of goals, in units of their metric. Narrow, and roomy enough that an
-- update stays on its page and touches no index.
CREATE TABLE rollup.total (
    number bigint PRIMARY KEY,
    own_actual numeric(38, 0) NOT NULL DEFAULT 0,
    own_in_progress numeric(38, 0) NOT NULL DEFAULT 0,
    own_custom numeric(38, 0) NOT NULL DEFAULT 0,
    pending_actual numeric(38, 0) NOT NULL DEFAULT 0,
    pending_in_progress numeric(38, 0) NOT NULL DEFAULT 0,
    pending_custom numeric(38, 0) NOT NULL DEFAULT 0,
    computed_actual numeric(38, 0) NOT NULL DEFAULT 0,
    computed_in_progress numeric(38, 0) NOT NULL DEFAULT 0,
    computed_custom numeric(38, 0) NOT NULL DEFAULT 0,
    -- How many goals of the subtree, this one included, are being re-derived.
    computing integer NOT NULL DEFAULT 0,
    revision bigint NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.05);

-- What waits to climb: one row for each batch and group of trees.
CREATE TABLE rollup.delta (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tree_group smallint NOT NULL,
    slots integer[] NOT NULL,
    amounts bigint[] NOT NULL,
    -- Up to ten records for each goal, and the trace of the newest.
    causes jsonb NOT NULL,
    -- The applying process was behind: climbs may take their time.
    behind boolean NOT NULL,
    -- Set on the last row of a re-derivation: its goals' pending becomes own.
    rederivation_id bigint
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX delta_group ON rollup.delta (tree_group, id);

-- What is committed and not yet acknowledged by Kafka. Its id is the revision of the
-- goals it names.
CREATE SEQUENCE rollup.revision AS bigint;
CREATE TABLE rollup.announcement (
    id bigint PRIMARY KEY,
    tree_group smallint NOT NULL,
    numbers bigint[] NOT NULL,
    -- Ids of goals that are gone, each to be followed by an empty value.
    gone_ids text[] NOT NULL,
    causes jsonb NOT NULL,
    -- Groups whose earlier announcements must go out first: a goal came from there.
    after_groups smallint[] NOT NULL
);
CREATE INDEX announcement_group ON rollup.announcement (tree_group, id);

-- Goals whose records must be compared again with what they should add.
CREATE TABLE rollup.rederivation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    numbers bigint[] NOT NULL,
    owners text[],
    entities text[] NOT NULL,
    cursor text COLLATE "C" NOT NULL DEFAULT '',
    records_read bigint NOT NULL DEFAULT 0,
    queued_at timestamptz NOT NULL DEFAULT now()
);

-- Which process climbs which group of trees, and whether it left in order.
CREATE TABLE rollup.climber (
    tree_group smallint PRIMARY KEY,
    copy_id uuid NOT NULL,
    handed_over boolean NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE TABLE rollup.copy (
    copy_id uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL
);
