-- What other services and people may look at. Numbers are in units; `decimals` says
-- how many of their last digits stand behind the point.

CREATE SCHEMA rollup_published;

CREATE VIEW rollup_published.goal AS
SELECT
    goal.id,
    goal.number,
    goal.version,
    parent.id AS parent_id,
    root.id AS tree_id,
    goal.depth,
    goal.definition,
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
JOIN rollup.metric ON metric.id = goal.definition ->> 'metric_id'
LEFT JOIN rollup.goal AS parent ON parent.number = goal.parent_number
WHERE NOT goal.gone;

-- How far each partition of a topic has been applied.
CREATE VIEW rollup_published.progress AS
SELECT topic, partition, next_offset FROM rollup.source_offset;

-- One row, in one snapshot.
CREATE VIEW rollup_published.status AS
SELECT
    (SELECT count(*) FROM rollup.delta) AS waiting_deltas,
    (
        SELECT count(*)
        FROM rollup.goal
        WHERE rederivation_id IS NOT NULL AND NOT gone
    ) AS computing_goals,
    (SELECT count(*) FROM rollup.announcement) AS waiting_announcements,
    (SELECT revision FROM rollup.definitions) AS definitions_revision,
    (SELECT incarnation FROM rollup.definitions) AS incarnation;
