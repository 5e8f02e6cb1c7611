-- What each goal showed, second by second; older rows become fewer, so a goal has so many
-- of them and no more. A row says what stood from its second on, until the next row.
CREATE TABLE rollup.history (
    number bigint NOT NULL,
    -- A whole second.
    at timestamptz NOT NULL,
    -- With the decimals that the metric had then; null: it did not measure this.
    actual numeric,
    in_progress numeric,
    custom numeric,
    PRIMARY KEY (number, at)
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- One row: how far older rows have been thinned, and how far the round under way is.
CREATE TABLE rollup.history_thinning (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    -- Of what is older than these, only the last row of each hour, of each day is left.
    hours_to timestamptz NOT NULL DEFAULT 'epoch',
    days_to timestamptz NOT NULL DEFAULT 'epoch',
    begun_at timestamptz NOT NULL DEFAULT 'epoch',
    under_way boolean NOT NULL DEFAULT false,
    -- The last goal that this round has done.
    after_number bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO rollup.history_thinning DEFAULT VALUES;

-- Units as the decimal text of them reads, every place kept: 12500 of money is 1.2500.
-- All of it is immutable, so that it becomes a part of the statement that asks.
CREATE FUNCTION rollup.amount_of(units numeric, decimals integer, measured boolean)
RETURNS numeric
LANGUAGE sql IMMUTABLE
AS $$ SELECT CASE WHEN measured THEN (units::text || 'e-' || decimals::text)::numeric END $$;

-- A zone that only the tz database of the services knows must stop nobody.
CREATE FUNCTION rollup_published.known_zone(zone text) RETURNS text
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    PERFORM now() AT TIME ZONE zone;
    RETURN coalesce(zone, 'UTC');
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 'UTC';
END
$$;

-- When the hour, or the day, that an instant lies in ends in a zone, whatever the clocks
-- do there meanwhile.
CREATE FUNCTION rollup_published.end_of(unit text, instant timestamptz, zone text)
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
    SELECT CASE unit
        WHEN 'hour' THEN date_trunc('hour', instant, zone) + interval '1 hour'
        ELSE (date_trunc('day', instant AT TIME ZONE zone) + interval '1 day')
            AT TIME ZONE zone
    END
$$;

CREATE VIEW rollup_published.history AS
SELECT goal.id, history.number, history.at, history.actual, history.in_progress,
       history.custom
FROM rollup.history
JOIN rollup.goal ON goal.number = history.number
WHERE NOT goal.gone;
