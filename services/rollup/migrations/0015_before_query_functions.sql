-- What conditions of rollup queries mean, in SQL: for `cairn verify`, which shares no
-- code with the engine. A value of a record is JSON; none of these fails, whatever it
-- holds: what does not read is null. The first three are not strict, for only then does
-- PostgreSQL put them into the statements that ask them.

-- True and false are no text. A number has no exponent here: PostgreSQL keeps its digits.
CREATE FUNCTION rollup.text_in(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN jsonb_typeof(value) IN ('string', 'number') THEN value #>> '{}' END
$$;

CREATE FUNCTION rollup.number_in(value jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN jsonb_typeof(value) = 'number' THEN (value #>> '{}')::numeric
        WHEN
            jsonb_typeof(value) = 'string'
            AND value #>> '{}' ~ '^[+-]?[0-9]{1,40}(\.[0-9]{1,40})?$'
            THEN (value #>> '{}')::numeric
    END
$$;

-- The id of a record that a value names: text of 1 to 200 characters.
CREATE FUNCTION rollup.id_in(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN jsonb_typeof(value) = 'string' AND length(value #>> '{}') BETWEEN 1 AND 200
            THEN value #>> '{}'
    END
$$;

-- The day of a month, or the month's last one where it has not as many. There is a year
-- 0, and years before it.
CREATE FUNCTION rollup.day_of_month(year integer, month integer, day integer)
RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT least(
        first + day - 1,
        (first + interval '1 month - 1 day')::date
    )
    FROM make_date(CASE WHEN year < 1 THEN year - 1 ELSE year END, month, 1)
        AS month (first)
$$;

-- A plain day such as 2026-11-21; null, if the calendar lacks it.
CREATE FUNCTION rollup.day_in(value jsonb) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    written text := value #>> '{}';
    plain date;
BEGIN
    IF
        jsonb_typeof(value) <> 'string'
        OR length(written) <> 10
        OR written !~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'
        OR left(written, 4) = '0000'
    THEN
        RETURN NULL;
    END IF;
    plain := right(written, 2)::integer - 1
        + make_date(left(written, 4)::integer, substr(written, 6, 2)::integer, 1);
    -- Of a day that the month lacks, the next month has begun.
    RETURN CASE
        WHEN extract(month FROM plain) = substr(written, 6, 2)::integer
            THEN plain
    END;
END
$$;

-- An instant such as 2026-11-21T09:30:00Z; without an offset it is UTC. Digits after the
-- microseconds are cut off, not rounded. It is taken apart by places: an expression that
-- captures parts takes ten times as long.
CREATE FUNCTION rollup.instant_in(value jsonb) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    written text := value #>> '{}';
    day date;
    said timestamp;
    rest text;
    fraction text;
    ahead interval;
BEGIN
    IF
        jsonb_typeof(value) <> 'string'
        OR length(written) < 16
        OR written !~ (
            '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]'
            || '(?::[0-5][0-9](?:\.[0-9]{1,9})?)?'
            || '(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?$'
        )
    THEN
        RETURN NULL;
    END IF;
    day := rollup.day_in(to_jsonb(left(written, 10)));
    IF day IS NULL THEN
        RETURN NULL;
    END IF;
    said := day + substr(written, 12, 5)::time;
    rest := substr(written, 17);
    IF left(rest, 1) = ':' THEN
        said := said + substr(rest, 2, 2)::integer * interval '1 second';
        rest := substr(rest, 4);
    END IF;
    IF left(rest, 1) = '.' THEN
        fraction := substr(rest, 2, length(rest) - length(ltrim(rest, '.0123456789')) - 1);
        said := said + rpad(left(fraction, 6), 6, '0')::integer
            * interval '1 microsecond';
        rest := ltrim(rest, '.0123456789');
    END IF;
    IF rest NOT IN ('', 'Z') THEN
        ahead := make_interval(
            hours => substr(rest, 2, 2)::integer, mins => right(rest, 2)::integer
        );
        said := CASE left(rest, 1) WHEN '+' THEN said - ahead ELSE said + ahead END;
    END IF;
    RETURN said AT TIME ZONE 'UTC';
END
$$;

-- The first moment of a day. A midnight that comes twice counts from the first; one that
-- is skipped is the moment of the change.
CREATE FUNCTION rollup.midnight(day date, zone text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    instant timestamptz := day::timestamp AT TIME ZONE zone;
    shows timestamp := instant AT TIME ZONE zone;
    back interval;
BEGIN
    IF shows > day::timestamp THEN
        -- PostgreSQL reads what is skipped by the clock of before, so the change was at
        -- most as long ago as the clock was moved by.
        RETURN (
            SELECT min(minute)
            FROM generate_series(
                instant - (shows - day::timestamp), instant, interval '1 minute'
            ) AS minute
            WHERE minute AT TIME ZONE zone >= day::timestamp
        );
    END IF;
    -- How far a clock may have been put back.
    FOREACH back IN ARRAY ARRAY[
        interval '1 day', interval '2 hours', interval '1 hour', interval '30 minutes'
    ] LOOP
        IF (instant - back) AT TIME ZONE zone = shows THEN
            RETURN instant - back;
        END IF;
    END LOOP;
    RETURN instant;
END
$$;

-- The day that has an instant: the last one that had begun.
CREATE FUNCTION rollup.day_at(instant timestamptz, zone text) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    shows timestamp := instant AT TIME ZONE zone;
    day date := shows::date;
BEGIN
    -- A clock that was put back over midnight shows the day before once more.
    IF shows::time >= '21:00' AND rollup.midnight(day + 1, zone) <= instant THEN
        RETURN day + 1;
    END IF;
    RETURN day;
END
$$;

-- When the hour began that an instant lies in.
CREATE FUNCTION rollup.hour_at(instant timestamptz, zone text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT instant - (clock.shows - date_trunc('hour', clock.shows))
    FROM (SELECT instant AT TIME ZONE zone AS shows) AS clock
$$;

-- The day that a value names: itself, or the one that its instant has.
CREATE FUNCTION rollup.whole_day_in(value jsonb, zone text) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT coalesce(
        rollup.day_in(value), rollup.day_at(rollup.instant_in(value), zone)
    )
$$;

-- The moment that a value names: of a day, its first.
CREATE FUNCTION rollup.moment_in(value jsonb, zone text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT coalesce(
        rollup.instant_in(value), rollup.midnight(rollup.day_in(value), zone)
    )
$$;

-- Whether a value stands before (-1), at (0) or after (1) a date, which is given as its
-- day, if it is one, and as its moment.
CREATE FUNCTION rollup.order_of_dates(
    value jsonb, day date, moment timestamptz, zone text
) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    own_day date := rollup.day_in(value);
    own_moment timestamptz;
BEGIN
    IF own_day IS NOT NULL AND day IS NOT NULL THEN
        RETURN sign(own_day - day);
    END IF;
    own_moment := coalesce(
        rollup.instant_in(value), rollup.midnight(own_day, zone)
    );
    RETURN CASE
        WHEN own_moment < moment THEN -1
        WHEN own_moment = moment THEN 0
        WHEN own_moment > moment THEN 1
    END;
END
$$;

-- Whether a value lies in a span: an instant between its ends, the later one left out; a
-- plain day from the day of the first to that of the last microsecond.
CREATE FUNCTION rollup.lies_in(
    value jsonb,
    opens timestamptz,
    closes timestamptz,
    first_day date,
    last_day date
) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    day date := rollup.day_in(value);
    instant timestamptz;
BEGIN
    IF day IS NOT NULL THEN
        RETURN day BETWEEN first_day AND last_day;
    END IF;
    instant := rollup.instant_in(value);
    RETURN instant >= opens AND instant < closes;
END
$$;

-- The same day some months later, or that month's last one. What lies before all
-- calendars is as good as the beginning of time.
CREATE FUNCTION rollup.months_after(day date, months integer) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN extract(year FROM day) * 12 + months < 12 THEN '-infinity'::date
        ELSE (day + make_interval(months => months))::date
    END
$$;

CREATE FUNCTION rollup.week_of(day date, week_start integer) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    -- 0 is Monday.
    SELECT day - (extract(isodow FROM day)::integer + 6 - week_start) % 7
$$;

CREATE FUNCTION rollup.fiscal_periods(template text) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE template
        WHEN 'annual' THEN 1
        WHEN 'semiannual' THEN 2
        WHEN 'quarterly' THEN 4
        WHEN 'monthly' THEN 12
        WHEN 'four_weekly' THEN 13
    END
$$;

-- Fiscal periods are counted through: the calendar year in which their fiscal year
-- begins, times the periods of a year, and the periods before it in that year.
CREATE FUNCTION rollup.fiscal_start(
    counted integer, month integer, day integer, template text
) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    periods integer := rollup.fiscal_periods(template);
    year integer := floor(counted::numeric / periods);
    place integer := counted - year * periods;
    begins date;
BEGIN
    IF year < 1 THEN
        RETURN '-infinity';
    END IF;
    begins := rollup.day_of_month(year, month, day);
    IF template = 'four_weekly' THEN
        RETURN begins + 28 * place;
    END IF;
    RETURN (begins + make_interval(months => place * (12 / periods)))::date;
END
$$;

CREATE FUNCTION rollup.fiscal_period_at(
    dated date, month integer, day integer, template text
) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    periods integer := rollup.fiscal_periods(template);
    year integer := extract(year FROM dated);
    begins date;
    place integer := periods - 1;
BEGIN
    -- PostgreSQL calls the year before the first one -1.
    IF year < 0 THEN
        year := year + 1;
    END IF;
    IF rollup.day_of_month(year, month, day) > dated THEN
        year := year - 1;
    END IF;
    begins := rollup.day_of_month(year, month, day);
    IF template = 'four_weekly' THEN
        RETURN year * periods + least((dated - begins) / 28, place);
    END IF;
    WHILE (begins + make_interval(months => place * (12 / periods)))::date > dated LOOP
        place := place - 1;
    END LOOP;
    RETURN year * periods + place;
END
$$;
