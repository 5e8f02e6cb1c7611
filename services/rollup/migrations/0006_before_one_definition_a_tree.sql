-- Until a tree is derived again under a new metric or period, its values are those of
-- the former one, and so is what is told of them.
ALTER TABLE rollup.goal
-- What the standing values were made under: `definition` holds what takes the place of
-- the goal's own (metric_id, period; its targets too, if they are of another metric by
-- now), `metric` the metric as it was. Set only while the goal is being re-derived.
ADD COLUMN made_under jsonb,
-- A root for now: it is placed below its parent once both say the same.
ADD COLUMN follows boolean NOT NULL DEFAULT false;

CREATE INDEX goal_follows ON rollup.goal (number) WHERE follows;

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
    total.updated_at
FROM rollup.goal
JOIN rollup.total ON total.number = goal.number
JOIN rollup.goal AS root ON root.number = goal.tree_number
JOIN rollup.metric AS newest ON newest.id = goal.definition ->> 'metric_id'
CROSS JOIN
    LATERAL (SELECT coalesce(goal.made_under -> 'metric', newest.definition))
    AS metric (definition)
LEFT JOIN rollup.goal AS parent ON parent.number = goal.parent_number
WHERE NOT goal.gone;

-- A goal that is still to be placed below its parent is work as well.
CREATE OR REPLACE VIEW rollup_published.status AS
SELECT
    (SELECT count(*) FROM rollup.delta) AS waiting_deltas,
    (
        SELECT count(*)
        FROM rollup.goal
        WHERE (rederivation_id IS NOT NULL AND NOT gone) OR follows
    ) AS computing_goals,
    (SELECT count(*) FROM rollup.announcement) AS waiting_announcements,
    (SELECT revision FROM rollup.definitions) AS definitions_revision,
    (SELECT incarnation FROM rollup.definitions) AS incarnation;
