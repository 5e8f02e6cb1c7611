-- With what links to the page are signed. The first link makes it; nobody but goals reads
-- it. Links of before bear no signature, and are no way in any more.

CREATE TABLE goals.page_link_key (
    is_the_only boolean PRIMARY KEY DEFAULT true CHECK (is_the_only),
    secret bytea NOT NULL CHECK (octet_length(secret) >= 32),
    made_at timestamptz NOT NULL DEFAULT now()
);
DELETE FROM goals.page_link;
