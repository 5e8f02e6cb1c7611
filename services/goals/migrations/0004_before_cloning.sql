-- Of a goal that was made from one of an earlier period: which that was.

ALTER TABLE goals.goal
    -- Without a reference: it is told even when that goal is gone.
    ADD COLUMN cloned_from text;
