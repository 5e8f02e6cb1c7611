-- Roles, who has them, and what decides who reads what.

CREATE TABLE goals.role (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT nextval('goals.version'),
    name text NOT NULL,
    -- By entity, by action: how far.
    privileges jsonb NOT NULL,
    rights jsonb NOT NULL,
    -- By entity: the attributes that it shows.
    secured_attributes jsonb NOT NULL
);

CREATE TABLE goals.user_role (
    user_id text NOT NULL REFERENCES goals.directory_user (id) ON DELETE CASCADE,
    role_id text NOT NULL REFERENCES goals.role (id),
    PRIMARY KEY (user_id, role_id)
);
CREATE INDEX user_role_role ON goals.user_role (role_id);

CREATE TABLE goals.team_role (
    team_id text NOT NULL REFERENCES goals.directory_team (id) ON DELETE CASCADE,
    role_id text NOT NULL REFERENCES goals.role (id),
    PRIMARY KEY (team_id, role_id)
);
CREATE INDEX team_role_role ON goals.team_role (role_id);

ALTER TABLE goals.organization
    ADD COLUMN hierarchy_enabled boolean NOT NULL DEFAULT false,
    ADD COLUMN hierarchy_depth integer NOT NULL DEFAULT 3,
    -- Until the first role is made, everybody reads everything.
    ADD COLUMN reading text NOT NULL DEFAULT 'everyone'
        CHECK (reading IN ('everyone', 'roles'));

-- Which directory this is: another one with every write of it, so that processes that
-- remember people see that they are others now. No number, for after a restored backup
-- numbers would come again.
CREATE TABLE goals.directory_revision (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    revision uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO goals.directory_revision DEFAULT VALUES;

-- Here, so that no statement can forget it.
CREATE FUNCTION goals.move_directory_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE goals.directory_revision SET revision = gen_random_uuid();
    RETURN NULL;
END
$$;

CREATE TRIGGER moves_directory_revision
    AFTER INSERT OR UPDATE OR DELETE ON goals.directory_user
    FOR EACH STATEMENT EXECUTE FUNCTION goals.move_directory_revision();
CREATE TRIGGER moves_directory_revision
    AFTER INSERT OR UPDATE OR DELETE ON goals.directory_team
    FOR EACH STATEMENT EXECUTE FUNCTION goals.move_directory_revision();
CREATE TRIGGER moves_directory_revision
    AFTER INSERT OR UPDATE OR DELETE ON goals.business_unit
    FOR EACH STATEMENT EXECUTE FUNCTION goals.move_directory_revision();
CREATE TRIGGER moves_directory_revision
    AFTER INSERT OR UPDATE OR DELETE ON goals.role
    FOR EACH STATEMENT EXECUTE FUNCTION goals.move_directory_revision();
CREATE TRIGGER moves_directory_revision
    AFTER INSERT OR UPDATE OR DELETE ON goals.team_member
    FOR EACH STATEMENT EXECUTE FUNCTION goals.move_directory_revision();
CREATE TRIGGER moves_directory_revision
    AFTER INSERT OR UPDATE OR DELETE ON goals.user_role
    FOR EACH STATEMENT EXECUTE FUNCTION goals.move_directory_revision();
CREATE TRIGGER moves_directory_revision
    AFTER INSERT OR UPDATE OR DELETE ON goals.team_role
    FOR EACH STATEMENT EXECUTE FUNCTION goals.move_directory_revision();
CREATE TRIGGER moves_directory_revision
    AFTER INSERT OR UPDATE OR DELETE ON goals.organization
    FOR EACH STATEMENT EXECUTE FUNCTION goals.move_directory_revision();
