-- Who asked that a tree be rebuilt from the records, and when. How far it is, rollup says.
CREATE TABLE goals.recalculation (
    id text PRIMARY KEY,
    version bigint NOT NULL DEFAULT nextval('goals.version'),
    -- Without a reference: it is told even when that goal is gone.
    goal_id text NOT NULL,
    goal_number bigint NOT NULL,
    -- The root of its tree then.
    tree_id text NOT NULL,
    asked_by text,
    asked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recalculation_tree ON goals.recalculation (tree_id, id);
CREATE INDEX recalculation_age ON goals.recalculation (asked_at);
