-- What each service may do with rollup's tables, as it is now. It runs at the end of each
-- `cairn migrate`, whatever was so before; a table that allows less says so at the end.

-- Whoever is none of them has nothing here; and nobody makes tables but who migrates.
REVOKE ALL ON SCHEMA rollup, rollup_published
FROM PUBLIC, cairn_goals, cairn_ingest, cairn_rollup;
REVOKE ALL ON ALL TABLES IN SCHEMA rollup, rollup_published
FROM PUBLIC, cairn_goals, cairn_ingest, cairn_rollup;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA rollup, rollup_published
FROM PUBLIC, cairn_goals, cairn_ingest, cairn_rollup;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA rollup, rollup_published
FROM PUBLIC, cairn_goals, cairn_ingest, cairn_rollup;

GRANT USAGE ON SCHEMA rollup, rollup_published TO cairn_rollup;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA rollup TO cairn_rollup;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA rollup TO cairn_rollup;
GRANT SELECT ON ALL TABLES IN SCHEMA rollup_published TO cairn_rollup, cairn_goals;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rollup, rollup_published TO cairn_rollup;

-- One row each, which is there from the beginning and stays.
REVOKE INSERT, DELETE ON rollup.definitions, rollup.clock, rollup.history_thinning
FROM cairn_rollup;

-- Goals reads what is published, and asks in the words of rollup's conditions: functions
-- that read no table. Without a right on a table, the schema's name opens none.
GRANT USAGE ON SCHEMA rollup, rollup_published TO cairn_goals;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rollup_published TO cairn_goals;
DO $$
DECLARE
    one regprocedure;
BEGIN
    FOR one IN
        SELECT oid
        FROM pg_catalog.pg_proc
        WHERE pronamespace = 'rollup'::regnamespace AND provolatile <> 'v'
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO cairn_goals', one);
    END LOOP;
END
$$;

-- What a later migration makes can be used in the same moment: a view that is made anew
-- while services run, above all.
ALTER DEFAULT PRIVILEGES IN SCHEMA rollup
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cairn_rollup;
ALTER DEFAULT PRIVILEGES IN SCHEMA rollup GRANT USAGE ON SEQUENCES TO cairn_rollup;
ALTER DEFAULT PRIVILEGES IN SCHEMA rollup_published
GRANT SELECT ON TABLES TO cairn_rollup, cairn_goals;

-- Of all services' logins only rollup's makes temporary tables: `cairn verify` does.
DO $$
BEGIN
    EXECUTE format(
        'REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()
    );
    EXECUTE format(
        'GRANT TEMPORARY ON DATABASE %I TO cairn_rollup', current_database()
    );
END
$$;
