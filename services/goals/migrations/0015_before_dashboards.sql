-- Dashboards: what people compose of tiles. They hold no numbers.

CREATE TABLE goals.dashboard (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT nextval('goals.version'),
    name text NOT NULL,
    -- Whose it is; null: the organisation's.
    owner_id text REFERENCES goals.directory_user (id),
    -- Who may look at it besides, as `user/ada` or `team/north`.
    shared_with jsonb NOT NULL,
    -- Each with its tiles, in their order.
    sections jsonb NOT NULL
);
CREATE INDEX dashboard_owner ON goals.dashboard (owner_id);
CREATE INDEX dashboard_shared_with ON goals.dashboard USING gin (shared_with);
