-- A goal may show what somebody wrote, or what it showed when it was locked, in place of
-- what is computed; that goes on underneath.
ALTER TABLE rollup.goal
-- No rollup changes what the goal shows until the lock is taken off.
ADD COLUMN locked boolean NOT NULL DEFAULT false,
-- It shows what somebody wrote, until its computed value moves.
ADD COLUMN written boolean NOT NULL DEFAULT false,
-- The last override that was applied: each is applied once.
ADD COLUMN override_number bigint NOT NULL DEFAULT 0;

-- What is shown in place of the computed value; null for all others.
ALTER TABLE rollup.total
ADD COLUMN held_actual numeric(38, 0),
ADD COLUMN held_in_progress numeric(38, 0),
ADD COLUMN held_custom numeric(38, 0);

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
    goal.override_number
FROM rollup.goal
JOIN rollup.total ON total.number = goal.number
JOIN rollup.goal AS root ON root.number = goal.tree_number
JOIN rollup.metric AS newest ON newest.id = goal.definition ->> 'metric_id'
CROSS JOIN
    LATERAL (SELECT coalesce(goal.made_under -> 'metric', newest.definition))
    AS metric (definition)
LEFT JOIN rollup.goal AS parent ON parent.number = goal.parent_number
WHERE NOT goal.gone;
