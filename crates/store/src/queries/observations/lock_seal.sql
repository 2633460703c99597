-- Keeps observations from being written while packs are sealed.
SELECT pg_advisory_xact_lock(hashtextextended('dawsos.ingest', 0))
