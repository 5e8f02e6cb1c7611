-- Whoever reads few owners' records also reads what is shared with him: lists find those
-- without passing all others. Most records are shared with nobody, and are not in it.
CREATE INDEX record_shared_with ON rollup.record USING gin (shared_with)
WHERE shared_with IS NOT NULL;
