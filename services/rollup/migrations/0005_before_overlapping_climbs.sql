-- How every batch begins, in one question: the partitions' rows, in order; the
-- definitions; the records, in order. A volatile function takes a new snapshot for each
-- of its statements, so the order of the locks is the order of the lines, and each sees
-- what was committed while the one before waited. The first row says where partitions
-- and definitions stand; a row follows for each record that is there.
CREATE FUNCTION rollup.begin_batch(
    the_topic text, the_partitions integer[], the_keys text[]
)
RETURNS TABLE (
    partitions integer[],
    next_offsets bigint[],
    epochs bigint[],
    revision bigint,
    key text,
    version bigint,
    slots integer[],
    amounts bigint[]
)
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    -- Not waiting for the disk loses nothing: what a broken server forgets of a batch it
    -- forgets with the offset, and the batch is read again. Whatever is made of it, a
    -- climb above all, is written behind it and does wait.
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT coalesce(array_agg(locked.partition), '{}'),
           coalesce(array_agg(locked.next_offset), '{}'),
           coalesce(array_agg(locked.epoch), '{}')
    INTO partitions, next_offsets, epochs
    FROM (
        SELECT source.partition, source.next_offset, source.epoch
        FROM rollup.source_offset AS source
        WHERE source.topic = the_topic AND source.partition = ANY(the_partitions)
        ORDER BY source.partition
        FOR UPDATE
    ) AS locked;
    revision := rollup.share_definitions();
    RETURN NEXT;
    RETURN QUERY
        SELECT NULL::integer[], NULL::bigint[], NULL::bigint[], NULL::bigint,
               record.key, record.version, record.slots, record.amounts
        FROM rollup.record
        WHERE record.key = ANY(the_keys)
        ORDER BY record.key
        FOR UPDATE;
END
$$;
