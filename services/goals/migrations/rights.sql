-- What each service may do with goals' tables, as it is now. It runs at the end of each
-- `cairn migrate`, whatever was so before; a table that allows less says so at the end.

-- Whoever is none of them has nothing here; and nobody makes tables but who migrates.
REVOKE ALL ON SCHEMA goals
FROM PUBLIC, cairn_goals, cairn_ingest, cairn_rollup;
REVOKE ALL ON ALL TABLES IN SCHEMA goals
FROM PUBLIC, cairn_goals, cairn_ingest, cairn_rollup;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA goals
FROM PUBLIC, cairn_goals, cairn_ingest, cairn_rollup;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA goals
FROM PUBLIC, cairn_goals, cairn_ingest, cairn_rollup;

GRANT USAGE ON SCHEMA goals TO cairn_goals;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA goals TO cairn_goals;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA goals TO cairn_goals;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA goals TO cairn_goals;

-- What a later migration makes can be used in the same moment: a view that is made anew
-- while services run, above all.
ALTER DEFAULT PRIVILEGES IN SCHEMA goals
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cairn_goals;
ALTER DEFAULT PRIVILEGES IN SCHEMA goals GRANT USAGE ON SEQUENCES TO cairn_goals;

-- What goals publishes is meant for all three. The schema may be of a later migration.
DO $$
BEGIN
    IF to_regnamespace('goals_published') IS NULL THEN
        RETURN;
    END IF;
    REVOKE ALL ON SCHEMA goals_published
    FROM PUBLIC, cairn_goals, cairn_ingest, cairn_rollup;
    REVOKE ALL ON ALL TABLES IN SCHEMA goals_published
    FROM PUBLIC, cairn_goals, cairn_ingest, cairn_rollup;
    GRANT USAGE ON SCHEMA goals_published TO cairn_goals, cairn_ingest, cairn_rollup;
    GRANT SELECT ON ALL TABLES IN SCHEMA goals_published
    TO cairn_goals, cairn_ingest, cairn_rollup;
    ALTER DEFAULT PRIVILEGES IN SCHEMA goals_published
    GRANT SELECT ON TABLES TO cairn_goals, cairn_ingest, cairn_rollup;
    -- Who comes in is no business of rollup's; that a token was used, the doors note.
    REVOKE ALL ON goals_published.api_token, goals_published.person FROM cairn_rollup;
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA goals_published
    FROM PUBLIC, cairn_goals, cairn_ingest, cairn_rollup;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA goals_published
    TO cairn_goals, cairn_ingest;
    -- What a verification found, nobody notes but who verifies; that is rollup's login.
    IF to_regprocedure(
        'goals_published.note_verification'
        '(double precision, bigint, bigint, bigint, bigint, jsonb)'
    ) IS NOT NULL THEN
        REVOKE ALL ON FUNCTION goals_published.note_verification
        FROM cairn_goals, cairn_ingest;
        GRANT EXECUTE ON FUNCTION goals_published.note_verification TO cairn_rollup;
    END IF;
END
$$;

-- One row, which is there from the beginning and stays.
REVOKE INSERT, DELETE ON goals.organization FROM cairn_goals;

-- What was written into the audit trail stays as it was written.
DO $$
BEGIN
    IF to_regclass('goals.audit') IS NOT NULL THEN
        REVOKE ALL ON goals.audit FROM cairn_goals;
        GRANT SELECT, INSERT ON goals.audit TO cairn_goals;
    END IF;
END
$$;

-- What links to the page are signed with is made once, and changed by the owner alone.
DO $$
BEGIN
    IF to_regclass('goals.page_link_key') IS NOT NULL THEN
        REVOKE ALL ON goals.page_link_key FROM cairn_goals;
        GRANT SELECT, INSERT ON goals.page_link_key TO cairn_goals;
    END IF;
END
$$;
