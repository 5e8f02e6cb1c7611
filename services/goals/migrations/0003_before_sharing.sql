-- What people note on goals beyond what we know of, and with whom a goal is shared.

ALTER TABLE goals.goal ADD COLUMN attributes jsonb NOT NULL DEFAULT '{}';
-- Lists are searched by one attribute's value, or several.
CREATE INDEX goal_attributes ON goals.goal USING gin (attributes jsonb_path_ops);

CREATE TABLE goals.goal_share (
    goal_id text COLLATE "C" NOT NULL REFERENCES goals.goal (id) ON DELETE CASCADE,
    principal_type text NOT NULL CHECK (principal_type IN ('user', 'team')),
    principal_id text COLLATE "C" NOT NULL,
    rights text[] NOT NULL CHECK (cardinality(rights) > 0),
    PRIMARY KEY (goal_id, principal_type, principal_id)
);
CREATE INDEX goal_share_principal ON goals.goal_share (principal_type, principal_id);
