-- Every climb asks which goals of its groups are being re-derived: mostly none.
CREATE INDEX goal_rederived ON rollup.goal (tree_group)
WHERE rederivation_id IS NOT NULL AND NOT gone;

-- Rows that live for milliseconds: compressing them costs more than it saves.
ALTER TABLE rollup.delta ALTER COLUMN slots SET STORAGE EXTERNAL;
ALTER TABLE rollup.delta ALTER COLUMN amounts SET STORAGE EXTERNAL;
ALTER TABLE rollup.delta ALTER COLUMN causes SET STORAGE EXTERNAL;
ALTER TABLE rollup.announcement ALTER COLUMN numbers SET STORAGE EXTERNAL;
ALTER TABLE rollup.announcement ALTER COLUMN causes SET STORAGE EXTERNAL;
