-- What every goal's numbers should be, from the stored newest records alone, beside
-- what the engine keeps. One statement, so one snapshot. It follows semantics.md,
-- section 7, and shares nothing with the engine but the tables.
WITH RECURSIVE
goals AS MATERIALIZED (
    SELECT
        goal.number,
        goal.id,
        goal.parent_number,
        goal.tree_number,
        goal.definition,
        -- While what depends on changed records waits to be read again, nobody can say
        -- what goals that read through links should be.
        -- Nor what those should be whose query has failed, until they stand still.
        goal.rederivation_id IS NOT NULL
        OR (
            waiting.parents
            AND (fields.are_linked OR coalesce(asking.looks_elsewhere, false))
        )
        OR coalesce(asking.has_failed, false) AS computing,
        goal.locked
        OR goal.written
        OR goal.frozen
        OR goal.error IS NOT DISTINCT FROM 'total_overflow' AS held,
        NOT goal.frozen AS live,
        metric.definition -> 'rollup_fields' AS rollup_fields,
        metric.definition ->> 'metric_kind' AS metric_kind,
        CASE
            WHEN metric.definition ->> 'metric_kind' = 'count' THEN 0
            WHEN metric.definition ->> 'data_type' = 'money' THEN 4
            WHEN metric.definition ->> 'data_type' = 'decimal' THEN 10
            ELSE 0
        END AS decimals,
        -- Of the metric that the kept numbers were made under.
        CASE
            WHEN
                coalesce(goal.made_under -> 'metric', metric.definition) ->> 'metric_kind'
                = 'count'
                THEN 0
            WHEN
                coalesce(goal.made_under -> 'metric', metric.definition) ->> 'data_type'
                = 'money'
                THEN 4
            WHEN
                coalesce(goal.made_under -> 'metric', metric.definition) ->> 'data_type'
                = 'decimal'
                THEN 10
            ELSE 0
        END AS kept_decimals
    FROM rollup.goal
    JOIN rollup.metric ON metric.id = goal.definition ->> 'metric_id'
    CROSS JOIN (
        SELECT EXISTS (
            SELECT FROM rollup.rederivation WHERE rederivation.parents IS NOT NULL
        ) AS parents
    ) AS waiting
    CROSS JOIN LATERAL (
        SELECT jsonb_path_exists(
            metric.definition, '$.rollup_fields.*.*.link'
        ) AS are_linked
    ) AS fields
    LEFT JOIN (
        SELECT
            number,
            bool_or(ask IS NULL) AS has_failed,
            bool_or(looks_elsewhere) AS looks_elsewhere
        FROM pg_temp.asked_goal
        GROUP BY number
    ) AS asking ON asking.number = goal.number
    WHERE NOT goal.gone
),

-- Found from the parents up, not taken from the engine's own tree_number.
forest AS (
    SELECT
        number,
        number AS root_number,
        -- What is added to it is added to the root: no goal between holds its values.
        true AS reaches_root,
        -- What it holds stands in the root's total for all that is below.
        false AS stands_in
    FROM goals
    WHERE parent_number IS NULL
    UNION ALL
    SELECT
        goals.number,
        forest.root_number,
        forest.reaches_root AND NOT goals.held,
        forest.reaches_root AND goals.held
    FROM goals JOIN forest ON goals.parent_number = forest.number
),

slots (slot, name) AS (VALUES (0, 'actual'), (1, 'in_progress'), (2, 'custom')),

-- A period in both forms that a record's date is compared with. A midnight that comes
-- twice counts from its first time on: the day is whole.
periods AS MATERIALIZED (
    SELECT
        days.time_zone,
        days.first_day,
        days.last_day,
        (
            SELECT min(midnight.instant - shift.back)
            FROM
                (SELECT days.first_day::timestamp AT TIME ZONE days.time_zone AS instant)
                AS midnight
            CROSS JOIN shifts AS shift
            WHERE (midnight.instant - shift.back) AT TIME ZONE days.time_zone
                = midnight.instant AT TIME ZONE days.time_zone
        ) AS opens,
        (
            SELECT min(midnight.instant - shift.back)
            FROM
                (
                    SELECT
                        (days.last_day + 1)::timestamp
                        AT TIME ZONE days.time_zone AS instant
                ) AS midnight
            CROSS JOIN shifts AS shift
            WHERE (midnight.instant - shift.back) AT TIME ZONE days.time_zone
                = midnight.instant AT TIME ZONE days.time_zone
        ) AS closes
    FROM (
        SELECT DISTINCT
            definition #>> '{period,time_zone}' AS time_zone,
            (definition #>> '{period,start}')::date AS first_day,
            (definition #>> '{period,end}')::date AS last_day
        FROM goals
    ) AS days
),

-- How far a clock may be put back.
shifts (back) AS (
    VALUES
    (interval '0'),
    (interval '30 minutes'),
    (interval '1 hour'),
    (interval '2 hours'),
    (interval '1 day')
),

-- One row for each goal and field of its metric. Goals that ask the same of a record
-- share a `rule`; those that ask it of the same owner and days, a `measure`.
wanted AS MATERIALIZED (
    SELECT
        asked.*,
        dense_rank() OVER (
            ORDER BY
                entity, state, status, date_attribute, source_attribute, decimals,
                state_link, state_entity, date_link, date_entity, ask
        ) AS rule,
        dense_rank() OVER (
            ORDER BY
                entity, state, status, date_attribute, source_attribute, decimals,
                state_link, state_entity, date_link, date_entity, ask,
                owner, with_members, access, first_day, last_day, opens, closes
        ) AS measure
    FROM (
        SELECT
            goals.number,
            slots.slot,
            goals.decimals,
            field.value ->> 'source_entity' AS entity,
            field.value ->> 'source_state' AS state,
            field.value ->> 'source_status' AS status,
            field.value ->> 'date_attribute' AS date_attribute,
            field.value #>> '{state_from,link}' AS state_link,
            field.value #>> '{state_from,entity}' AS state_entity,
            field.value #>> '{date_from,link}' AS date_link,
            field.value #>> '{date_from,entity}' AS date_entity,
            CASE WHEN goals.metric_kind = 'amount'
                THEN field.value ->> 'source_attribute'
            END AS source_attribute,
            CASE WHEN coalesce((goals.definition ->> 'owner_records_only')::boolean, true)
                THEN
                    (goals.definition #>> '{owner,type}')
                    || '/' || (goals.definition #>> '{owner,id}')
            END AS owner,
            coalesce((goals.definition ->> 'include_team_members')::boolean, false)
                AS with_members,
            periods.first_day,
            periods.last_day,
            periods.opens,
            periods.closes,
            -- The question that a query comes to; none: there is no query.
            asked.ask,
            -- What the manager may read; none: every record.
            reading.access
        FROM goals
        CROSS JOIN slots
        CROSS JOIN
            LATERAL (SELECT goals.rollup_fields -> slots.name AS value OFFSET 0) AS field
        JOIN periods
            ON
                periods.time_zone = goals.definition #>> '{period,time_zone}'
                AND periods.first_day = (goals.definition #>> '{period,start}')::date
                AND periods.last_day = (goals.definition #>> '{period,end}')::date
        LEFT JOIN pg_temp.asked_goal AS asked
            ON asked.number = goals.number AND asked.slot = slots.slot
        LEFT JOIN pg_temp.goal_access AS reading
            ON reading.number = goals.number AND reading.slot = slots.slot
        WHERE
            jsonb_typeof(field.value) = 'object'
            AND NOT coalesce(
                (goals.definition ->> 'rollup_only_from_children')::boolean, false
            )
            -- What is hidden is null, and what lacks it counts nowhere.
            AND NOT coalesce(reading.blind, false)
    ) AS asked
),

rules AS MATERIALIZED (
    SELECT DISTINCT
        rule, entity, state, status, date_attribute, source_attribute, decimals,
        state_link, state_entity, date_link, date_entity, ask
    FROM wanted
),

-- What is anybody's and lies in the same territory is the same to all who read that: they
-- share a `common`.
measures AS MATERIALIZED (
    SELECT
        measure.*,
        reached.territory,
        dense_rank() OVER (
            ORDER BY rule, reached.territory, first_day, last_day, opens, closes
        ) AS common
    FROM (
        SELECT DISTINCT
            measure, rule, owner, with_members, access,
            first_day, last_day, opens, closes
        FROM wanted
    ) AS measure
    LEFT JOIN pg_temp.reached_territory AS reached ON reached.access = measure.access
),

commons AS MATERIALIZED (
    SELECT DISTINCT common, rule, territory, first_day, last_day, opens, closes
    FROM measures
    WHERE owner IS NULL AND territory IS NOT NULL
),

-- Whose records a measure asks for: the owner's, and those of the members of a team.
asked_owners AS MATERIALIZED (
    SELECT measure, owner FROM measures WHERE owner IS NOT NULL
    UNION
    SELECT measures.measure, 'user/' || member.id
    FROM measures
    JOIN rollup.directory AS team
        ON team.kind = 'team' AND NOT team.gone AND 'team/' || team.id = measures.owner
    CROSS JOIN
        LATERAL jsonb_array_elements_text(team.definition -> 'members') AS member (id)
    WHERE measures.with_members
),

-- Whose records a measure takes: of those it asks for, and of anybody's, what the manager
-- reads whoever it is shared with. Anybody's that is read by everybody stands apart, and
-- so does anybody's in a territory.
owners AS MATERIALIZED (
    SELECT asked_owners.measure, asked_owners.owner
    FROM asked_owners
    JOIN measures ON measures.measure = asked_owners.measure
    LEFT JOIN pg_temp.reached_owner AS reached
        ON reached.access = measures.access AND reached.owner = asked_owners.owner
    LEFT JOIN pg_temp.territory_owner AS resident
        ON
            resident.territory = measures.territory
            AND resident.owner = asked_owners.owner
    WHERE
        measures.access IS NULL
        OR reached.owner IS NOT NULL
        OR resident.owner IS NOT NULL
    UNION
    SELECT measures.measure, reached.owner
    FROM measures
    JOIN pg_temp.reached_owner AS reached ON reached.access = measures.access
    WHERE measures.owner IS NULL
),

-- The records that the queries of rules let through.
let_through AS (
    SELECT rules.rule, asked_record.key
    FROM rules JOIN pg_temp.asked_record ON asked_record.ask = rules.ask
),

-- The records that rules with a link are about, with what stands at the other end: the
-- text that names it makes the key. Elsewhere nobody looks for it.
linked AS (
    SELECT
        rules.rule,
        record.key,
        CASE WHEN jsonb_typeof(record.attributes -> rules.state_link) = 'string'
            THEN rules.state_entity || '/' || (record.attributes ->> rules.state_link)
        END AS state_key,
        CASE WHEN jsonb_typeof(record.attributes -> rules.date_link) = 'string'
            THEN rules.date_entity || '/' || (record.attributes ->> rules.date_link)
        END AS date_key
    FROM rules
    JOIN rollup.record ON record.entity = rules.entity
    LEFT JOIN let_through
        ON let_through.rule = rules.rule AND let_through.key = record.key
    WHERE
        (rules.state_link IS NOT NULL OR rules.date_link IS NOT NULL)
        AND NOT record.deleted AND record.version >= 0
        AND (rules.ask IS NULL OR let_through.key IS NOT NULL)
    OFFSET 0
),

-- Each record of the right state for each rule, and where its date stands.
met AS (
    SELECT
        rules.rule,
        rules.decimals,
        rules.source_attribute,
        record.key,
        record.owner,
        record.shared_with,
        record.attributes,
        record.attributes -> rules.date_attribute AS dated
    FROM rules
    JOIN rollup.record
        ON
            record.entity = rules.entity
            AND (rules.state IS NULL OR record.state = rules.state)
            AND (rules.status IS NULL OR record.status = rules.status)
    WHERE
        rules.state_link IS NULL AND rules.date_link IS NULL AND rules.ask IS NULL
        -- A placeholder has no version and never counts.
        AND NOT record.deleted AND record.version >= 0
    UNION ALL
    SELECT
        rules.rule,
        rules.decimals,
        rules.source_attribute,
        record.key,
        record.owner,
        record.shared_with,
        record.attributes,
        record.attributes -> rules.date_attribute
    FROM rules
    JOIN let_through ON let_through.rule = rules.rule
    JOIN rollup.record
        ON
            record.key = let_through.key
            AND record.entity = rules.entity
            AND (rules.state IS NULL OR record.state = rules.state)
            AND (rules.status IS NULL OR record.status = rules.status)
    WHERE rules.state_link IS NULL AND rules.date_link IS NULL
    UNION ALL
    SELECT
        rules.rule,
        rules.decimals,
        rules.source_attribute,
        record.key,
        record.owner,
        record.shared_with,
        record.attributes,
        CASE WHEN rules.date_link IS NULL THEN record.attributes ELSE dates.attributes END
        -> rules.date_attribute
    FROM linked
    JOIN rules ON rules.rule = linked.rule
    JOIN rollup.record ON record.key = linked.key
    LEFT JOIN rollup.record AS states
        ON states.key = linked.state_key AND NOT states.deleted AND states.version >= 0
    LEFT JOIN rollup.record AS dates
        ON dates.key = linked.date_key AND NOT dates.deleted AND dates.version >= 0
    WHERE
        (
            rules.state IS NULL
            OR CASE WHEN rules.state_link IS NULL THEN record.state ELSE states.state END
            = rules.state
        )
        AND (
            rules.status IS NULL
            OR CASE WHEN rules.state_link IS NULL THEN record.status ELSE states.status END
            = rules.status
        )
),

-- Each record read once for each rule: its day or instant, and its units. OFFSET 0
-- keeps the steps apart, so that nothing is read twice.
texts AS (
    SELECT
        rule,
        ('1e' || decimals)::numeric AS factor,
        source_attribute IS NULL AS counts,
        key,
        owner,
        shared_with,
        CASE WHEN jsonb_typeof(dated) = 'string' THEN dated #>> '{}' END AS date_text,
        CASE
            WHEN source_attribute IS NULL THEN NULL
            WHEN
                jsonb_typeof(attributes -> source_attribute) = 'number'
                THEN attributes ->> source_attribute
            WHEN
                jsonb_typeof(attributes -> source_attribute) = 'string'
                AND attributes ->> source_attribute
                ~ '^[+-]?[0-9]{1,17}(\.[0-9]{1,40})?$'
                THEN attributes ->> source_attribute
        END AS amount_text
    FROM met
    OFFSET 0
),

parsed AS (
    SELECT
        rule,
        factor,
        counts,
        key,
        owner,
        shared_with,
        amount_text::numeric AS amount,
        CASE
            WHEN
                date_text ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
                AND pg_input_is_valid(date_text, 'date')
                THEN date_text::date
        END AS day,
        CASE
            WHEN
                length(date_text) > 10
                AND date_text ~ (
                    '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]'
                    || '(:[0-5][0-9](\.[0-9]{1,9})?)?'
                    || '(Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])?$'
                )
                AND pg_input_is_valid(left(date_text, 10), 'date')
                THEN
                    -- Places after the microsecond are cut off, not rounded.
                    (
                        left(date_text, 10) || ' ' || substr(date_text, 12, 5)
                        || coalesce(
                            substring(
                                date_text FROM '^.{16}(:[0-9]{2}(?:\.[0-9]{1,6})?)'
                            ),
                            ''
                        )
                    )::timestamp
                    - coalesce(
                        (
                            substring(date_text FROM '([+-])[0-9]{2}:?[0-9]{2}$')
                            || substring(date_text FROM '[+-]([0-9]{2}):?[0-9]{2}$')
                            || ':' || right(date_text, 2)
                        )::interval,
                        interval '0'
                    )
        END AT TIME ZONE 'UTC' AS instant
    FROM texts
    WHERE date_text IS NOT NULL AND (counts OR amount_text IS NOT NULL)
    OFFSET 0
),

scaled AS (
    SELECT
        rule,
        key,
        owner,
        shared_with,
        day,
        instant,
        CASE WHEN counts THEN 1 ELSE amount * factor END AS exact
    FROM parsed
    WHERE
        (day IS NOT NULL OR instant IS NOT NULL)
        AND (counts OR abs(amount) < 1e17)
    OFFSET 0
),

readings AS MATERIALIZED (
    SELECT
        rule,
        key,
        owner,
        shared_with,
        day,
        instant,
        -- Half to even; round() goes away from zero.
        CASE
            WHEN abs(exact - trunc(exact)) < 0.5 THEN trunc(exact)
            WHEN abs(exact - trunc(exact)) > 0.5 THEN trunc(exact) + sign(exact)
            WHEN mod(trunc(exact), 2) = 0 THEN trunc(exact)
            ELSE trunc(exact) + sign(exact)
        END AS units
    FROM scaled
),

-- Records by the accesses that they are shared with. Found first: goals are met after,
-- by access, for all goals share few rules.
shares AS MATERIALIZED (
    SELECT DISTINCT
        readings.rule, readings.key, readings.owner, readings.day, readings.instant,
        readings.units, reached.access
    FROM readings
    CROSS JOIN LATERAL unnest(readings.shared_with) AS share (principal)
    JOIN pg_temp.reached_share AS reached ON reached.principal = share.principal
    LEFT JOIN pg_temp.reached_owner AS by_owner
        ON by_owner.access = reached.access AND by_owner.owner = readings.owner
    LEFT JOIN pg_temp.reached_territory AS reading ON reading.access = reached.access
    LEFT JOIN pg_temp.territory_owner AS resident
        ON resident.territory = reading.territory AND resident.owner = readings.owner
    WHERE
        readings.shared_with IS NOT NULL
        AND readings.owner IS NOT NULL
        AND by_owner.access IS NULL
        AND resident.territory IS NULL
),

common_sums AS MATERIALIZED (
    SELECT commons.common, sum(readings.units) AS units
    FROM commons
    JOIN pg_temp.territory_owner AS resident ON resident.territory = commons.territory
    JOIN readings ON readings.rule = commons.rule AND readings.owner = resident.owner
    WHERE
        readings.day BETWEEN commons.first_day AND commons.last_day
        OR (readings.instant >= commons.opens AND readings.instant < commons.closes)
    GROUP BY commons.common
),

measured AS (
    SELECT measures.measure, sum(readings.units) AS units
    FROM measures
    JOIN owners ON owners.measure = measures.measure
    JOIN readings ON readings.rule = measures.rule AND readings.owner = owners.owner
    WHERE
        readings.day BETWEEN measures.first_day AND measures.last_day
        OR (readings.instant >= measures.opens AND readings.instant < measures.closes)
    GROUP BY measures.measure
    UNION ALL
    SELECT measures.measure, common_sums.units
    FROM measures
    JOIN common_sums ON common_sums.common = measures.common
    WHERE measures.owner IS NULL
    UNION ALL
    -- All owners: few different measures, however many goals share them.
    SELECT measures.measure, sum(readings.units)
    FROM measures
    JOIN readings ON readings.rule = measures.rule
    WHERE
        measures.owner IS NULL AND measures.access IS NULL
        AND (
            readings.day BETWEEN measures.first_day AND measures.last_day
            OR (
                readings.instant >= measures.opens
                AND readings.instant < measures.closes
            )
        )
    GROUP BY measures.measure
    UNION ALL
    -- Read for no other reason than that it is shared.
    SELECT measures.measure, sum(shares.units)
    FROM shares
    JOIN measures
        ON measures.access = shares.access AND measures.rule = shares.rule
    LEFT JOIN asked_owners
        ON
            asked_owners.measure = measures.measure
            AND asked_owners.owner = shares.owner
    WHERE
        (measures.owner IS NULL OR asked_owners.measure IS NOT NULL)
        AND (
            shares.day BETWEEN measures.first_day AND measures.last_day
            OR (
                shares.instant >= measures.opens AND shares.instant < measures.closes
            )
        )
    GROUP BY measures.measure
),

expected AS (
    SELECT wanted.number, wanted.slot, sum(measured.units) AS units
    FROM wanted JOIN measured ON measured.measure = wanted.measure
    GROUP BY wanted.number, wanted.slot
),

-- Slot = number * 8 + field * 2, + 1 where the amount is the high part.
stored AS (
    SELECT
        part.slot / 8 AS number,
        part.slot % 8 / 2 AS slot,
        sum(part.amount * CASE part.slot % 2 WHEN 1 THEN 1e18 ELSE 1 END) AS units
    FROM rollup.record
    CROSS JOIN LATERAL unnest(record.slots, record.amounts) AS part (slot, amount)
    GROUP BY 1, 2
),

waiting AS (
    SELECT
        part.slot / 8 AS number,
        part.slot % 8 / 2 AS slot,
        sum(part.amount * CASE part.slot % 2 WHEN 1 THEN 1e18 ELSE 1 END) AS units
    FROM rollup.delta
    CROSS JOIN LATERAL unnest(delta.slots, delta.amounts) AS part (slot, amount)
    GROUP BY 1, 2
),

totals AS MATERIALIZED (
    SELECT
        total.number,
        kept.slot,
        kept.own,
        kept.pending,
        kept.computed,
        kept.shown
    FROM rollup.total
    CROSS JOIN
        LATERAL (
            VALUES
            (
                0, own_actual, pending_actual, computed_actual,
                coalesce(held_actual, computed_actual)
            ),
            (
                1, own_in_progress, pending_in_progress, computed_in_progress,
                coalesce(held_in_progress, computed_in_progress)
            ),
            (
                2, own_custom, pending_custom, computed_custom,
                coalesce(held_custom, computed_custom)
            )
        ) AS kept (slot, own, pending, computed, shown)
),

children AS (
    SELECT goals.parent_number AS number, totals.slot, sum(totals.shown) AS shown
    FROM goals JOIN totals ON totals.number = goals.number
    WHERE goals.parent_number IS NOT NULL
    GROUP BY 1, 2
)

SELECT
    goals.number,
    goals.id,
    goals.definition ->> 'title' AS title,
    goals.parent_number,
    forest.root_number,
    coalesce(forest.reaches_root, false) AS reaches_root,
    CASE WHEN forest.stands_in THEN coalesce(totals.shown, 0) ELSE 0 END AS stands_in,
    goals.tree_number,
    goals.computing,
    goals.live,
    goals.decimals,
    goals.kept_decimals,
    slots.name AS field,
    jsonb_typeof(goals.rollup_fields -> slots.name) IS NOT DISTINCT FROM 'object'
        AS rolled_up,
    totals.number IS NOT NULL AS has_totals,
    coalesce(expected.units, 0) AS expected,
    coalesce(stored.units, 0) AS stored,
    coalesce(waiting.units, 0) AS waiting,
    coalesce(totals.own, 0) AS own,
    coalesce(totals.pending, 0) AS pending,
    coalesce(totals.computed, 0) AS computed,
    coalesce(children.shown, 0) AS children
FROM goals
CROSS JOIN slots
LEFT JOIN forest ON forest.number = goals.number
LEFT JOIN totals ON totals.number = goals.number AND totals.slot = slots.slot
LEFT JOIN expected ON expected.number = goals.number AND expected.slot = slots.slot
LEFT JOIN stored ON stored.number = goals.number AND stored.slot = slots.slot
LEFT JOIN waiting ON waiting.number = goals.number AND waiting.slot = slots.slot
LEFT JOIN children ON children.number = goals.number AND children.slot = slots.slot
ORDER BY goals.number, slots.slot
