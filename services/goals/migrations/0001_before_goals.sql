-- What people define: the directory, metrics and goals; what is still to be announced
-- of it; and who may look at the page.

CREATE SCHEMA goals;

-- One sequence for everything, so that a version never comes twice: not even for an id
-- that was deleted and taken up again. It is the ETag.
CREATE SEQUENCE goals.version AS bigint;

CREATE TABLE goals.organization (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL DEFAULT nextval('goals.version'),
    time_zone text NOT NULL,
    base_currency text NOT NULL
);
INSERT INTO goals.organization (time_zone, base_currency) VALUES ('UTC', 'EUR');

CREATE TABLE goals.business_unit (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT nextval('goals.version'),
    name text NOT NULL,
    parent_id text REFERENCES goals.business_unit (id)
);
CREATE INDEX business_unit_parent ON goals.business_unit (parent_id);

CREATE TABLE goals.directory_user (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT nextval('goals.version'),
    name text NOT NULL,
    business_unit_id text REFERENCES goals.business_unit (id),
    manager_id text REFERENCES goals.directory_user (id),
    disabled boolean NOT NULL,
    time_zone text
);
CREATE INDEX directory_user_unit ON goals.directory_user (business_unit_id);
CREATE INDEX directory_user_manager ON goals.directory_user (manager_id);

CREATE TABLE goals.directory_team (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT nextval('goals.version'),
    name text NOT NULL,
    business_unit_id text REFERENCES goals.business_unit (id)
);
CREATE INDEX directory_team_unit ON goals.directory_team (business_unit_id);

CREATE TABLE goals.team_member (
    team_id text NOT NULL REFERENCES goals.directory_team (id) ON DELETE CASCADE,
    user_id text NOT NULL REFERENCES goals.directory_user (id),
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_member_user ON goals.team_member (user_id);

CREATE TABLE goals.metric (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT nextval('goals.version'),
    name text NOT NULL,
    kind text NOT NULL,
    data_type text,
    stretch_tracked boolean NOT NULL,
    rollup_fields jsonb NOT NULL
);
-- People read names; two that differ in capitals only would be taken for one.
CREATE UNIQUE INDEX metric_name ON goals.metric (lower(name));

CREATE TABLE goals.goal (
    id text COLLATE "C" PRIMARY KEY,
    -- Never used again, whatever becomes of the id: a late delta cannot find a
    -- stranger under the number of a goal that is gone.
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    version bigint NOT NULL DEFAULT nextval('goals.version'),
    title text NOT NULL,
    metric_id text NOT NULL REFERENCES goals.metric (id),
    owner_type text NOT NULL CHECK (owner_type IN ('user', 'team')),
    owner_id text NOT NULL,
    manager_id text NOT NULL REFERENCES goals.directory_user (id),
    parent_id text REFERENCES goals.goal (id),
    period_start date NOT NULL,
    period_end date NOT NULL CHECK (period_end >= period_start),
    time_zone text NOT NULL,
    -- Without a scale: a target keeps the places of its metric's type.
    target numeric CHECK (target >= 0 AND target < 1e17),
    stretch_target numeric CHECK (stretch_target >= 0 AND stretch_target < 1e17),
    owner_records_only boolean NOT NULL,
    rollup_only_from_children boolean NOT NULL
);
CREATE INDEX goal_parent ON goals.goal (parent_id);
CREATE INDEX goal_metric ON goals.goal (metric_id);
CREATE INDEX goal_owner ON goals.goal (owner_type, owner_id);
CREATE INDEX goal_manager ON goals.goal (manager_id);

-- What is committed and not yet acknowledged by Kafka. Positions are given under the
-- lock that serialises writes, so their order is the order of the commits.
CREATE TABLE goals.outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    change_set_id text NOT NULL,
    change_set_size integer NOT NULL,
    change_set_index integer NOT NULL,
    kind text NOT NULL,
    definition_id text NOT NULL,
    -- Absent: the definition is gone.
    value bytea,
    -- Which goal is gone; its id may be taken up again.
    goal_number bigint,
    traceparent text,
    made_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- One-time links to the page, and the sessions they were exchanged for. Only hashes
-- are kept: who reads the database cannot sign in with what he finds.
CREATE TABLE goals.page_link (
    code_hash bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE TABLE goals.page_session (
    token_hash bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

-- Answers to writes that may be asked again under the same key.
CREATE TABLE goals.idempotency_key (
    path text NOT NULL,
    key text NOT NULL,
    body_sha256 bytea NOT NULL,
    headers jsonb NOT NULL,
    answer bytea NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (path, key)
);
CREATE INDEX idempotency_key_age ON goals.idempotency_key (answered_at);
