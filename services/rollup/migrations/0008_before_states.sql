-- A goal that is frozen shows what it showed when it froze.
ALTER TABLE rollup.goal ADD COLUMN frozen boolean NOT NULL DEFAULT false;

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
    goal.frozen
FROM rollup.goal
JOIN rollup.total ON total.number = goal.number
JOIN rollup.goal AS root ON root.number = goal.tree_number
JOIN rollup.metric AS newest ON newest.id = goal.definition ->> 'metric_id'
CROSS JOIN
    LATERAL (SELECT coalesce(goal.made_under -> 'metric', newest.definition))
    AS metric (definition)
LEFT JOIN rollup.goal AS parent ON parent.number = goal.parent_number
WHERE NOT goal.gone;
