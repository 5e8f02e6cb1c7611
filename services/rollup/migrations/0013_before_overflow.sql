-- What a goal shows has thirty digits at most, its decimals included. One whose sum has
-- more goes on showing what it showed: that is held beside the sum. NOT VALID: whatever
-- stands there by now is looked at when it moves.
ALTER TABLE rollup.total ADD CONSTRAINT total_fits CHECK (
    held_actual IS NOT NULL
    OR (
        abs(computed_actual) < 1e30
        AND abs(computed_in_progress) < 1e30
        AND abs(computed_custom) < 1e30
    )
) NOT VALID;
