-- Some rollup fields read state or date of the record that theirs links to. Which
-- records depend on which others, as far as live definitions read through the link; it
-- is written with the child. An edge that nothing reads through any more stays until its
-- child is written again: all it costs is a look at that child.
CREATE TABLE rollup.link (
    parent text COLLATE "C" NOT NULL,
    child text COLLATE "C" NOT NULL,
    PRIMARY KEY (parent, child)
);
CREATE INDEX link_child ON rollup.link (child);

-- Set on a job that belongs to no goal: these records have changed, and more depend on
-- them than one batch looks at.
ALTER TABLE rollup.rederivation ADD COLUMN parents text[];

-- Nothing is computing meanwhile, for each record moves from one true state to the next;
-- but not all that was accepted is in the totals.
CREATE VIEW rollup_published.waiting_parents AS
SELECT coalesce(sum(cardinality(rederivation.parents)), 0)::bigint AS parents
FROM rollup.rederivation
WHERE rederivation.parents IS NOT NULL;

-- Records that stand still together with those they depend on. Everybody takes them in
-- two passes, each in the order of keys. First those that are not there and that others
-- may depend on get a row, so that there is something to lock: a placeholder, which has
-- no version and never counts. Whoever brings such a record at the same time waits here.
-- Then all are locked. An entity's keys stand together in their order, so one statement
-- an entity keeps it; where records of one entity are written and read, all its keys are
-- locked for writing, or one statement could not.
CREATE FUNCTION rollup.lock_linked(
    the_written text[], the_read text[], the_placeholders text[]
)
RETURNS SETOF rollup.record
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    one record;
BEGIN
    INSERT INTO rollup.record (
        key, version, deleted, entity, attributes, slots, amounts
    )
    SELECT absent.key, -1, true, split_part(absent.key, '/', 1), '{}', '{}', '{}'
    FROM unnest(the_placeholders) AS absent (key)
    ORDER BY absent.key COLLATE "C"
    -- It is there, or somebody else has put it there meanwhile.
    ON CONFLICT (key) DO NOTHING;
    FOR one IN
        SELECT
            array_agg(wanted.key) AS keys,
            bool_or(wanted.is_written) AS is_written
        FROM (
            SELECT written.key, true AS is_written
            FROM unnest(the_written) AS written (key)
            UNION ALL
            SELECT read.key, false
            FROM unnest(the_read) AS read (key)
        ) AS wanted
        GROUP BY split_part(wanted.key, '/', 1)
        ORDER BY (split_part(wanted.key, '/', 1) || '/') COLLATE "C"
    LOOP
        IF one.is_written THEN
            RETURN QUERY
                SELECT record.*
                FROM rollup.record
                WHERE record.key = ANY(one.keys)
                ORDER BY record.key
                FOR UPDATE;
        ELSE
            RETURN QUERY
                SELECT record.*
                FROM rollup.record
                WHERE record.key = ANY(one.keys)
                ORDER BY record.key
                FOR SHARE;
        END IF;
    END LOOP;
END
$$;
