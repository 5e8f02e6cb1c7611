-- Whether a team's goal counts what its members own; when goals expire; how often shown
-- values move.
ALTER TABLE goals.goal ADD COLUMN include_team_members boolean NOT NULL DEFAULT false;
ALTER TABLE goals.organization
    ADD COLUMN goal_rollup_expiry_days integer NOT NULL DEFAULT 30,
    ADD COLUMN goal_rollup_frequency_hours integer NOT NULL DEFAULT 0;

-- Rollup did not keep the directory until now: it is announced once more, each thing as
-- a change set of its own.
INSERT INTO goals.outbox (
    change_set_id, change_set_size, change_set_index, kind, definition_id, value
)
SELECT 'directory-' || kind || '-' || id || '-' || version, 1, 0, kind, id, value
FROM (
    SELECT
        'user' AS kind,
        id,
        version,
        convert_to(
            jsonb_build_object(
                'kind', 'user', 'id', id, 'version', version, 'name', name,
                'business_unit_id', business_unit_id, 'manager_id', manager_id,
                'disabled', disabled, 'time_zone', time_zone
            )::text,
            'UTF8'
        ) AS value
    FROM goals.directory_user
    UNION ALL
    SELECT
        'team',
        team.id,
        team.version,
        convert_to(
            jsonb_build_object(
                'kind', 'team', 'id', team.id, 'version', team.version,
                'name', team.name, 'business_unit_id', team.business_unit_id,
                'members', ARRAY(
                    SELECT member.user_id
                    FROM goals.team_member AS member
                    WHERE member.team_id = team.id
                    ORDER BY member.user_id COLLATE "C"
                )
            )::text,
            'UTF8'
        )
    FROM goals.directory_team AS team
    UNION ALL
    SELECT
        'business_unit',
        id,
        version,
        convert_to(
            jsonb_build_object(
                'kind', 'business_unit', 'id', id, 'version', version, 'name', name,
                'parent_id', parent_id
            )::text,
            'UTF8'
        )
    FROM goals.business_unit
    UNION ALL
    SELECT
        'organization',
        'organization',
        version,
        convert_to(
            jsonb_build_object(
                'kind', 'organization', 'id', 'organization', 'version', version,
                'time_zone', time_zone, 'base_currency', base_currency,
                'fiscal_calendar', jsonb_build_object(
                    'start', fiscal_start, 'template', fiscal_template,
                    'year_named_by', fiscal_year_named_by
                ),
                'week_start', week_start,
                'goal_rollup_expiry_days', goal_rollup_expiry_days,
                'goal_rollup_frequency_hours', goal_rollup_frequency_hours
            )::text,
            'UTF8'
        )
    FROM goals.organization
) AS directory;
