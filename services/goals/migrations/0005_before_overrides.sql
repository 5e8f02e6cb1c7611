-- The last word that somebody had on what a goal shows: its number, the values, both
-- flags, why, who and when. Null: nobody ever had one.
ALTER TABLE goals.goal ADD COLUMN override jsonb;
