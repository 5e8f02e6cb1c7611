-- Of people and the organisation: who is disabled, who is on which team, when goals
-- expire and how often they are rolled up decide what goals count and show.
CREATE TABLE rollup.directory (
    kind text NOT NULL,
    id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    revision bigint NOT NULL,
    definition jsonb NOT NULL,
    -- Its version is remembered, so that no stale definition brings it back.
    gone boolean NOT NULL DEFAULT false,
    PRIMARY KEY (kind, id)
);
CREATE INDEX directory_revision ON rollup.directory (revision);

-- One instant for all processes, to the minute. It only goes forward, whatever their
-- own clocks say.
CREATE TABLE rollup.clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    now timestamptz NOT NULL,
    -- Until when what waits for its hour was let in.
    ticked_at timestamptz NOT NULL
);
INSERT INTO rollup.clock (now, ticked_at)
VALUES ('1970-01-01 00:00:00Z', '1970-01-01 00:00:00Z');

-- A goal that should stand still and does not yet, because something below computes.
ALTER TABLE rollup.goal ADD COLUMN freezes boolean NOT NULL DEFAULT false;
UPDATE rollup.goal SET freezes = follows AND definition ->> 'state' <> 'open';

-- What keeps a goal from being rolled up; and on it and on every goal above it, which
-- goal is to be named for that.
ALTER TABLE rollup.goal ADD COLUMN error text, ADD COLUMN error_number bigint;

CREATE OR REPLACE VIEW rollup_published.goal AS
SELECT
    goal.id,
    goal.number,
    goal.version,
    parent.id AS parent_id,
    root.id AS tree_id,
    goal.depth,
    goal.definition || coalesce(goal.made_under -> 'definition', '{}') AS definition,
    metric.definition -> 'rollup_fields' AS rollup_fields,
    metric.definition ->> 'metric_kind' AS metric_kind,
    metric.definition ->> 'data_type' AS data_type,
    CASE
        WHEN metric.definition ->> 'metric_kind' = 'count' THEN 0
        WHEN metric.definition ->> 'data_type' = 'money' THEN 4
        WHEN metric.definition ->> 'data_type' = 'decimal' THEN 10
        ELSE 0
    END AS decimals,
    total.own_actual,
    total.own_in_progress,
    total.own_custom,
    total.computed_actual,
    total.computed_in_progress,
    total.computed_custom,
    total.computing > 0 AS computing,
    total.revision,
    total.updated_at,
    coalesce(total.held_actual, total.computed_actual) AS shown_actual,
    coalesce(total.held_in_progress, total.computed_in_progress)
        AS shown_in_progress,
    coalesce(total.held_custom, total.computed_custom) AS shown_custom,
    goal.locked,
    goal.written,
    goal.override_number,
    goal.frozen,
    culprit.error,
    culprit.id AS goal_with_error_id
FROM rollup.goal
JOIN rollup.total ON total.number = goal.number
JOIN rollup.goal AS root ON root.number = goal.tree_number
JOIN rollup.metric AS newest ON newest.id = goal.definition ->> 'metric_id'
CROSS JOIN
    LATERAL (SELECT coalesce(goal.made_under -> 'metric', newest.definition))
    AS metric (definition)
LEFT JOIN rollup.goal AS parent ON parent.number = goal.parent_number
LEFT JOIN rollup.goal AS culprit ON culprit.number = goal.error_number
WHERE NOT goal.gone;
