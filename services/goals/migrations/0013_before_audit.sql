-- The audit trail: who changed what, when, and from what to what. Lines are written in
-- the transaction of the change, and stay as they were written.

CREATE TABLE goals.audit (
    -- In the order of the commits: given under the lock that serialises writes.
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Never earlier than that of the line before, even if the clock is set back.
    at timestamptz NOT NULL,
    -- As `admin`, `user/ada`, `token/nightly`; `database/…`: who did it past the service.
    caller text NOT NULL,
    kind text NOT NULL,
    id text COLLATE "C" NOT NULL,
    action text NOT NULL CHECK (action IN ('created', 'changed', 'deleted')),
    -- Only what changed. Nothing was before a creation, nothing is after a deletion.
    before jsonb,
    after jsonb,
    -- As the messages on goal-changes bear it; null: nobody is told of such a change.
    change_set_id text,
    traceparent text,
    CHECK ((before IS NULL) = (action = 'created')),
    CHECK ((after IS NULL) = (action = 'deleted'))
);
-- Each filter of a list, with the order of the list.
CREATE INDEX audit_thing ON goals.audit (id, kind, number);
CREATE INDEX audit_kind ON goals.audit (kind, number);
CREATE INDEX audit_caller ON goals.audit (caller, number);
CREATE INDEX audit_action ON goals.audit (action, number);
CREATE INDEX audit_time ON goals.audit (at, number);

CREATE FUNCTION goals.refuse_to_alter_audit() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail stays as it was written: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'the owner of the table forgets old lines by cairn audit-forget';
END
$$;
-- For each statement, so that one that finds no line is refused as well.
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON goals.audit
    FOR EACH STATEMENT EXECUTE FUNCTION goals.refuse_to_alter_audit();
