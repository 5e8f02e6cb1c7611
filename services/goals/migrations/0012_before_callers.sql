-- Who comes in: API tokens of systems, and people's sessions of the page. Only hashes
-- of what they show are kept.

CREATE TABLE goals.api_token (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    -- As whom it acts; absent: as a system, to which no person's rights apply.
    user_id text REFERENCES goals.directory_user (id) ON DELETE CASCADE,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);
-- An audit trail knows a token by its name.
CREATE UNIQUE INDEX api_token_name ON goals.api_token (name) WHERE revoked_at IS NULL;
CREATE INDEX api_token_user ON goals.api_token (user_id) WHERE user_id IS NOT NULL;

-- Links and sessions of before belong to nobody in particular, and only look.
ALTER TABLE goals.page_link
    ADD COLUMN user_id text REFERENCES goals.directory_user (id) ON DELETE CASCADE,
    ADD COLUMN scopes text[] NOT NULL
    DEFAULT '{goals:read,records:read,directory:read,organization:read}';
ALTER TABLE goals.page_session
    ADD COLUMN user_id text REFERENCES goals.directory_user (id) ON DELETE CASCADE,
    ADD COLUMN scopes text[] NOT NULL
    DEFAULT '{goals:read,records:read,directory:read,organization:read}',
    -- What the page sends with each write, and pages of others cannot know.
    ADD COLUMN csrf_token text NOT NULL DEFAULT gen_random_uuid()::text;
CREATE INDEX page_link_user ON goals.page_link (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX page_session_user ON goals.page_session (user_id)
    WHERE user_id IS NOT NULL;

-- Whoever disables a user, in whichever way: his sessions end, and do not come back when
-- he is enabled again.
CREATE FUNCTION goals.end_sessions_of_disabled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM goals.page_link WHERE user_id = NEW.id;
    DELETE FROM goals.page_session WHERE user_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER end_sessions_of_disabled
    AFTER UPDATE OF disabled ON goals.directory_user
    FOR EACH ROW WHEN (NEW.disabled AND NOT OLD.disabled)
    EXECUTE FUNCTION goals.end_sessions_of_disabled();

-- What ingest may know of all this. Tokens that were revoked long ago are left out.
CREATE SCHEMA IF NOT EXISTS goals_published;

CREATE VIEW goals_published.api_token AS
SELECT
    token.id,
    token.name,
    token.token_hash,
    token.scopes,
    token.user_id,
    coalesce(owner.disabled, false) AS user_is_disabled,
    token.expires_at,
    token.revoked_at IS NOT NULL AS is_revoked
FROM goals.api_token AS token
LEFT JOIN goals.directory_user AS owner ON owner.id = token.user_id
WHERE token.revoked_at IS NULL OR token.revoked_at > now() - interval '30 days';

CREATE VIEW goals_published.person AS
SELECT id, disabled AS is_disabled FROM goals.directory_user;

-- Ingest may note that a token was used, and write nothing else of goals'. A minute is
-- exact enough, and spares the row.
CREATE FUNCTION goals_published.api_token_used(token_id text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE goals.api_token SET last_used_at = now()
    WHERE id = token_id
        AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
$$;
REVOKE EXECUTE ON FUNCTION goals_published.api_token_used (text) FROM PUBLIC;
