-- What `cairn verify` found, for operators to look at; the last hundred times.
CREATE TABLE goals.verification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- When it ended, and how long it took.
    at timestamptz NOT NULL DEFAULT now(),
    seconds double precision NOT NULL,
    -- As whom it came to the database: `database/rollup`.
    caller text NOT NULL,
    goals bigint NOT NULL,
    computing bigint NOT NULL,
    checks bigint NOT NULL,
    difference_count bigint NOT NULL,
    -- The first ones.
    differences jsonb NOT NULL
);

-- It runs as rollup's login, which may write nothing else of goals'.
CREATE FUNCTION goals_published.note_verification(
    the_seconds double precision,
    the_goals bigint,
    the_computing bigint,
    the_checks bigint,
    the_difference_count bigint,
    the_differences jsonb
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO goals.verification (
        seconds, caller, goals, computing, checks, difference_count, differences
    )
    VALUES (
        the_seconds, 'database/' || session_user, the_goals, the_computing, the_checks,
        the_difference_count, the_differences
    );
    DELETE FROM goals.verification
    WHERE id <= (SELECT max(id) FROM goals.verification) - 100;
$$;
REVOKE EXECUTE ON FUNCTION goals_published.note_verification (
    double precision, bigint, bigint, bigint, bigint, jsonb
) FROM PUBLIC;
