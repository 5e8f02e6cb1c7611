-- Every transaction of the stream begins with this, so it is one question instead of
-- two. A volatile function takes a new snapshot for each of its statements: the revision
-- is read as it is once the lock is ours, not as it was when we began to wait.
CREATE FUNCTION rollup.share_definitions() RETURNS bigint
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7221102);
    RETURN (SELECT revision FROM rollup.definitions);
END
$$;
