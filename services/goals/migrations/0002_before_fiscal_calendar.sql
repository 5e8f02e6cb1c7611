-- When fiscal years begin and how they are divided, and on which day weeks begin; and of
-- a goal whose period was chosen as a fiscal one, what that period is called.

ALTER TABLE goals.organization
    ADD COLUMN fiscal_start text NOT NULL DEFAULT '01-01',
    ADD COLUMN fiscal_template text NOT NULL DEFAULT 'quarterly',
    ADD COLUMN fiscal_year_named_by text NOT NULL DEFAULT 'start',
    ADD COLUMN week_start text NOT NULL DEFAULT 'monday';

-- The days stand beside them in period_start and period_end: another calendar moves no
-- goal by itself.
ALTER TABLE goals.goal
    ADD COLUMN fiscal_year integer,
    ADD COLUMN fiscal_period integer,
    ADD CONSTRAINT goal_fiscal_period_whole
        CHECK ((fiscal_year IS NULL) = (fiscal_period IS NULL));
