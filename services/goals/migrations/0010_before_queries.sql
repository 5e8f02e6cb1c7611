-- Rollup queries, and which of them narrow the measures of a goal.

CREATE TABLE goals.rollup_query (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT nextval('goals.version'),
    name text NOT NULL,
    -- Whose records it looks at.
    entity text NOT NULL,
    -- What people call `where`; the null of JSON: every record.
    conditions jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'inactive'))
);

ALTER TABLE goals.goal
    ADD COLUMN query_actual text REFERENCES goals.rollup_query (id),
    ADD COLUMN query_in_progress text REFERENCES goals.rollup_query (id),
    ADD COLUMN query_custom text REFERENCES goals.rollup_query (id);
-- Most goals have none.
CREATE INDEX goal_query_actual ON goals.goal (query_actual)
    WHERE query_actual IS NOT NULL;
CREATE INDEX goal_query_in_progress ON goals.goal (query_in_progress)
    WHERE query_in_progress IS NOT NULL;
CREATE INDEX goal_query_custom ON goals.goal (query_custom)
    WHERE query_custom IS NOT NULL;

-- Rollup did not keep declared types until now, and queries go by them: they are announced
-- once more, each as a change set of its own.
INSERT INTO goals.outbox (
    change_set_id, change_set_size, change_set_index, kind, definition_id, value
)
SELECT
    'entity-' || id || '-' || version,
    1,
    0,
    'entity',
    id,
    convert_to(
        jsonb_build_object(
            'kind', 'entity', 'id', id, 'version', version, 'attributes', attributes
        )::text,
        'UTF8'
    )
FROM goals.entity;
