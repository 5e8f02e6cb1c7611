-- What records of an entity are declared to hold: the types of attributes by their names.

CREATE TABLE goals.entity (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT nextval('goals.version'),
    attributes jsonb NOT NULL
);
